#include "train/commands.h"

#include "models/checkpoint.h"
#include "models/fixed_point.h"
#include "train/evaluation.h"
#include "train/judge.h"
#include "train/record.h"

/* Scores the network as it is now, in place of the scores that it has. */
static enum status score(const struct options *options, struct network *network,
                         struct error *error)
{
    struct scores scores;
    struct evaluation_settings settings = {.seed = options->seed,
                                           .threads = options->threads,
                                           .quiet = options->quiet,
                                           .division = options->division};
    struct judge judge;
    enum status status = judge_load_optional(options->judge, &judge, &settings.judge, error);
    if (status == STATUS_OK)
        status = evaluation_test_split(network, options->data, &settings, &scores, error);
    judge_free(&judge);
    return status == STATUS_OK ? evaluation_store(&scores, network, error) : status;
}

static enum status amend(const struct options *options, struct network *network,
                         struct error *error)
{
    json_t *nothing = json_object();
    enum status status = nothing ? record_amend(options, nothing, network, error)
                                 : error_plain(error, STATUS_NO_MEMORY);
    json_decref(nothing);
    return status;
}

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
    if (status == STATUS_OK) {
        fixed_point_round(network);
        status = score(&complete, network, error);
    }
    if (status == STATUS_OK)
        status = amend(&complete, network, error);
    network_release(network);
    return status;
}
