#include "train/batch_order.h"

#include "core/base/mem.h"
#include "core/base/rng.h"

enum status batch_order_init(struct batch_order *order, uint32_t num_samples, int batch_size,
                             uint64_t seed, struct error *error)
{
    *order = (struct batch_order){.seed = seed, .num_samples = num_samples};
    if (num_samples < 1 || batch_size < 1)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Training needs at least one sample and a batch of one.");
    order->batch_size = (uint32_t)batch_size;
    order->batches_per_epoch = ((uint64_t)num_samples + order->batch_size - 1) / order->batch_size;
    order->order = mem_alloc(num_samples, sizeof *order->order);
    return order->order ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

void batch_order_free(struct batch_order *order)
{
    mem_free(order->order);
    order->order = order->samples = NULL;
}

bool batch_order_place(struct batch_order *order, uint64_t batch)
{
    uint64_t epoch = batch / order->batches_per_epoch;
    bool begins = order->count == 0 || epoch != order->epoch;
    if (begins) {
        struct rng rng = {order->seed, epoch, RNG_STREAM_SHUFFLE};
        rng_shuffle(&rng, order->order, order->num_samples);
    }
    order->epoch = epoch;
    order->first = (uint32_t)(batch % order->batches_per_epoch) * order->batch_size;
    uint32_t rest = order->num_samples - order->first;
    order->count = rest < order->batch_size ? rest : order->batch_size;
    order->samples = order->order + order->first;
    return begins;
}

uint32_t batch_order_shard_capacity(const struct batch_order *order)
{
    return (order->batch_size + BATCH_ORDER_SHARDS - 1) / BATCH_ORDER_SHARDS;
}

uint32_t batch_order_shard(const struct batch_order *order, size_t shard, uint32_t *count)
{
    uint32_t first = (uint32_t)(order->count * shard / BATCH_ORDER_SHARDS);
    *count = (uint32_t)(order->count * (shard + 1) / BATCH_ORDER_SHARDS) - first;
    return first;
}

uint64_t batch_order_draw(const struct batch_order *order, uint32_t i)
{
    return order->epoch * order->num_samples + order->first + i;
}
