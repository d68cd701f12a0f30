/* The nv_inference_* names: each number under its own, in microseconds. */
#include "server/metrics_triton.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_text(void **state)
{
    (void)state;
    static const struct metrics_triton_model models[] = {
        {"a",
         {.num_inferences = 1,
          .num_executions = 2,
          .success = {3, 4999},
          .fail = {5, 6000},
          .queue = {7, 8000},
          .compute = {.input = {9, 10000}, .infer = {11, 12000}, .output = {13, 14000}}}},
        {"b", {.num_inferences = UINT64_MAX}},
    };
    static const char *const lines[] = {
        "\nnv_inference_request_success{model=\"a\",version=\"1\"} 3\n",
        "\nnv_inference_request_failure{model=\"a\",version=\"1\"} 5\n",
        "\nnv_inference_count{model=\"a\",version=\"1\"} 1\n",
        "\nnv_inference_exec_count{model=\"a\",version=\"1\"} 2\n",
        "\nnv_inference_request_duration_us{model=\"a\",version=\"1\"} 4\n",
        "\nnv_inference_queue_duration_us{model=\"a\",version=\"1\"} 8\n",
        "\nnv_inference_compute_input_duration_us{model=\"a\",version=\"1\"} 10\n",
        "\nnv_inference_compute_infer_duration_us{model=\"a\",version=\"1\"} 12\n",
        "\nnv_inference_compute_output_duration_us{model=\"a\",version=\"1\"} 14\n",
        "\nnv_inference_count{model=\"b\",version=\"1\"} 18446744073709551615\n",
        "\nnv_inference_request_failure{model=\"b\",version=\"1\"} 0\n",
        "\n# TYPE nv_inference_exec_count counter\n",
    };
    struct buf text;
    buf_init(&text, 1 << 16);
    assert_int_equal(metrics_triton_write(models, 2, &text), STATUS_OK);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr((const char *)text.bytes, lines[i]))
            fail_msg("no%sin:\n%s", lines[i], (const char *)text.bytes);
    buf_free(&text);
    buf_init(&text, 100);
    assert_int_equal(metrics_triton_write(models, 2, &text), STATUS_TOO_LARGE);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text)};
    return cmocka_run_group_tests_name("metrics_triton", tests, NULL, NULL);
}
