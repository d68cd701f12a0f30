#include "server/config.h"

enum status config_check(const struct config *config, struct error *error)
{
    if (config->drain_delay_secs >= config->exit_timeout_secs)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--drain-delay %d leaves no time to finish before --exit-timeout-secs %d.",
                         config->drain_delay_secs, config->exit_timeout_secs);
    return STATUS_OK;
}
