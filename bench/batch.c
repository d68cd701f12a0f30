#include "bench/batch.h"

#include "bench/measure.h"
#include "core/base/mem.h"

enum { BATCH_PARTS_A_THREAD = 4 }; /* the thread that is done first takes more */

void batch_open(struct batch *batch, const struct subject *subject, int num_threads)
{
    struct error error;
    *batch = (struct batch){.subject = subject, .size = subject->num_inputs};
    measure_expect(parallel_new(num_threads, &batch->parallel, &error), &error);
    batch->num_parts = BATCH_PARTS_A_THREAD * num_threads;
    if (batch->num_parts > BATCH_MAX_PARTS)
        batch->num_parts = BATCH_MAX_PARTS;
    for (int i = 0; i < batch->num_parts; i++)
        batch->grey[i] = measure_alloc(network_num_pixels(subject->network), 1);
}

void batch_close(struct batch *batch)
{
    for (int i = 0; i < batch->num_parts; i++) {
        inference_free(&batch->scratch[i]);
        mem_free(batch->grey[i]);
    }
    parallel_free(batch->parallel);
}

static void run_part(void *argument, size_t part)
{
    struct batch *batch = argument;
    for (int i = (int)part; i < batch->size; i += batch->num_parts)
        subject_infer(batch->subject, i % batch->subject->num_inputs, &batch->scratch[part],
                      batch->grey[part], NULL);
}

void batch_run(void *argument)
{
    struct batch *batch = argument;
    int parts = batch->size < batch->num_parts ? batch->size : batch->num_parts;
    parallel_for(batch->parallel, (size_t)parts, run_part, batch);
}
