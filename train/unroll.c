#include "train/unroll.h"

#include "core/base/cpu.h"
#include "core/spike/surrogate.h"

#include <string.h>

/* Units that run through all steps at a time: what they carry from step to step stays near. */
enum { UNROLL_BLOCK = 512 };

#define UNROLL_INLINE static inline __attribute__((always_inline))

/* The units of a block; what a caller does not give is filled in. */
struct block {
    size_t first, size;
    real carry[UNROLL_BLOCK]; /* potentials forward, dL/dv of the step after back */
    real keep[UNROLL_BLOCK];
    real filler[UNROLL_BLOCK];
};

UNROLL_INLINE void open_block(struct block *block, const struct unroll *unroll, size_t first)
{
    size_t rest = unroll->count - first;
    block->first = first;
    block->size = rest < UNROLL_BLOCK ? rest : UNROLL_BLOCK;
    memset(block->carry, 0, sizeof block->carry);
    memset(block->filler, 0, sizeof block->filler);
    for (size_t i = 0; i < block->size; i++)
        block->keep[i] = unroll->keep ? unroll->keep[first + i] : 1;
}

UNROLL_INLINE void fire_subtract(const struct unroll *unroll, struct block *block, real *restrict v,
                                 real *restrict spiked, real *restrict count)
{
    const real beta = unroll->neuron.beta, threshold = unroll->neuron.threshold;
    for (size_t i = 0; i < block->size; i++) {
        real raised = block->carry[i] * beta + v[i];
        v[i] = raised;
        spiked[i] = raised >= threshold ? 1 : 0;
    }
    for (size_t i = 0; i < block->size; i++) { /* apart: together, gcc makes jumps of it */
        block->carry[i] = v[i] - threshold * spiked[i];
        count[i] += spiked[i];
    }
}

UNROLL_INLINE void fire_zero(const struct unroll *unroll, struct block *block, real *restrict v,
                             real *restrict spiked, real *restrict count)
{
    const real beta = unroll->neuron.beta, threshold = unroll->neuron.threshold;
    for (size_t i = 0; i < block->size; i++) {
        real raised = block->carry[i] * beta + v[i];
        raised = raised < threshold ? raised : threshold;
        real fires = raised >= threshold ? 1 : 0;
        v[i] = raised;
        block->carry[i] = raised >= threshold ? 0 : raised;
        spiked[i] = fires;
        count[i] += fires;
    }
}

static void fire_smoothly(const struct unroll *unroll, struct block *block, real *v, real *spiked,
                          real *count)
{
    const struct neuron *neuron = &unroll->neuron;
    for (size_t i = 0; i < block->size; i++) {
        real raised = block->carry[i] * neuron->beta + v[i];
        real s = surrogate_fast_sigmoid_twin(raised - neuron->threshold, unroll->slope);
        v[i] = raised;
        block->carry[i] =
            neuron->reset == RESET_ZERO ? raised * (1 - s) : raised - neuron->threshold * s;
        spiked[i] = s;
        count[i] += s;
    }
}

/* Spikes of a block's silent units taken back, and those of the others raised. */
static void drop_out(const struct unroll *unroll, const struct block *block)
{
    for (int step = 0; unroll->spiked && step < unroll->num_steps; step++)
        for (size_t i = 0; i < block->size; i++)
            unroll->spiked[(size_t)step * unroll->count + block->first + i] *= block->keep[i];
    for (size_t i = 0; i < block->size; i++)
        unroll->spike_count[block->first + i] *= block->keep[i];
}

UNROLL_INLINE void forward_blocks(const struct unroll *unroll)
{
    struct block block;
    for (size_t first = 0; first < unroll->count; first += UNROLL_BLOCK) {
        real *count = unroll->spike_count + first;
        open_block(&block, unroll, first);
        memset(count, 0, block.size * sizeof *count);
        for (int step = 0; step < unroll->num_steps; step++) {
            size_t place = (size_t)step * unroll->count + first;
            real *spiked = unroll->spiked ? unroll->spiked + place : block.filler;
            if (unroll->smooth)
                fire_smoothly(unroll, &block, unroll->v + place, spiked, count);
            else if (unroll->neuron.reset == RESET_ZERO)
                fire_zero(unroll, &block, unroll->v + place, spiked, count);
            else
                fire_subtract(unroll, &block, unroll->v + place, spiked, count);
        }
        if (unroll->keep)
            drop_out(unroll, &block);
    }
}

/* One step back: carry becomes dL/dv of this step, which is dL/dI as well. */
UNROLL_INLINE void back_subtract(const struct unroll *unroll, struct block *block, real *restrict v,
                                 const real *restrict from_next, const real *restrict from_count)
{
    const real beta = unroll->neuron.beta, threshold = unroll->neuron.threshold;
    const real slope = unroll->slope;
    for (size_t i = 0; i < block->size; i++) {
        real h = surrogate_fast_sigmoid(v[i] - threshold, slope);
        real spike_gradient = (from_next[i] + from_count[i]) * block->keep[i];
        real through = beta * block->carry[i];
        block->carry[i] = h * (spike_gradient - threshold * through) + through;
        v[i] = block->carry[i];
    }
}

UNROLL_INLINE void back_zero(const struct unroll *unroll, struct block *block, real *restrict v,
                             const real *restrict from_next, const real *restrict from_count)
{
    const real beta = unroll->neuron.beta, threshold = unroll->neuron.threshold;
    const real slope = unroll->slope;
    const bool smooth = unroll->smooth;
    for (size_t i = 0; i < block->size; i++) {
        real x = v[i] - threshold;
        real h = surrogate_fast_sigmoid(x, slope);
        real s = smooth ? surrogate_fast_sigmoid_twin(x, slope) : x >= 0 ? 1 : 0;
        real spike_gradient = (from_next[i] + from_count[i]) * block->keep[i];
        real through = beta * block->carry[i];
        block->carry[i] = h * (spike_gradient - v[i] * through) + (1 - s) * through;
        v[i] = block->carry[i];
    }
}

UNROLL_INLINE void backward_blocks(const struct unroll *unroll)
{
    struct block block;
    for (size_t first = 0; first < unroll->count; first += UNROLL_BLOCK) {
        open_block(&block, unroll, first);
        for (int step = unroll->num_steps - 1; step >= 0; step--) {
            size_t place = (size_t)step * unroll->count + first;
            const real *from_next = unroll->gradient ? unroll->gradient + place : block.filler;
            if (unroll->neuron.reset == RESET_ZERO)
                back_zero(unroll, &block, unroll->v + place, from_next,
                          unroll->count_gradient + first);
            else
                back_subtract(unroll, &block, unroll->v + place, from_next,
                              unroll->count_gradient + first);
        }
    }
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void forward_avx2(const struct unroll *unroll)
{
    forward_blocks(unroll);
}

__attribute__((target("avx2"))) static void backward_avx2(const struct unroll *unroll)
{
    backward_blocks(unroll);
}
#endif

void unroll_forward(const struct unroll *unroll)
{
#ifdef __x86_64__
    if (cpu_level() >= CPU_AVX2) {
        forward_avx2(unroll);
        return;
    }
#endif
    forward_blocks(unroll);
}

void unroll_backward(const struct unroll *unroll)
{
#ifdef __x86_64__
    if (cpu_level() >= CPU_AVX2) {
        backward_avx2(unroll);
        return;
    }
#endif
    backward_blocks(unroll);
}
