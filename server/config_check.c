#include "server/config.h"

#include "server/cors.h"

#include <string.h>

static enum status config_check_keys(const struct config *config, struct error *error)
{
    if (config->api_key_file && config->admin_key_file &&
        strcmp(config->api_key_file, config->admin_key_file) == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--api-key-file and --admin-key-file name the same file.");
    if (config->rate_limit && !config->api_key_file)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--rate-limit counts by API key: it wants --api-key-file.");
    if (config->rate_burst && !config->rate_limit)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--rate-burst wants --rate-limit.");
    return STATUS_OK;
}

static enum status config_check_ports(const struct config *config, struct error *error)
{
    const char *metrics_host = config->metrics_host ? config->metrics_host : config->host;
    if (!config->tls_cert != !config->tls_key)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--tls-cert and --tls-key go together.");
    if (config->metrics_host && config->metrics_port < 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--metrics-host wants --metrics-port.");
    if (config->port && config->port == config->metrics_port &&
        strcmp(config->host, metrics_host) == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--port and --metrics-port are both %d.",
                         config->port);
    if (config->healthcheck && config->tls_cert && config->metrics_port < 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--healthcheck speaks plain HTTP: with --tls-cert it wants "
                         "--metrics-port.");
    return STATUS_OK;
}

enum status config_check(const struct config *config, struct error *error)
{
    if (config->drain_delay_secs >= config->exit_timeout_secs)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--drain-delay %d leaves no time to finish before --exit-timeout-secs %d.",
                         config->drain_delay_secs, config->exit_timeout_secs);
    if (config->max_queue_delay_us >= 1000 * config->timeout_ms)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--max-queue-delay-us %d outlasts --timeout-ms %d.",
                         config->max_queue_delay_us, config->timeout_ms);
    if (config->max_queue_delay_us && config->max_batch == 1)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--max-queue-delay-us waits for a batch: it wants --max-batch above 1.");
    if (config->max_connections_per_ip > config->max_connections)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--max-connections-per-ip %d is more than --max-connections %d.",
                         config->max_connections_per_ip, config->max_connections);
    if (config_check_ports(config, error) != STATUS_OK)
        return STATUS_INVALID_ARGUMENT;
    if (config->cors_origin && cors_check_list(config->cors_origin, error) != STATUS_OK)
        return STATUS_INVALID_ARGUMENT;
    return config_check_keys(config, error);
}
