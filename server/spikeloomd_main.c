/* The daemon: reads its flags, serves, drains. */
#include "core/base/cpu.h"
#include "core/media/resample.h"
#include "server/caution.h"
#include "server/config.h"
#include "server/drain.h"
#include "server/healthcheck.h"
#include "server/log.h"
#include "server/service.h"
#include "server/tls.h"

#include <stdio.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static int main_complain(const struct error *error, int code)
{
    fprintf(stderr, "spikeloomd: %s\n", error->detail);
    return code;
}

static void main_log_start(const struct service *service)
{
    const struct config *config = service->config;
    struct registry_list *list = registry_models(service->registry);
    struct log_line line;
    log_begin(&line, LOG_INFO, "start");
    writer_string(&line.writer, "version", SPIKELOOM_VERSION);
    writer_string(&line.writer, "host", config->host);
    writer_integer(&line.writer, "port", (uint64_t)http_port(service->http));
    writer_bool(&line.writer, "tls", config->tls_cert != NULL);
    if (service->metrics_http)
        writer_integer(&line.writer, "metrics_port", (uint64_t)http_port(service->metrics_http));
    writer_integer(&line.writer, "models", list->count);
    writer_integer(&line.writer, "io_threads", (uint64_t)config->io_threads);
    writer_integer(&line.writer, "infer_threads", (uint64_t)config->infer_threads);
    writer_integer(&line.writer, "queue_size", (uint64_t)config->queue_size);
    writer_string(&line.writer, "cpu_level", cpu_level_name(cpu_level()));
    log_end(&line);
    registry_list_release(list);
}

static void main_log_signal(int signal)
{
    struct log_line line;
    log_begin(&line, LOG_INFO, "drain");
    writer_integer(&line.writer, "signal", (uint64_t)signal);
    log_end(&line);
}

static void main_log_stop(int unanswered)
{
    struct log_line line;
    log_begin(&line, unanswered ? LOG_WARN : LOG_INFO, "stop");
    writer_integer(&line.writer, "unanswered", (uint64_t)unanswered);
    log_end(&line);
}

static int main_serve(const struct config *config)
{
    struct service service;
    struct error error;
    drain_block_signals();
    if (service_open(config, &service, &error) != STATUS_OK) {
        service_close(&service);
        return main_complain(&error, 1);
    }
    service_log_cautions(&service);
    main_log_start(&service);
    main_log_signal(drain_wait(&service));
    int unanswered = drain_run(&service);
    service_close(&service);
    main_log_stop(unanswered);
    return 0;
}

static void main_warn(const char *event, const char *sentence)
{
    (void)event;
    fprintf(stderr, "spikeloomd: warning: %s\n", sentence);
}

static int main_check_config(const struct config *config)
{
    struct registry *registry = NULL;
    struct keys *keys = NULL;
    struct error error;
    enum status status = keys_open(config->api_key_file, config->admin_key_file, &keys, &error);
    if (status == STATUS_OK && config->tls_cert)
        status = tls_read(config->tls_cert, config->tls_key, &error);
    if (status == STATUS_OK)
        status = registry_open(config->model_repository, &registry, &error);
    if (status == STATUS_OK) {
        struct registry_list *list = registry_models(registry);
        printf("%zu models in %s, %zu API keys, %zu admin keys, %s\n", list->count,
               config->model_repository, keys_count(keys, KEYS_USER), keys_count(keys, KEYS_ADMIN),
               config->tls_cert ? "HTTPS" : "HTTP");
        registry_list_release(list);
        caution_all(config, main_warn);
    }
    registry_close(registry);
    keys_close(keys);
    tls_forget();
    return status == STATUS_OK ? 0 : main_complain(&error, 1);
}

static int main_healthcheck(const struct config *config)
{
    struct error error;
    bool apart = config->metrics_port > 0;
    const char *host = apart && config->metrics_host ? config->metrics_host : config->host;
    int port = apart ? config->metrics_port : config->port;
    enum status status = healthcheck_run(host, port, &error);
    return status == STATUS_OK ? 0 : main_complain(&error, 1);
}

int main(int argc, char **argv)
{
    struct config config;
    struct error error;
    resample_ignore_environment();
    if (config_read(argc, argv, &config, &error) != STATUS_OK)
        return main_complain(&error, EXIT_USAGE);
    log_set_level((enum log_level)config.log_level);
    if (config.help) {
        config_print_help(stdout);
        return 0;
    }
    if (config.version) {
        puts("spikeloomd " SPIKELOOM_VERSION);
        return 0;
    }
    if (config_check(&config, &error) != STATUS_OK ||
        config_check_environment((const char *const *)environ, &error) != STATUS_OK ||
        cpu_use_level_named(config.cpu_level, &error) != STATUS_OK)
        return main_complain(&error, EXIT_USAGE);
    if (config.healthcheck)
        return main_healthcheck(&config);
    return config.check_config ? main_check_config(&config) : main_serve(&config);
}
