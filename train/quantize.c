#include "train/commands.h"

#include "models/checkpoint.h"
#include "train/record.h"

enum status command_quantize(const struct options *options, struct error *error)
{
    struct network *network = NULL;
    struct options complete = *options;
    if (!complete.out)
        complete.out = complete.model;
    enum status status = record_check(&complete, error);
    if (status == STATUS_OK)
        status = checkpoint_load(complete.model, &network, error);
    if (status == STATUS_OK && !network_is_spiking(network))
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "%s has no spikes: fixed point is of no use to it.", complete.model);
    if (status == STATUS_OK)
        status = record_score(&complete, NULL, network, error);
    if (status == STATUS_OK)
        status = record_amend(&complete, NULL, network, error);
    network_release(network);
    return status;
}
