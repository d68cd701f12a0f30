/* Counters and histograms: what has been recorded is what is told. */
#include "server/metrics.h"

#include "core/base/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const routes[] = {"/a", "/b/{name}"};

static void write_all(struct metrics *metrics, struct buf *text)
{
    struct metrics_gauges gauges = {.queue_depth = 3,
                                    .ready = true,
                                    .connections = {.open = 4, .shut_late = 5, .shut_full = 6}};
    buf_init(text, 1 << 20);
    assert_int_equal(metrics_write(metrics, &gauges, text), STATUS_OK);
}

static void assert_line(const struct buf *text, const char *line)
{
    const char *found = strstr((const char *)text->bytes, line);
    if (!found || found[strlen(line)] != '\n' || found[-1] != '\n')
        fail_msg("no line '%s' in:\n%s", line, (const char *)text->bytes);
}

static void test_tells_what_was_recorded(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open(routes, 2);
    struct buf text;
    assert_non_null(metrics);
    struct metrics_sample sample = {.route = 0,
                                    .code = 200,
                                    .duration_us = 1000,
                                    .computed = true,
                                    .queue_us = 400,
                                    .compute_us = 20000000,
                                    .synops = 10,
                                    .spikes = 2};
    metrics_record(metrics, &sample);
    metrics_record(metrics, &sample);
    sample = (struct metrics_sample){
        .route = 1, .code = 503, .status = STATUS_OVERLOADED, .duration_us = 1001, .synops = 99};
    metrics_record(metrics, &sample);
    const int batches[] = {1, 1, 2, 3, 64};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        metrics_record_batch(metrics, batches[i]);
    write_all(metrics, &text);
    assert_line(&text, "spikeloom_batch_size_bucket{le=\"1\"} 2");
    assert_line(&text, "spikeloom_batch_size_bucket{le=\"2\"} 3");
    assert_line(&text, "spikeloom_batch_size_bucket{le=\"4\"} 4");
    assert_line(&text, "spikeloom_batch_size_bucket{le=\"32\"} 4");
    assert_line(&text, "spikeloom_batch_size_bucket{le=\"64\"} 5");
    assert_line(&text, "spikeloom_batch_size_bucket{le=\"+Inf\"} 5");
    assert_line(&text, "spikeloom_batch_size_sum 71");
    assert_line(&text, "spikeloom_batch_size_count 5");
    assert_line(&text, "spikeloom_requests_total{route=\"/a\",code=\"200\"} 2");
    assert_line(&text, "spikeloom_requests_total{route=\"/b/{name}\",code=\"503\"} 1");
    assert_line(&text, "spikeloom_request_duration_seconds_bucket{route=\"/a\",le=\"0.0005\"} 0");
    assert_line(&text, "spikeloom_request_duration_seconds_bucket{route=\"/a\",le=\"0.001\"} 2");
    assert_line(&text, "spikeloom_request_duration_seconds_bucket{route=\"/a\",le=\"+Inf\"} 2");
    assert_line(&text, "spikeloom_request_duration_seconds_sum{route=\"/a\"} 0.002000");
    assert_line(&text, "spikeloom_request_duration_seconds_count{route=\"/b/{name}\"} 1");
    assert_line(&text,
                "spikeloom_request_duration_seconds_bucket{route=\"/b/{name}\",le=\"0.001\"} 0");
    assert_line(&text, "spikeloom_queue_duration_seconds_bucket{le=\"0.0005\"} 2");
    assert_line(&text, "spikeloom_compute_duration_seconds_bucket{le=\"10\"} 0");
    assert_line(&text, "spikeloom_compute_duration_seconds_bucket{le=\"+Inf\"} 2");
    assert_line(&text, "spikeloom_compute_duration_seconds_sum 40.000000");
    assert_line(&text, "spikeloom_compute_duration_seconds_count 2");
    assert_line(&text, "spikeloom_rejected_total{reason=\"overloaded\"} 1");
    assert_line(&text, "spikeloom_rejected_total{reason=\"deadline\"} 0");
    assert_line(&text, "spikeloom_synops_total 20");
    assert_line(&text, "spikeloom_spikes_total 4");
    assert_line(&text, "spikeloom_queue_depth 3");
    assert_line(&text, "spikeloom_ready 1");
    assert_line(&text, "spikeloom_connections 4");
    assert_line(&text, "spikeloom_connections_shut_total{reason=\"late\"} 5");
    assert_line(&text, "spikeloom_connections_shut_total{reason=\"full\"} 6");
    buf_free(&text);
    metrics_close(metrics);
}

static void *record_some(void *metrics)
{
    const struct metrics_sample sample = {.route = 1, .code = 200, .computed = true, .synops = 3};
    for (int i = 0; i < 1000; i++)
        metrics_record(metrics, &sample);
    metrics_record_batch(metrics, 2);
    return NULL;
}

/* More threads than there are places to count in. */
static void test_counts_of_all_threads_add_up(void **state)
{
    (void)state;
    pthread_t threads[11];
    struct metrics *metrics = metrics_open(routes, 2);
    struct buf text;
    assert_non_null(metrics);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, record_some, metrics), 0);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    write_all(metrics, &text);
    assert_line(&text, "spikeloom_requests_total{route=\"/b/{name}\",code=\"200\"} 11000");
    assert_line(&text, "spikeloom_queue_duration_seconds_count 11000");
    assert_line(&text, "spikeloom_synops_total 33000");
    assert_line(&text, "spikeloom_batch_size_sum 22");
    buf_free(&text);
    metrics_close(metrics);
}

static void test_process(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 16);
    assert_int_equal(metrics_write_process(&text), STATUS_OK);
    assert_non_null(strstr((char *)text.bytes, "\nprocess_resident_memory_bytes "));
    assert_non_null(strstr((char *)text.bytes, "\nprocess_start_time_seconds "));
    assert_non_null(strstr((char *)text.bytes, "\nprocess_virtual_memory_bytes "));
    assert_non_null(strstr((char *)text.bytes, "\nprocess_max_fds "));
    buf_free(&text);
}

static void test_lack_of_room(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open(routes, 2);
    struct metrics_gauges gauges = {0};
    struct buf text;
    buf_init(&text, 300);
    assert_int_equal(metrics_write(metrics, &gauges, &text), STATUS_TOO_LARGE);
    buf_free(&text);
    mem_fail_after(0);
    assert_int_equal(metrics_write(metrics, &gauges, &text), STATUS_NO_MEMORY);
    mem_fail_never();
    metrics_close(metrics);
    for (int allowed = 0; allowed < 5; allowed++) {
        mem_fail_after(allowed);
        assert_null(metrics_open(routes, 2));
        mem_fail_never();
    }
    metrics_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tells_what_was_recorded),
        cmocka_unit_test(test_counts_of_all_threads_add_up),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_lack_of_room),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
