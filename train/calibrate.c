#include "train/commands.h"

#include "models/checkpoint.h"
#include "models/front_end.h"
#include "train/confidence.h"
#include "train/dataset.h"
#include "train/hands.h"
#include "train/record.h"

/* Hands of other images, drawn with the autoencoder that the network was trained on. */
static enum status add_hands(const struct options *options, struct network *network,
                             struct error *error)
{
    struct network *autoencoder = NULL;
    struct image_set images = {0};
    enum status status = checkpoint_load(options->autoencoder, &autoencoder, error);
    if (status == STATUS_OK)
        status = image_set_load(options->images, DATASET_TRAIN, &images, error);
    if (status == STATUS_OK)
        status = hands_choose(network, autoencoder, &images, (uint32_t)options->hands,
                              options->seed, error);
    image_set_free(&images);
    network_release(autoencoder);
    return status;
}

/* Adds the test split of KIND:DIR to the set; `kinds`, unless NULL, gets its classes. */
static enum status hear_split(const struct options *options, const char *spec,
                              const struct dataset_division *division,
                              const struct network *network, struct confidence_set *set,
                              struct class_list *kinds, struct error *error)
{
    struct speech_set speech = {0};
    enum status status = speech_set_load_divided(spec, DATASET_TEST, division, &speech, error);
    if (status == STATUS_OK)
        status = confidence_set_hear(network, &speech, options->threads, set, error);
    if (status == STATUS_OK && kinds) {
        *kinds = speech.classes;
        speech.classes = (struct class_list){0};
    }
    speech_set_free(&speech);
    return status;
}

static enum status add_confidence(const struct options *options, struct network *network,
                                  json_t **scores, struct error *error)
{
    const struct dataset_division official = {.kind = DIVISION_OFFICIAL};
    struct confidence_set digits = {0}, others = {0};
    struct class_list kinds = {0};
    enum status status =
        hear_split(options, options->data, &options->division, network, &digits, NULL, error);
    for (int i = 0; i < options->extra.count && status == STATUS_OK; i++)
        status =
            hear_split(options, options->extra.values[i], &official, network, &digits, NULL, error);
    if (status == STATUS_OK)
        status =
            hear_split(options, options->non_digits, &official, network, &others, &kinds, error);
    if (status == STATUS_OK)
        status = confidence_fit(&digits, &others, &network->handwriting, error);
    if (status == STATUS_OK &&
        !(*scores = confidence_measure(&network->handwriting, &digits, &others, &kinds)))
        status = error_plain(error, STATUS_NO_MEMORY);
    class_list_free(&kinds);
    confidence_set_free(&digits);
    confidence_set_free(&others);
    return status;
}

/* How the network hears from now on, before anything is measured. */
static enum status set_front_end(const struct options *options, struct network *network,
                                 struct error *error)
{
    network->front_end.doubt_margin = options->doubt_margin;
    if (options->floor_removal >= 0)
        network->front_end.floor_removal = options->floor_removal;
    return front_end_validate(&network->front_end, error);
}

enum status command_calibrate(const struct options *options, struct error *error)
{
    struct network *network = NULL;
    json_t *scores = NULL;
    struct options complete = *options;
    if (!complete.out)
        complete.out = complete.model;
    enum status status = record_check(&complete, error);
    if (status == STATUS_OK)
        status = checkpoint_load(complete.model, &network, error);
    if (status == STATUS_OK && network->task != NETWORK_SYNTHESIZE)
        status =
            error_set(error, STATUS_INVALID_ARGUMENT, "%s does not take speech.", complete.model);
    if (status == STATUS_OK)
        status = set_front_end(&complete, network, error);
    if (status == STATUS_OK)
        status = add_hands(&complete, network, error);
    if (status == STATUS_OK)
        status = add_confidence(&complete, network, &scores, error);
    if (status == STATUS_OK)
        status = record_amend(&complete, scores, network, error);
    json_decref(scores);
    network_release(network);
    return status;
}
