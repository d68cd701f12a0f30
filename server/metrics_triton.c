#include "server/metrics_triton.h"

#include "api/oip.h"

#include <stdint.h>
#include <string.h>

enum { METRICS_TRITON_NS = 1000 }; /* in a microsecond */

#define METRICS_TRITON_AT(member) offsetof(struct oip_statistics, member)

static const struct {
    const char *name;
    size_t offset; /* of a uint64_t */
    uint64_t divisor;
    const char *help;
} metrics_triton_table[] = {
    {"nv_inference_request_success", METRICS_TRITON_AT(success.count), 1,
     "Requests that succeeded"},
    {"nv_inference_request_failure", METRICS_TRITON_AT(fail.count), 1, "Requests that failed"},
    {"nv_inference_count", METRICS_TRITON_AT(num_inferences), 1, "Samples that were run"},
    {"nv_inference_exec_count", METRICS_TRITON_AT(num_executions), 1, "Runs of the model"},
    {"nv_inference_request_duration_us", METRICS_TRITON_AT(success.ns), METRICS_TRITON_NS,
     "Time of requests that succeeded"},
    {"nv_inference_queue_duration_us", METRICS_TRITON_AT(queue.ns), METRICS_TRITON_NS,
     "Time in the queue"},
    {"nv_inference_compute_input_duration_us", METRICS_TRITON_AT(compute.input.ns),
     METRICS_TRITON_NS, "Time of decoding and hearing"},
    {"nv_inference_compute_infer_duration_us", METRICS_TRITON_AT(compute.infer.ns),
     METRICS_TRITON_NS, "Time of the network"},
    {"nv_inference_compute_output_duration_us", METRICS_TRITON_AT(compute.output.ns),
     METRICS_TRITON_NS, "Time of drawing and writing"},
};

static uint64_t metrics_triton_value(const struct oip_statistics *statistics, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)statistics + offset, sizeof value);
    return value;
}

enum status metrics_triton_write(const struct metrics_triton_model *models, size_t count,
                                 struct buf *out)
{
    enum status status = STATUS_OK;
    size_t num_metrics = sizeof metrics_triton_table / sizeof *metrics_triton_table;
    for (size_t m = 0; m < num_metrics && status == STATUS_OK; m++) {
        const char *name = metrics_triton_table[m].name;
        status = buf_printf(out, "# HELP %s %s.\n# TYPE %s counter\n", name,
                            metrics_triton_table[m].help, name);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            uint64_t value =
                metrics_triton_value(&models[i].statistics, metrics_triton_table[m].offset);
            status = buf_printf(out, "%s{model=\"%s\",version=\"%s\"} %llu\n", name, models[i].name,
                                OIP_VERSION,
                                (unsigned long long)(value / metrics_triton_table[m].divisor));
        }
    }
    return status;
}
