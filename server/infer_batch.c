#include "server/infer_batch.h"

#include "server/clock.h"
#include "server/metrics.h"
#include "server/reply.h"
#include "server/request.h"

static struct request *infer_batch_request(struct pool_item *item)
{
    return (struct request *)item;
}

/* `start_us`: when its batch was taken. */
static void infer_batch_run_one(struct request *request, uint64_t start_us,
                                struct inference *scratch)
{
    struct error error = {.status = STATUS_OK};
    enum status status = request_check(request, &error);
    if (status == STATUS_OK)
        status = request->infer(request, scratch, &error);
    if (status != STATUS_OK)
        reply_problem(request, &error);
    request->durations.compute = clock_since_us(start_us);
    if (!request->item.here)
        http_resume(request->exchange);
}

static void infer_batch_run(struct pool_item *const *items, int count, struct inference *scratch)
{
    uint64_t start = clock_now_us();
    metrics_record_batch(infer_batch_request(items[0])->service->metrics, count);
    for (int i = 0; i < count; i++) {
        struct request *request = infer_batch_request(items[i]);
        request->computed = true;
        request->durations.queue = start - items[i]->queued_us;
        request->looked_us = start; /* the queue has just done so */
    }
    for (int i = 0; i < count; i++)
        infer_batch_run_one(infer_batch_request(items[i]), start, scratch);
}

static void infer_batch_drop(struct pool_item *item, enum status status)
{
    struct request *request = infer_batch_request(item);
    reply_status(request, status);
    http_resume(request->exchange);
}

static bool infer_batch_gone(const struct pool_item *item)
{
    return http_client_gone(((const struct request *)item)->exchange);
}

static bool infer_batch_crowded(const struct pool_item *item)
{
    return http_has_waited(((const struct request *)item)->exchange);
}

static int infer_batch_at_work(const struct pool_item *item)
{
    return http_threads_at_work(((const struct request *)item)->exchange);
}

struct pool_hooks infer_batch_hooks(void)
{
    return (struct pool_hooks){.run = infer_batch_run,
                               .drop = infer_batch_drop,
                               .gone = infer_batch_gone,
                               .crowded = infer_batch_crowded,
                               .at_work = infer_batch_at_work};
}
