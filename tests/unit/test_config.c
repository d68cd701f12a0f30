/* Flags, their environment twins, and what is refused. */
#include "server/config.h"

#include "server/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum status read_flags(struct config *config, struct error *error, int count,
                              const char *const *flags)
{
    char *argv[16] = {(char *)(uintptr_t) "spikeloomd"};
    for (int i = 0; i < count; i++)
        argv[i + 1] = (char *)(uintptr_t)flags[i];
    return config_read(count + 1, argv, config, error);
}

#define READ(config, error, ...)                                                                   \
    read_flags(config, error, (int)(sizeof(const char *[]){__VA_ARGS__} / sizeof(char *)),         \
               (const char *[]){__VA_ARGS__})

static void test_presets(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(read_flags(&config, NULL, 0, NULL), STATUS_OK);
    assert_string_equal(config.host, "127.0.0.1");
    assert_int_equal(config.port, 8080);
    assert_int_equal(config.max_body_bytes, 16 * 1024 * 1024);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(config.drain_delay_secs, 0);
    assert_string_equal(config.cpu_level, "auto");
    assert_true(strlen(config.model_repository) > 0);
    assert_false(config.help || config.version || config.healthcheck || config.check_config);
}

static void test_flags(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(READ(&config, NULL, "--port", "0", "--host=::1", "--log-level", "debug",
                          "--queue-size=1", "--check-config", "--port=9", "--cpu-level=plain"),
                     STATUS_OK);
    assert_int_equal(config.port, 9);
    assert_string_equal(config.host, "::1");
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_int_equal(config.queue_size, 1);
    assert_string_equal(config.cpu_level, "plain");
    assert_true(config.check_config);
}

static void test_environment(void **state)
{
    (void)state;
    struct config config;
    struct error error;
    setenv("SPIKELOOM_QUEUE_SIZE", "7", 1);
    setenv("SPIKELOOM_MODEL_REPOSITORY", "/models", 1);
    assert_int_equal(read_flags(&config, NULL, 0, NULL), STATUS_OK);
    assert_int_equal(config.queue_size, 7);
    assert_string_equal(config.model_repository, "/models");
    assert_int_equal(READ(&config, NULL, "--queue-size=8"), STATUS_OK);
    assert_int_equal(config.queue_size, 8);
    setenv("SPIKELOOM_QUEUE_SIZE", "many", 1);
    assert_int_equal(read_flags(&config, &error, 0, NULL), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "SPIKELOOM_QUEUE_SIZE"));
    unsetenv("SPIKELOOM_QUEUE_SIZE");
    static const char *const states[] = {"0", "1", "false", "true"};
    for (int i = 0; i < 4; i++) {
        setenv("SPIKELOOM_TRITON_METRICS", states[i], 1);
        assert_int_equal(read_flags(&config, NULL, 0, NULL), STATUS_OK);
        assert_int_equal(config.triton_metrics, i % 2);
    }
    setenv("SPIKELOOM_TRITON_METRICS", "maybe", 1);
    assert_int_equal(read_flags(&config, &error, 0, NULL), STATUS_INVALID_ARGUMENT);
    unsetenv("SPIKELOOM_TRITON_METRICS");
    assert_int_equal(READ(&config, NULL, "--triton-metrics"), STATUS_OK);
    assert_true(config.triton_metrics);
    unsetenv("SPIKELOOM_MODEL_REPOSITORY");
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "--nonsense",
        "port",
        "-p",
        "--",
        "",
        "--port",
        "--port=",
        "--port=-1",
        "--port=65536",
        "--port= 1",
        "--port=1x",
        "--port=0x1",
        "--port=99999999999999999999",
        "--io-threads=0",
        "--queue-size=0",
        "--host=",
        "--log-level=",
        "--log-level=INFO",
        "--help=1",
        "--por=1",
        "--portt=1",
        "--Listening",
        "--Listening=1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config config;
        struct error error = {0};
        if (read_flags(&config, &error, 1, &bad[i]) != STATUS_INVALID_ARGUMENT)
            fail_msg("'%s' was taken", bad[i]);
        assert_true(strlen(error.detail) > 0);
        assert_null(strchr(error.detail, '\n'));
    }
}

static void test_contradictions(void **state)
{
    (void)state;
    struct config config;
    struct error error = {0};
    assert_int_equal(read_flags(&config, NULL, 0, NULL), STATUS_OK);
    assert_int_equal(config_check(&config, NULL), STATUS_OK);
    assert_int_equal(READ(&config, NULL, "--drain-delay=5", "--exit-timeout-secs=5"), STATUS_OK);
    assert_int_equal(config_check(&config, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "--drain-delay 5"));
    static const char *const good[][3] = {
        {"--drain-delay=5", "--exit-timeout-secs=6"},
        {"--max-queue-delay-us=8999", "--timeout-ms=9"},
        {"--api-key-file=a", "--admin-key-file=b"},
        {"--tls-cert=a", "--tls-key=b"},
        {"--tls-cert=a", "--tls-key=b", "--metrics-port=9"},
        {"--port=9", "--metrics-port=9", "--metrics-host=::1"},
        {"--port=0", "--metrics-port=0"},
        {"--max-batch=2", "--max-queue-delay-us=1"},
        {"--max-connections=4", "--max-connections-per-ip=4"},
        {"--api-key-file=a", "--rate-limit=1", "--rate-burst=9"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int count = good[i][2] ? 3 : 2;
        assert_int_equal(read_flags(&config, NULL, count, good[i]), STATUS_OK);
        assert_int_equal(config_check(&config, NULL), STATUS_OK);
    }
    static const char *const bad[][2] = {
        {"--max-queue-delay-us=9000", "--timeout-ms=9"},
        {"--api-key-file=a", "--admin-key-file=a"},
        {"--rate-limit=1", "--admin-key-file=a"},
        {"--tls-cert=a", "--port=1"},
        {"--tls-key=a", "--port=1"},
        {"--metrics-host=::1", "--port=1"},
        {"--metrics-port=8080", "--port=8080"},
        {"--metrics-port=8080", "--metrics-host=127.0.0.1"},
        {"--rate-burst=1", "--api-key-file=a"},
        {"--max-batch=1", "--max-queue-delay-us=1"},
        {"--max-connections=4", "--max-connections-per-ip=5"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_flags(&config, NULL, 2, bad[i]), STATUS_OK);
        if (config_check(&config, &error) != STATUS_INVALID_ARGUMENT)
            fail_msg("%s and %s were taken", bad[i][0], bad[i][1]);
    }
}

static void test_healthcheck_needs_plain_http(void **state)
{
    (void)state;
    struct config config;
    struct error error;
    assert_int_equal(READ(&config, NULL, "--tls-cert=a", "--tls-key=b", "--healthcheck"),
                     STATUS_OK);
    assert_int_equal(config_check(&config, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "--metrics-port"));
    config.metrics_port = 9;
    assert_int_equal(config_check(&config, NULL), STATUS_OK);
}

static void test_unknown_variables(void **state)
{
    (void)state;
    const char *known[] = {"PATH=x", "SPIKELOOM_PORT=1", "SPIKELOOM_DRAIN_DELAY=", NULL};
    assert_int_equal(config_check_environment(known, NULL), STATUS_OK);
    const char *none[] = {NULL};
    assert_int_equal(config_check_environment(none, NULL), STATUS_OK);
    static const char *const strange[] = {
        "SPIKELOOM_PORTS=1",
        "SPIKELOOM_POR=1",
        "SPIKELOOM_HELP=1",
        "SPIKELOOM_LISTENING=1",
        "SPIKELOOM_",
        "SPIKELOOM_PORT_NAME=x",
        "SPIKELOOM_QUEUE=of_SERVICE_HOST",
        "SPIKELOOM_A_NAME_THAT_IS_LONGER_THAN_THAT_OF_ANY_FLAG_THERE_EVER_WAS_OR_WILL_BE=1"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        struct error error;
        const char *environment[] = {"SPIKELOOM_PORT=1", strange[i], NULL};
        assert_int_equal(config_check_environment(environment, &error), STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(error.detail, "No flag belongs to the variable SPIKELOOM_"));
        assert_null(strchr(error.detail, '='));
    }
}

static void test_service_links(void **state)
{
    (void)state;
    struct config config;
    static const char *const links[] = {
        "SPIKELOOM_SERVICE_HOST=10.0.0.1",          "SPIKELOOM_SERVICE_PORT=80",
        "SPIKELOOM_SERVICE_PORT_HTTP=80",           "SPIKELOOM_PORT=tcp://10.0.0.1:80",
        "SPIKELOOM_PORT_80_TCP=tcp://10.0.0.1:80",  "SPIKELOOM_PORT_80_TCP_PROTO=tcp",
        "SPIKELOOM_PORT_80_TCP_ADDR=10.0.0.1",      "SPIKELOOM_METRICS_SERVICE_HOST=10.0.0.2",
        "SPIKELOOM_METRICS_PORT=udp://10.0.0.2:53", NULL};
    assert_int_equal(config_check_environment(links, NULL), STATUS_OK);
    setenv("SPIKELOOM_PORT", "tcp://10.0.0.1:80", 1);
    assert_int_equal(read_flags(&config, NULL, 0, NULL), STATUS_OK);
    assert_int_equal(config.port, 8080);
    setenv("SPIKELOOM_PORT", "81", 1);
    assert_int_equal(read_flags(&config, NULL, 0, NULL), STATUS_OK);
    assert_int_equal(config.port, 81);
    unsetenv("SPIKELOOM_PORT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_healthcheck_needs_plain_http),
        cmocka_unit_test(test_unknown_variables),
        cmocka_unit_test(test_service_links),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
