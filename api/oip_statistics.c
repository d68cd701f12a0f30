#include "api/oip_statistics.h"

#include "api/oip.h"

static void oip_statistics_duration(const char *key, struct oip_duration duration,
                                    struct writer *writer)
{
    writer_object(writer, key);
    writer_integer(writer, "count", duration.count);
    writer_integer(writer, "ns", duration.ns);
    writer_end_object(writer);
}

static void oip_statistics_compute(const struct oip_compute *compute, struct writer *writer)
{
    oip_statistics_duration("compute_input", compute->input, writer);
    oip_statistics_duration("compute_infer", compute->infer, writer);
    oip_statistics_duration("compute_output", compute->output, writer);
}

void oip_statistics_write(const char *name, const struct oip_statistics *statistics,
                          struct writer *writer)
{
    writer_object(writer, NULL);
    writer_string(writer, "name", name);
    writer_string(writer, "version", OIP_VERSION);
    writer_integer(writer, "last_inference", statistics->last_inference_ms);
    writer_integer(writer, "inference_count", statistics->num_inferences);
    writer_integer(writer, "execution_count", statistics->num_executions);
    writer_object(writer, "inference_stats");
    oip_statistics_duration("success", statistics->success, writer);
    oip_statistics_duration("fail", statistics->fail, writer);
    oip_statistics_duration("queue", statistics->queue, writer);
    oip_statistics_compute(&statistics->compute, writer);
    writer_end_object(writer);
    writer_array(writer, "batch_stats");
    for (uint64_t i = 0; i < OIP_STATISTICS_MAX_BATCH; i++) {
        if (statistics->batches[i].infer.count == 0)
            continue;
        writer_object(writer, NULL);
        writer_integer(writer, "batch_size", i + 1);
        oip_statistics_compute(&statistics->batches[i], writer);
        writer_end_object(writer);
    }
    writer_end_array(writer);
    writer_end_object(writer);
}
