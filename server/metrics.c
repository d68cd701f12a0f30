#include "server/metrics.h"

#include "core/base/cpu.h"
#include "core/base/mem.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

enum {
    METRICS_NUM_BOUNDS = 14,
    METRICS_NUM_BATCH_BOUNDS = 7, /* 1, 2, 4 .. 64 */
    METRICS_MAX_CODE = 600,
    METRICS_SHARDS = 4
};

static const double metrics_bounds[METRICS_NUM_BOUNDS] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

struct metrics_histogram {
    uint64_t counts[METRICS_NUM_BOUNDS + 1]; /* each bucket alone; the last one is +Inf's */
    uint64_t sum_us;
};

struct metrics_batches {
    uint64_t counts[METRICS_NUM_BATCH_BOUNDS + 1]; /* each bucket alone; the last one is +Inf's */
    uint64_t num_items;
};

struct metrics_route {
    uint64_t codes[METRICS_MAX_CODE];
    struct metrics_histogram duration;
};

/*
 * What some of the threads have counted; else they would wait for one another's cache lines at
 * every request. What follows the mutex is all uint64_t, and adds up as an array of them.
 */
struct metrics_counts {
    pthread_mutex_t mutex;
    struct metrics_histogram queue, compute;
    struct metrics_batches batches;
    uint64_t rejected[STATUS_COUNT];
    uint64_t synops, spikes;
    struct metrics_route routes[];
};

struct metrics {
    const char *const *route_names;
    int num_routes;
    struct metrics_counts *shards[METRICS_SHARDS];
};

/* Outcomes that mean that the server turned a request away, not that the request was wrong. */
static const enum status metrics_rejections[] = {
    STATUS_UNAUTHENTICATED, STATUS_FORBIDDEN,   STATUS_TOO_LARGE,
    STATUS_RATE_LIMITED,    STATUS_CLIENT_GONE, STATUS_NO_MEMORY,
    STATUS_NOT_READY,       STATUS_OVERLOADED,  STATUS_DEADLINE};

static struct metrics_counts *metrics_counts_new(int num_routes)
{
    struct metrics_counts *counts =
        mem_alloc(1, sizeof *counts + (size_t)num_routes * sizeof counts->routes[0]);
    if (counts)
        pthread_mutex_init(&counts->mutex, NULL);
    return counts;
}

static void metrics_counts_free(struct metrics_counts *counts)
{
    if (!counts)
        return;
    pthread_mutex_destroy(&counts->mutex);
    mem_free(counts);
}

struct metrics *metrics_open(const char *const *route_names, int num_routes)
{
    struct metrics *metrics = mem_alloc(1, sizeof *metrics);
    if (!metrics)
        return NULL;
    metrics->route_names = route_names;
    metrics->num_routes = num_routes;
    for (int i = 0; i < METRICS_SHARDS; i++) {
        metrics->shards[i] = metrics_counts_new(num_routes);
        if (!metrics->shards[i]) {
            metrics_close(metrics);
            return NULL;
        }
    }
    return metrics;
}

void metrics_close(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (int i = 0; i < METRICS_SHARDS; i++)
        metrics_counts_free(metrics->shards[i]);
    mem_free(metrics);
}

/* The shard of the calling thread, locked. Threads take them in turn. */
static struct metrics_counts *metrics_lock(struct metrics *metrics)
{
    static _Atomic unsigned num_threads;
    static _Thread_local unsigned number; /* 0: it has none yet */
    if (number == 0)
        number = atomic_fetch_add(&num_threads, 1) % METRICS_SHARDS + 1;
    struct metrics_counts *counts = metrics->shards[number - 1];
    pthread_mutex_lock(&counts->mutex);
    return counts;
}

static void metrics_observe(struct metrics_histogram *histogram, uint64_t duration_us)
{
    int bucket = 0;
    while (bucket < METRICS_NUM_BOUNDS && (double)duration_us > metrics_bounds[bucket] * 1e6)
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += duration_us;
}

void metrics_record(struct metrics *metrics, const struct metrics_sample *sample)
{
    struct metrics_counts *counts = metrics_lock(metrics);
    struct metrics_route *route = &counts->routes[sample->route];
    if (sample->code > 0 && sample->code < METRICS_MAX_CODE)
        route->codes[sample->code]++;
    metrics_observe(&route->duration, sample->duration_us);
    counts->rejected[sample->status]++;
    if (sample->computed) {
        metrics_observe(&counts->queue, sample->queue_us);
        metrics_observe(&counts->compute, sample->compute_us);
        counts->synops += sample->synops;
        counts->spikes += sample->spikes;
    }
    pthread_mutex_unlock(&counts->mutex);
}

void metrics_record_batch(struct metrics *metrics, int size)
{
    int bucket = 0;
    while (bucket < METRICS_NUM_BATCH_BOUNDS && size > 1 << bucket)
        bucket++;
    struct metrics_counts *counts = metrics_lock(metrics);
    counts->batches.counts[bucket]++;
    counts->batches.num_items += (uint64_t)size;
    pthread_mutex_unlock(&counts->mutex);
}

/* All numbers as one array. */
static uint64_t *metrics_numbers(struct metrics_counts *counts)
{
    return (uint64_t *)(void *)((char *)counts + offsetof(struct metrics_counts, queue));
}

static size_t metrics_num_numbers(const struct metrics *metrics)
{
    size_t bytes = sizeof(struct metrics_counts) - offsetof(struct metrics_counts, queue) +
                   (size_t)metrics->num_routes * sizeof(struct metrics_route);
    return bytes / sizeof(uint64_t);
}

/* The sum of all shards, to be freed by the caller; NULL when memory is out. */
static struct metrics_counts *metrics_sum(const struct metrics *metrics)
{
    struct metrics_counts *total = metrics_counts_new(metrics->num_routes);
    if (!total)
        return NULL;
    uint64_t *sum = metrics_numbers(total);
    size_t count = metrics_num_numbers(metrics);
    for (int i = 0; i < METRICS_SHARDS; i++) {
        struct metrics_counts *shard = metrics->shards[i];
        const uint64_t *part = metrics_numbers(shard);
        pthread_mutex_lock(&shard->mutex);
        for (size_t k = 0; k < count; k++)
            sum[k] += part[k];
        pthread_mutex_unlock(&shard->mutex);
    }
    return total;
}

static enum status metrics_head(struct buf *out, const char *name, const char *type,
                                const char *help)
{
    return buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* `label` is "" or name="value" followed by a comma. */
static enum status metrics_write_histogram(struct buf *out, const char *name, const char *label,
                                           const struct metrics_histogram *histogram)
{
    uint64_t total = 0;
    enum status status = STATUS_OK;
    for (int i = 0; i < METRICS_NUM_BOUNDS && status == STATUS_OK; i++) {
        total += histogram->counts[i];
        status = buf_printf(out, "%s_bucket{%sle=\"%g\"} %llu\n", name, label, metrics_bounds[i],
                            (unsigned long long)total);
    }
    total += histogram->counts[METRICS_NUM_BOUNDS];
    if (status != STATUS_OK)
        return status;
    /* a label set of its own ends without the comma */
    size_t length = 0;
    while (label[length] && label[length] != ',')
        length++;
    const char *open = length ? "{" : "", *close = length ? "}" : "";
    return buf_printf(out,
                      "%s_bucket{%sle=\"+Inf\"} %llu\n%s_sum%s%.*s%s %.6f\n%s_count%s%.*s%s %llu\n",
                      name, label, (unsigned long long)total, name, open, (int)length, label, close,
                      (double)histogram->sum_us / 1e6, name, open, (int)length, label, close,
                      (unsigned long long)total);
}

static enum status metrics_write_requests(const struct metrics *metrics,
                                          const struct metrics_counts *counts, struct buf *out)
{
    enum status status =
        metrics_head(out, "spikeloom_requests_total", "counter", "Requests answered.");
    for (int r = 0; r < metrics->num_routes; r++)
        for (int code = 0; code < METRICS_MAX_CODE && status == STATUS_OK; code++)
            if (counts->routes[r].codes[code])
                status =
                    buf_printf(out, "spikeloom_requests_total{route=\"%s\",code=\"%d\"} %llu\n",
                               metrics->route_names[r], code,
                               (unsigned long long)counts->routes[r].codes[code]);
    return status;
}

static enum status metrics_write_durations(const struct metrics *metrics,
                                           const struct metrics_counts *counts, struct buf *out)
{
    const char *name = "spikeloom_request_duration_seconds";
    enum status status =
        metrics_head(out, name, "histogram", "From the request line to the end of the reply.");
    for (int r = 0; r < metrics->num_routes && status == STATUS_OK; r++) {
        char label[96];
        snprintf(label, sizeof label, "route=\"%s\",", metrics->route_names[r]);
        status = metrics_write_histogram(out, name, label, &counts->routes[r].duration);
    }
    if (status == STATUS_OK)
        status = metrics_head(out, "spikeloom_queue_duration_seconds", "histogram",
                              "Waiting for an inference thread.");
    if (status == STATUS_OK)
        status =
            metrics_write_histogram(out, "spikeloom_queue_duration_seconds", "", &counts->queue);
    if (status == STATUS_OK)
        status = metrics_head(out, "spikeloom_compute_duration_seconds", "histogram",
                              "From being taken by an inference thread to the answer.");
    if (status == STATUS_OK)
        status = metrics_write_histogram(out, "spikeloom_compute_duration_seconds", "",
                                         &counts->compute);
    return status;
}

static enum status metrics_write_batches(const struct metrics_batches *batches, struct buf *out)
{
    uint64_t total = 0;
    enum status status = metrics_head(out, "spikeloom_batch_size", "histogram",
                                      "Requests that an inference thread took at once.");
    for (int i = 0; i < METRICS_NUM_BATCH_BOUNDS && status == STATUS_OK; i++) {
        total += batches->counts[i];
        status = buf_printf(out, "spikeloom_batch_size_bucket{le=\"%d\"} %llu\n", 1 << i,
                            (unsigned long long)total);
    }
    total += batches->counts[METRICS_NUM_BATCH_BOUNDS];
    if (status != STATUS_OK)
        return status;
    return buf_printf(
        out,
        "spikeloom_batch_size_bucket{le=\"+Inf\"} %llu\nspikeloom_batch_size_sum %llu\n"
        "spikeloom_batch_size_count %llu\n",
        (unsigned long long)total, (unsigned long long)batches->num_items,
        (unsigned long long)total);
}

static enum status metrics_write_rejected(const struct metrics_counts *counts, struct buf *out)
{
    enum status status = metrics_head(out, "spikeloom_rejected_total", "counter",
                                      "Requests turned away or given up, by reason.");
    size_t count = sizeof metrics_rejections / sizeof *metrics_rejections;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        char reason[32] = "";
        const char *name = status_name(metrics_rejections[i]);
        for (size_t c = 0; name[c] && c + 1 < sizeof reason; c++)
            reason[c] = (char)tolower((unsigned char)name[c]);
        status = buf_printf(out, "spikeloom_rejected_total{reason=\"%s\"} %llu\n", reason,
                            (unsigned long long)counts->rejected[metrics_rejections[i]]);
    }
    return status;
}

static enum status metrics_write_rest(const struct metrics_counts *counts,
                                      const struct metrics_gauges *gauges, struct buf *out)
{
    return buf_printf(out,
                      "# HELP spikeloom_queue_depth Requests that wait for an inference thread.\n"
                      "# TYPE spikeloom_queue_depth gauge\n"
                      "spikeloom_queue_depth %d\n"
                      "# HELP spikeloom_connections Open connections.\n"
                      "# TYPE spikeloom_connections gauge\n"
                      "spikeloom_connections %d\n"
                      "# HELP spikeloom_connections_shut_total Connections shut because their "
                      "client took too long, or made room for another.\n"
                      "# TYPE spikeloom_connections_shut_total counter\n"
                      "spikeloom_connections_shut_total{reason=\"late\"} %llu\n"
                      "spikeloom_connections_shut_total{reason=\"full\"} %llu\n"
                      "# HELP spikeloom_ready Whether requests are wanted.\n"
                      "# TYPE spikeloom_ready gauge\n"
                      "spikeloom_ready %d\n"
                      "# HELP spikeloom_synops_total Synaptic operations.\n"
                      "# TYPE spikeloom_synops_total counter\n"
                      "spikeloom_synops_total %llu\n"
                      "# HELP spikeloom_spikes_total Spikes of all layers.\n"
                      "# TYPE spikeloom_spikes_total counter\n"
                      "spikeloom_spikes_total %llu\n"
                      "# HELP spikeloom_build_info The program.\n"
                      "# TYPE spikeloom_build_info gauge\n"
                      "spikeloom_build_info{version=\"" SPIKELOOM_VERSION
                      "\",cpu_level=\"%s\"} 1\n",
                      gauges->queue_depth, gauges->connections.open,
                      (unsigned long long)gauges->connections.shut_late,
                      (unsigned long long)gauges->connections.shut_full, gauges->ready,
                      (unsigned long long)counts->synops, (unsigned long long)counts->spikes,
                      cpu_level_name(cpu_level()));
}

enum status metrics_write(struct metrics *metrics, const struct metrics_gauges *gauges,
                          struct buf *out)
{
    struct metrics_counts *counts = metrics_sum(metrics);
    if (!counts)
        return STATUS_NO_MEMORY;
    enum status status = metrics_write_requests(metrics, counts, out);
    if (status == STATUS_OK)
        status = metrics_write_durations(metrics, counts, out);
    if (status == STATUS_OK)
        status = metrics_write_batches(&counts->batches, out);
    if (status == STATUS_OK)
        status = metrics_write_rejected(counts, out);
    if (status == STATUS_OK)
        status = metrics_write_rest(counts, gauges, out);
    metrics_counts_free(counts);
    return status;
}
