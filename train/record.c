#include "train/record.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "models/fixed_point.h"
#include "train/card.h"
#include "train/evaluation.h"
#include "train/json_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *rule_name(const struct options *options)
{
    if (options->command == COMMAND_ANN || options->command == COMMAND_JUDGE)
        return "backpropagation";
    return options->rule == RULE_BPTT ? "bptt" : "membrane";
}

/* One text of all, as the command line had them; NULL where there is none. */
static json_t *join(const struct option_list *list)
{
    json_t *text = NULL;
    for (int i = 0; i < list->count && (i == 0 || text); i++) {
        json_t *before = text;
        text = before ? json_sprintf("%s %s", json_string_value(before), list->values[i])
                      : json_string(list->values[i]);
        json_decref(before);
    }
    return text;
}

json_t *record_training(const struct options *options)
{
    json_t *extra = join(&options->extra);
    if (options->extra.count && !extra)
        return NULL;
    json_t *object = json_pack(
        "{s:s, s:s, s:o*, s:s*, s:s*, s:s*, s:s*, s:s*, s:I, s:s, s:i, s:i, s:f, s:s}", "command",
        options->command_line, "data", options->data, "extra", extra, "others", options->others,
        "split", options->split, "images", options->images, "autoencoder", options->autoencoder,
        "judge", options->judge, "seed", (json_int_t)options->seed, "rule", rule_name(options),
        "epochs", options->epochs, "batch_size", options->batch_size, "learning_rate",
        options->learning_rate, "program", "spikeloom-train " SPIKELOOM_VERSION);
    if (object && options->validate)
        json_object_set_new(object, "validate", json_integer(options->validate));
    return object;
}

static enum status describe_training(const struct options *options, struct network *network,
                                     struct error *error)
{
    json_t *object = record_training(options);
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    char *copy = text ? mem_copy_string(text) : NULL;
    free(text);
    json_decref(object);
    if (!copy)
        return error_plain(error, STATUS_NO_MEMORY);
    mem_free(network->training_json);
    network->training_json = copy;
    return STATUS_OK;
}

static void describe_layers(const struct network *network, struct buf *card)
{
    buf_printf(card, "| layer | kind | inputs | units | neuron |\n|---|---|---|---|---|\n");
    bool spiking = network_is_spiking(network);
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        buf_printf(card, "| %d%s | %s | %u | %u | %s", i,
                   spiking && i == network->latent_layer ? " (latent)" : "",
                   layer_kind_name(layer->shape.kind), layer_num_inputs(&layer->shape),
                   layer_num_outputs(&layer->shape), neuron_model_name(layer->params.model));
        if (spiking)
            buf_printf(card, ", reset %s, threshold %g, tau %g ms",
                       neuron_reset_name(layer->params.reset), layer->params.threshold,
                       1000 * layer->params.tau_mem);
        buf_printf(card, " |\n");
    }
}

/* What it is, what goes in and what comes out. */
static void describe_network(const struct network *network, struct buf *card)
{
    if (!network_is_spiking(network))
        buf_printf(card,
                   "An analog autoencoder to compare spiking ones with: a picture of %d x %d "
                   "pixels in and its reconstruction out.\n\n",
                   network->image_width, network->image_height);
    else if (network->task == NETWORK_RECONSTRUCT)
        buf_printf(card,
                   "A spiking autoencoder: a picture of %d x %d pixels in, its spike latent "
                   "and its reconstruction out.\n\n",
                   network->image_width, network->image_height);
    else
        buf_printf(card,
                   "A spiking audiocoder and decoder: a spoken word in, its spike latent "
                   "and a picture of %d x %d pixels out.\n\n",
                   network->image_width, network->image_height);
    if (network_is_spiking(network)) {
        buf_printf(card, "%d steps of %g ms, %s coding of the input", network->num_steps,
                   1000 * network->dt, input_encoding_name(network->encoding));
        if (network->encoding == ENCODING_RATE)
            buf_printf(card, " of up to %g Hz", network->max_rate_hz);
        buf_printf(card, ". ");
    }
    buf_printf(card, "SHA-256 of the checkpoint: `%s`.\n\n", network->checksum);
}

static enum status write_card(const struct network *network, double seconds, bool held_out,
                              struct buf *card, struct error *error)
{
    buf_printf(card, "# %s\n\n", network->name);
    describe_network(network, card);
    describe_layers(network, card);
    buf_printf(card, "\n## How it was made\n\n");
    enum status status = card_table(network->training_json, card, error);
    if (seconds >= 0)
        buf_printf(card, "| time | `%.0f s` |\n", seconds);
    buf_printf(card, "\n## Scores on %s\n\n",
               held_out ? "images held out of training" : "the test split");
    if (status == STATUS_OK)
        status = card_scores_of_text(network->scores_json, card, error);
    return status;
}

/*
 * The card at `path`: with the time that the training took or, where it is below 0, the time that
 * the older card tells. What was written by hand on that one stays.
 */
static enum status replace_card(const struct network *network, const char *path, double seconds,
                                bool held_out, struct buf *older, struct error *error)
{
    struct buf card;
    buf_init(&card, CARD_CAP);
    enum status status = file_exists(path) ? file_read(path, older, error) : STATUS_OK;
    const char *text = status == STATUS_OK && older->size > 0 ? (const char *)older->bytes : "";
    if (status == STATUS_OK)
        status = write_card(network, seconds < 0 ? card_training_seconds(text) : seconds, held_out,
                            &card, error);
    if (status == STATUS_OK)
        status = card_keep_sections(text, &card, error);
    if (status == STATUS_OK)
        status = file_replace(path, card.bytes, card.size, error);
    buf_free(&card);
    return status;
}

static enum status save_card(const struct network *network, const char *path, double seconds,
                             bool held_out, struct error *error)
{
    char beside[PATH_MAX];
    struct buf older;
    buf_init(&older, CARD_CAP);
    enum status status = card_path(path, beside, error);
    if (status == STATUS_OK)
        status = replace_card(network, beside, seconds, held_out, &older, error);
    buf_free(&older);
    return status;
}

static enum status check_folder(const char *out, struct error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(out, '/');
    int length =
        snprintf(folder, sizeof folder, "%.*s/", slash ? (int)(slash - out) : 1, slash ? out : ".");
    if (length < 0 || (size_t)length >= sizeof folder || access(folder, W_OK | X_OK))
        return error_set(error, STATUS_IO, "%s cannot be written: %s.", out, strerror(errno));
    return STATUS_OK;
}

/* Whether a checkpoint and its card can be written there. */
static enum status check_out(const char *out, struct error *error)
{
    char name[NETWORK_NAME_SIZE], beside[PATH_MAX];
    struct stat facts;
    enum status status = check_folder(out, error);
    if (status == STATUS_OK && stat(out, &facts) == 0 && !S_ISREG(facts.st_mode))
        return error_set(error, STATUS_IO, "%s cannot be written: not a regular file.", out);
    if (status == STATUS_OK)
        status = checkpoint_name(out, name, error);
    if (status == STATUS_OK)
        status = card_path(out, beside, error);
    if (status == STATUS_OK && strcmp(beside, out) == 0)
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "%s is where the model's card goes; end its name in .safetensors.", out);
    return status;
}

enum status record_check(const struct options *options, struct error *error)
{
    struct judge judge = {0};
    const struct judge *loaded;
    enum status status = check_out(options->out, error);
    if (status == STATUS_OK)
        status = judge_load_optional(options->judge, &judge, &loaded, error);
    judge_free(&judge);
    return status;
}

enum status record_state_path(const char *out, char path[PATH_MAX], struct error *error)
{
    int length = snprintf(path, PATH_MAX, "%s.state", out);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_IO, "%s: the name is too long.", out);
}

static enum status save(struct network *network, const char *path, double seconds, bool held_out,
                        struct error *error)
{
    char state_path[PATH_MAX];
    enum status status = checkpoint_save(path, network, error);
    if (status == STATUS_OK)
        status = save_card(network, path, seconds, held_out, error);
    if (status == STATUS_OK)
        status = record_state_path(path, state_path, error);
    if (status == STATUS_OK) {
        unlink(state_path);
        printf("%s\n%s\n", path, network->scores_json);
    }
    return status;
}

enum status record_score(const struct options *options, const struct image_set *images,
                         struct network *network, struct error *error)
{
    struct scores scores;
    struct evaluation_settings settings = {.seed = options->seed,
                                           .threads = options->threads,
                                           .quiet = options->quiet,
                                           .limit = (uint32_t)options->limit,
                                           .division = options->division};
    struct judge judge;
    fixed_point_round(network);
    enum status status = judge_load_optional(options->judge, &judge, &settings.judge, error);
    if (status == STATUS_OK)
        status = images ? evaluation_images(network, images, &settings, &scores, error)
                        : evaluation_test_split(network, options->data, &settings, &scores, error);
    judge_free(&judge);
    return status == STATUS_OK ? evaluation_store(&scores, network, error) : status;
}

enum status record_finish(const struct options *options, const struct trainer_result *result,
                          const struct image_set *images, struct network *network,
                          struct error *error)
{
    enum status status = record_score(options, images, network, error);
    if (status == STATUS_OK)
        status = describe_training(options, network, error);
    if (status == STATUS_OK)
        status = save(network, options->out, result->seconds, options->validate > 0, error);
    return status;
}

/* Puts the members of `added` (borrowed) into an object that is kept as text. */
static enum status merge(char **text, json_t *added, struct error *error)
{
    json_t *object = json_loads(*text, 0, NULL);
    char *merged = object && json_object_update(object, added) == 0
                       ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6))
                       : NULL;
    char *copy = merged ? mem_copy_string(merged) : NULL;
    free(merged);
    json_decref(object);
    if (!copy)
        return error_plain(error, STATUS_NO_MEMORY);
    mem_free(*text);
    *text = copy;
    return STATUS_OK;
}

enum status record_amend(const struct options *options, json_t *scores, struct network *network,
                         struct error *error)
{
    json_t *command = json_pack("{s:s}", "amended_by", options->command_line);
    enum status status = command ? merge(&network->training_json, command, error)
                                 : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK && scores)
        status = merge(&network->scores_json, scores, error);
    if (status == STATUS_OK)
        status = checkpoint_save(options->out, network, error);
    if (status == STATUS_OK)
        status = save_card(network, options->out, -1, false, error);
    if (status == STATUS_OK)
        printf("%s\n%s\n", options->out, network->scores_json);
    json_decref(command);
    return status;
}
