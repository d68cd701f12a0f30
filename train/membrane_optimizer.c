#include "train/membrane_optimizer.h"

#include "core/base/mem.h"

#include <math.h>
#include <string.h>

/* Rows that one task updates, and units at a time: a tile of gradients fits the cache. */
enum { TILE_ROWS = 32, TILE_UNITS = 512 };

/* Rows of a weight matrix that a task works on. */
struct block {
    int layer;
    size_t first, count;
};

static size_t layer_blocks(const struct membrane *membrane, int layer)
{
    return (membrane->layers[layer].inputs + TILE_ROWS - 1) / TILE_ROWS;
}

static size_t all_blocks(const struct membrane *membrane)
{
    return layer_blocks(membrane, 0) + layer_blocks(membrane, 1);
}

static struct block block_at(const struct membrane *membrane, size_t index)
{
    struct block block = {.layer = 0};
    while (index >= layer_blocks(membrane, block.layer))
        index -= layer_blocks(membrane, block.layer++);
    size_t inputs = membrane->layers[block.layer].inputs;
    block.first = index * TILE_ROWS;
    block.count = inputs - block.first < TILE_ROWS ? inputs - block.first : TILE_ROWS;
    return block;
}

/* weight -= learning_rate (gradient + weight_decay weight) */
static void descend(const struct membrane_optimizer_settings *settings, real *restrict weight,
                    const real *restrict gradient, size_t count)
{
    const real rate = (real)settings->learning_rate;
    const real decay = (real)(settings->learning_rate * settings->adam.weight_decay);
    for (size_t i = 0; i < count; i++)
        weight[i] -= rate * gradient[i] + decay * weight[i];
}

static void update_row(struct membrane_optimizer *optimizer, int layer, size_t row, size_t unit,
                       real *gradient, size_t count)
{
    const struct membrane_layer *at = &optimizer->membrane->layers[layer];
    size_t place = row * at->units + unit;
    real *weight = optimizer->network->layers[layer].weight + place;
    if (optimizer->scale[layer] != 1)
        for (size_t i = 0; i < count; i++)
            gradient[i] *= optimizer->scale[layer];
    if (optimizer->settings.plain_sgd) {
        descend(&optimizer->settings, weight, gradient, count);
        return;
    }
    real *moment1 = optimizer->moment1[layer] + place, *moment2 = optimizer->moment2[layer] + place;
    if (at->rows[row] == MEMBRANE_ROW_NEW && !optimizer->settings.keep_moments) {
        memset(moment1, 0, count * sizeof *moment1);
        memset(moment2, 0, count * sizeof *moment2);
    }
    adam_apply(&optimizer->pace, weight, moment1, moment2, gradient, count);
}

/* Updates a tile, or gives the sum of its gradients' squares. */
static double work_tile(struct membrane_optimizer *optimizer, const struct block *block,
                        size_t unit, size_t count)
{
    const struct membrane_layer *at = &optimizer->membrane->layers[block->layer];
    real gradient[TILE_ROWS * TILE_UNITS];
    double squares = 0;
    membrane_gradient(optimizer->membrane, block->layer, block->first, block->count, unit, count,
                      gradient);
    for (size_t row = 0; row < block->count; row++) {
        if (at->rows[block->first + row] == MEMBRANE_ROW_IDLE)
            continue;
        if (optimizer->clips)
            for (size_t i = 0; i < count; i++)
                squares += (double)(gradient[row * count + i] * gradient[row * count + i]);
        else
            update_row(optimizer, block->layer, block->first + row, unit, gradient + row * count,
                       count);
    }
    return squares;
}

static double work_tiles(struct membrane_optimizer *optimizer, const struct block *block)
{
    size_t units = optimizer->membrane->layers[block->layer].units;
    double squares = 0;
    for (size_t unit = 0; unit < units; unit += TILE_UNITS)
        squares += work_tile(optimizer, block, unit,
                             units - unit < TILE_UNITS ? units - unit : TILE_UNITS);
    return squares;
}

static void update_block(void *argument, size_t index)
{
    struct membrane_optimizer *optimizer = argument;
    struct membrane *membrane = optimizer->membrane;
    struct block block = block_at(membrane, index);
    bool advanced = optimizer->settings.clip_norm > 0;
    if (!advanced &&
        !membrane_advance(membrane, optimizer->network, block.layer, block.first, block.count))
        return;
    work_tiles(optimizer, &block);
    membrane_settle(membrane, block.layer, block.first, block.count);
    if (block.layer == MEMBRANE_LAYERS - 1)
        membrane_turn(membrane, optimizer->network, block.first, block.count);
}

static void measure_block(void *argument, size_t index)
{
    struct membrane_optimizer *optimizer = argument;
    struct membrane *membrane = optimizer->membrane;
    struct block block = block_at(membrane, index);
    bool any =
        membrane_advance(membrane, optimizer->network, block.layer, block.first, block.count);
    optimizer->squares[index] = any ? work_tiles(optimizer, &block) : 0;
}

/* The scale that brings each matrix's gradient to clip_norm at most. */
static void clip(struct membrane_optimizer *optimizer, struct parallel *parallel)
{
    const double *squares = optimizer->squares;
    optimizer->clips = true;
    parallel_for(parallel, all_blocks(optimizer->membrane), measure_block, optimizer);
    optimizer->clips = false;
    for (int layer = 0; layer < MEMBRANE_LAYERS; layer++) {
        double sum = 0;
        for (size_t i = 0; i < layer_blocks(optimizer->membrane, layer); i++)
            sum += *squares++;
        double norm = sqrt(sum), limit = optimizer->settings.clip_norm;
        optimizer->scale[layer] = norm > limit ? (real)(limit / norm) : 1;
    }
}

enum status membrane_optimizer_init(struct membrane_optimizer *optimizer,
                                    const struct membrane_optimizer_settings *settings,
                                    struct network *network, struct membrane *membrane,
                                    real *const moment1[MEMBRANE_LAYERS],
                                    real *const moment2[MEMBRANE_LAYERS], struct error *error)
{
    *optimizer = (struct membrane_optimizer){
        .settings = *settings, .network = network, .membrane = membrane};
    membrane->keep_rows = settings->keep_moments && !settings->plain_sgd;
    membrane->all_rows = settings->adam.weight_decay > 0;
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        optimizer->moment1[i] = moment1[i];
        optimizer->moment2[i] = moment2[i];
        optimizer->scale[i] = 1;
    }
    optimizer->squares = mem_alloc(all_blocks(membrane), sizeof *optimizer->squares);
    membrane_turn(membrane, network, 0, membrane->layers[MEMBRANE_LAYERS - 1].inputs);
    return optimizer->squares ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

void membrane_optimizer_free(struct membrane_optimizer *optimizer)
{
    mem_free(optimizer->squares);
    *optimizer = (struct membrane_optimizer){0};
}

static bool all_zero(const real *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] != 0)
            return false;
    return true;
}

void membrane_optimizer_wake(struct membrane_optimizer *optimizer)
{
    membrane_turn(optimizer->membrane, optimizer->network, 0,
                  optimizer->membrane->layers[MEMBRANE_LAYERS - 1].inputs);
    for (int layer = 0; optimizer->membrane->keep_rows && layer < MEMBRANE_LAYERS; layer++) {
        const struct membrane_layer *at = &optimizer->membrane->layers[layer];
        for (size_t row = 0; row < at->inputs; row++)
            if (!all_zero(optimizer->moment1[layer] + row * at->units, at->units) ||
                !all_zero(optimizer->moment2[layer] + row * at->units, at->units))
                at->rows[row] = MEMBRANE_ROW_LIVE;
    }
}

void membrane_optimizer_update(struct membrane_optimizer *optimizer, struct parallel *parallel,
                               uint32_t step, uint64_t updates)
{
    const struct membrane_optimizer_settings *settings = &optimizer->settings;
    optimizer->pace = adam_pace(&settings->adam, settings->learning_rate,
                                (settings->keep_moments ? updates : step) + 1);
    if (settings->clip_norm > 0)
        clip(optimizer, parallel);
    parallel_for(parallel, all_blocks(optimizer->membrane), update_block, optimizer);
}
