#include "server/config.h"

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
    return STATUS_OK;
}
