/*
 * The order in which a training takes its samples: shuffled anew for every epoch, cut into batches,
 * and each batch into BATCH_ORDER_SHARDS parts.
 *
 * The order is a function of seed and epoch alone, so that a run that goes on from a state takes
 * what an undisturbed one would have. The parts do not depend on the number of threads; whoever
 * adds up what they give in the order of the parts does not either.
 */
#ifndef SPIKELOOM_TRAIN_BATCH_ORDER_H
#define SPIKELOOM_TRAIN_BATCH_ORDER_H

#include "core/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BATCH_ORDER_SHARDS = 4 };

struct batch_order {
    uint64_t seed;
    uint32_t num_samples, batch_size;
    uint64_t batches_per_epoch; /* the last one may be smaller */
    /* Of the batch that was placed last: */
    uint64_t epoch;
    uint32_t first;    /* in the epoch's order */
    uint32_t count;    /* samples; 0 before any was placed */
    uint32_t *samples; /* of the batch [count] */
    uint32_t *order;   /* of the epoch [num_samples] */
};

/* INVALID_ARGUMENT without samples or for a batch size below 1; released by batch_order_free. */
enum status batch_order_init(struct batch_order *order, uint32_t num_samples, int batch_size,
                             uint64_t seed, struct error *error);
void batch_order_free(struct batch_order *order);

/*
 * Places a batch, counted from the first of the first epoch: sets the last fields above. True when
 * the one placed before was of another epoch, or there was none: sums over an epoch begin.
 */
bool batch_order_place(struct batch_order *order, uint64_t batch);

/* The largest number of samples that a shard gets. */
uint32_t batch_order_shard_capacity(const struct batch_order *order);

/* The samples of a shard within the batch: the first one and their number. */
uint32_t batch_order_shard(const struct batch_order *order, size_t shard, uint32_t *count);

/* A number of its own for each sample of each epoch, by place `i` in the batch. */
uint64_t batch_order_draw(const struct batch_order *order, uint32_t i);

#endif
