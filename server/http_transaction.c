#include "server/http_transaction.h"

#include "core/base/mem.h"

enum {
    HTTP_SPARE_TRANSACTIONS = 16, /* of a thread */
    HTTP_SPARE_BODY = 64 * 1024   /* of a spare transaction */
};

static void http_transaction_free(struct http_transaction *transaction)
{
    http_reply_clear(&transaction->exchange.reply);
    buf_free(&transaction->exchange.request.body);
    mem_free(transaction->exchange.kept);
    mem_free(transaction);
}

/* Releases a thread's spare ones. */
static void http_transactions_release(void *first)
{
    for (struct http_transaction *each = first, *next; each; each = next) {
        next = each->next;
        http_transaction_free(each);
    }
}

void http_transactions_init(struct http_transactions *transactions)
{
    transactions->has_key =
        pthread_key_create(&transactions->spare, http_transactions_release) == 0;
}

void http_transactions_destroy(struct http_transactions *transactions)
{
    if (!transactions->has_key)
        return;
    http_transactions_release(pthread_getspecific(transactions->spare));
    pthread_key_delete(transactions->spare);
}

/* The first spare one of this thread, or NULL. */
static struct http_transaction *
http_transactions_first(const struct http_transactions *transactions)
{
    return transactions->has_key ? pthread_getspecific(transactions->spare) : NULL;
}

struct http_transaction *http_transactions_take(struct http_transactions *transactions)
{
    struct http_transaction *spare = http_transactions_first(transactions);
    if (spare && pthread_setspecific(transactions->spare, spare->next) == 0)
        return spare;
    return mem_alloc(1, sizeof *spare);
}

/*
 * As new, but for the room of its body and what the application keeps; texts are left as they are,
 * but empty.
 */
static void http_transaction_clear(struct http_transaction *transaction)
{
    struct http_exchange *exchange = &transaction->exchange;
    struct buf body = exchange->request.body;
    if (body.capacity > HTTP_SPARE_BODY)
        buf_free(&body);
    body.size = 0;
    if (body.bytes)
        body.bytes[0] = 0;
    exchange->request = (struct http_request){.body = body};
    http_reply_clear(&exchange->reply);
    exchange->failure.status = STATUS_OK;
    exchange->failure.detail[0] = 0;
    exchange->context = NULL;
    transaction->stage = HTTP_HEADERS;
    transaction->target[0] = 0;
    transaction->announced = transaction->wire_bytes = 0;
    transaction->charged = 0;
    transaction->form = NULL;
    transaction->num_files = 0;
}

void http_transactions_give(struct http_transactions *transactions,
                            struct http_transaction *transaction)
{
    http_transaction_clear(transaction);
    struct http_transaction *next = http_transactions_first(transactions);
    transaction->next = next;
    transaction->num_behind = next ? next->num_behind + 1 : 0;
    if (!transactions->has_key || transaction->num_behind >= HTTP_SPARE_TRANSACTIONS ||
        pthread_setspecific(transactions->spare, transaction) != 0)
        http_transaction_free(transaction);
}

struct http_transaction *http_transaction(struct http_exchange *exchange)
{
    return (struct http_transaction *)exchange;
}
