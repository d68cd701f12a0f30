#include "server/http_transaction.h"

#include "core/base/mem.h"

enum {
    HTTP_SPARE_TRANSACTIONS = 64,
    HTTP_SPARE_BODY = 64 * 1024 /* of a spare transaction */
};

void http_transactions_init(struct http_transactions *transactions)
{
    *transactions = (struct http_transactions){.num_spare = 0};
    pthread_mutex_init(&transactions->mutex, NULL);
}

static void http_transaction_free(struct http_transaction *transaction)
{
    http_reply_clear(&transaction->exchange.reply);
    buf_free(&transaction->exchange.request.body);
    mem_free(transaction->exchange.kept);
    mem_free(transaction);
}

void http_transactions_destroy(struct http_transactions *transactions)
{
    for (struct http_transaction *each = transactions->spare, *next; each; each = next) {
        next = each->next;
        http_transaction_free(each);
    }
    pthread_mutex_destroy(&transactions->mutex);
}

struct http_transaction *http_transactions_take(struct http_transactions *transactions)
{
    pthread_mutex_lock(&transactions->mutex);
    struct http_transaction *transaction = transactions->spare;
    if (transaction) {
        transactions->spare = transaction->next;
        transactions->num_spare--;
    }
    pthread_mutex_unlock(&transactions->mutex);
    return transaction ? transaction : mem_alloc(1, sizeof *transaction);
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
    pthread_mutex_lock(&transactions->mutex);
    bool keep = transactions->num_spare < HTTP_SPARE_TRANSACTIONS;
    if (keep) {
        transaction->next = transactions->spare;
        transactions->spare = transaction;
        transactions->num_spare++;
    }
    pthread_mutex_unlock(&transactions->mutex);
    if (!keep)
        http_transaction_free(transaction);
}

struct http_transaction *http_transaction(struct http_exchange *exchange)
{
    return (struct http_transaction *)exchange;
}
