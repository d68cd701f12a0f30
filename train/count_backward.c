#include "train/count_backward.h"

#include "core/base/mem.h"
#include "core/math/gemm.h"
#include "core/math/kernels.h"

#include <stdint.h>
#include <string.h>

struct count_backward {
    size_t inputs, units, num_steps;
    real *weight;          /* [units][inputs]: the layer's, transposed */
    real *weight_gradient; /* likewise */
    uint32_t *active;      /* [units]: those of one sample that have a gradient */
    uint32_t *steps;       /* [num_steps]: 0, 1, 2, ... */
    real *count_gradient;  /* [units]: of the active ones */
    real *v;               /* [num_steps][active]: potentials, then dL/dI */
};

struct count_backward *count_backward_new(const struct layer_shape *shape, int num_steps)
{
    struct count_backward *backward = mem_alloc(1, sizeof *backward);
    if (!backward)
        return NULL;
    size_t inputs = layer_num_inputs(shape), units = layer_num_outputs(shape);
    backward->inputs = inputs;
    backward->units = units;
    backward->num_steps = (size_t)num_steps;
    backward->weight = mem_alloc(units * inputs, sizeof(real));
    backward->weight_gradient = mem_alloc(units * inputs, sizeof(real));
    backward->active = mem_alloc(units, sizeof *backward->active);
    backward->steps = mem_alloc(backward->num_steps, sizeof *backward->steps);
    backward->count_gradient = mem_alloc(units, sizeof(real));
    backward->v = mem_alloc(backward->num_steps * units, sizeof(real));
    if (!backward->weight || !backward->weight_gradient || !backward->active || !backward->steps ||
        !backward->count_gradient || !backward->v) {
        count_backward_free(backward);
        return NULL;
    }
    for (uint32_t step = 0; step < backward->num_steps; step++)
        backward->steps[step] = step;
    return backward;
}

void count_backward_free(struct count_backward *backward)
{
    if (!backward)
        return;
    mem_free(backward->weight);
    mem_free(backward->weight_gradient);
    mem_free(backward->active);
    mem_free(backward->steps);
    mem_free(backward->count_gradient);
    mem_free(backward->v);
    mem_free(backward);
}

/* dL/dI of the units of one sample that have any, to v; how many these are. */
static size_t unfire_sample(struct count_backward *backward, const struct unroll *unroll,
                            size_t sample)
{
    const real *gradient = unroll->count_gradient + sample * backward->units;
    const real *potential = unroll->v + sample * backward->units;
    size_t count = kernels_get()->list_nonzero(gradient, backward->units, backward->active);
    for (size_t i = 0; i < count; i++)
        backward->count_gradient[i] = gradient[backward->active[i]];
    for (size_t step = 0; step < backward->num_steps; step++)
        for (size_t i = 0; i < count; i++)
            backward->v[step * count + i] = potential[step * unroll->count + backward->active[i]];
    struct unroll active = *unroll;
    active.count = count;
    active.v = backward->v;
    active.count_gradient = backward->count_gradient;
    unroll_backward(&active);
    return count;
}

/* input_gradient of a sample = dL/dI of its active units times their weights. */
static void find_input_gradient(const struct count_backward *backward, size_t count, size_t sample,
                                const struct count_backward_pass *pass)
{
    real *gradient = pass->input_gradient + sample * backward->inputs;
    size_t stride = pass->num_samples * backward->inputs;
    for (size_t step = 0; step < backward->num_steps; step++)
        memset(gradient + step * stride, 0, backward->inputs * sizeof *gradient);
    const struct kernel_product product = {.sums = gradient,
                                           .sum_stride = stride,
                                           .sum_rows = backward->steps,
                                           .num_sums = backward->num_steps,
                                           .factors = backward->v,
                                           .factor_sum = count,
                                           .factor_term = 1,
                                           .matrix = backward->weight,
                                           .matrix_stride = backward->inputs,
                                           .matrix_rows = backward->active,
                                           .num_terms = count,
                                           .count = backward->inputs};
    kernels_get()->multiply(&product);
}

/* weight_gradient of a sample's active units += dL/dI times the inputs. */
static void add_weight_gradient(const struct count_backward *backward, size_t count, size_t sample,
                                const struct count_backward_pass *pass)
{
    const struct kernel_product product = {.sums = backward->weight_gradient,
                                           .sum_stride = backward->inputs,
                                           .sum_rows = backward->active,
                                           .num_sums = count,
                                           .factors = backward->v,
                                           .factor_sum = 1,
                                           .factor_term = count,
                                           .matrix = pass->input + sample * backward->inputs,
                                           .matrix_stride = pass->num_samples * backward->inputs,
                                           .matrix_rows = backward->steps,
                                           .num_terms = backward->num_steps,
                                           .count = backward->inputs};
    kernels_get()->multiply(&product);
}

/* bias_gradient of a sample's active units += dL/dI of all steps. */
static void add_bias_gradient(const struct count_backward *backward, size_t count,
                              real *bias_gradient)
{
    real *sum = backward->count_gradient; /* has been used */
    memset(sum, 0, count * sizeof *sum);
    for (size_t step = 0; step < backward->num_steps; step++)
        for (size_t i = 0; i < count; i++)
            sum[i] += backward->v[step * count + i];
    for (size_t i = 0; i < count; i++)
        bias_gradient[backward->active[i]] += sum[i];
}

void count_backward_run(struct count_backward *backward, const struct layer *layer,
                        const struct unroll *unroll, const struct count_backward_pass *pass)
{
    size_t inputs = backward->inputs, units = backward->units;
    if (pass->input_gradient)
        gemm_transpose(layer->weight, inputs, units, backward->weight, inputs);
    if (pass->weight_gradient) {
        memset(backward->weight_gradient, 0, units * inputs * sizeof *backward->weight_gradient);
        memset(pass->bias_gradient, 0, units * sizeof *pass->bias_gradient);
    }
    for (size_t sample = 0; sample < pass->num_samples; sample++) {
        size_t count = unfire_sample(backward, unroll, sample);
        if (pass->input_gradient)
            find_input_gradient(backward, count, sample, pass);
        if (pass->weight_gradient) {
            add_weight_gradient(backward, count, sample, pass);
            add_bias_gradient(backward, count, pass->bias_gradient);
        }
    }
    if (pass->weight_gradient)
        gemm_transpose(backward->weight_gradient, units, inputs, pass->weight_gradient, units);
}
