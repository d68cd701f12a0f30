#include "core/spike/synapse.h"

/*
 * Post-synaptic units whose sums are kept at a time, small enough for registers: each row is then
 * read once and no sum travels through memory. Lanes run across units, so the order of additions
 * of each unit stays that of the rows.
 */
enum { SYNAPSE_LANES = 32 };

static void add_rows_lanes(real *restrict current, const real *restrict weight, size_t num_post,
                           const uint32_t *restrict pre, size_t num_spikes, int64_t first)
{
    real sum[SYNAPSE_LANES];
    for (size_t lane = 0; lane < SYNAPSE_LANES; lane++)
        sum[lane] = current[lane];
    for (size_t i = 0; i < num_spikes; i++) {
        const real *row = weight + (size_t)(pre[i] - first) * num_post;
        for (size_t lane = 0; lane < SYNAPSE_LANES; lane++)
            sum[lane] += row[lane];
    }
    for (size_t lane = 0; lane < SYNAPSE_LANES; lane++)
        current[lane] = sum[lane];
}

void synapse_add_spikes(real *current, const real *weight, size_t num_post, const uint32_t *pre,
                        size_t num_spikes, int64_t first)
{
    size_t post = 0;
    for (; post + SYNAPSE_LANES <= num_post; post += SYNAPSE_LANES)
        add_rows_lanes(current + post, weight + post, num_post, pre, num_spikes, first);
    for (size_t i = 0; i < num_spikes && post < num_post; i++) {
        const real *row = weight + (size_t)(pre[i] - first) * num_post;
        for (size_t rest = post; rest < num_post; rest++)
            current[rest] += row[rest];
    }
}

void synapse_add_analog(real *current, const real *weight, size_t num_post, const real *value,
                        size_t num_pre)
{
    for (size_t pre = 0; pre < num_pre; pre++) {
        const real scale = value[pre];
        if (scale == 0)
            continue;
        const real *row = weight + pre * num_post;
        for (size_t post = 0; post < num_post; post++)
            current[post] += scale * row[post];
    }
}

void synapse_add_dense(real *current, const real *weight, size_t num_post, const real *value,
                       size_t num_pre)
{
    for (size_t pre = 0; pre < num_pre; pre++)
        for (size_t post = 0; post < num_post; post++)
            current[post] += value[pre] * weight[pre * num_post + post];
}
