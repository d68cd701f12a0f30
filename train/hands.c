#include "train/hands.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "models/inference.h"

#include <math.h>
#include <string.h>

/* Images looked at for each one that is wanted, so that some may be passed over. */
enum { HANDS_SPARE = 3 };

/* The latents of some images of each class. */
struct hands_pool {
    const struct network *autoencoder;
    const struct image_set *images;
    struct inference inference;
    real *input; /* [pixels] */
    uint32_t num_classes, num_units;
    uint32_t capacity;      /* of a class */
    uint32_t *sizes;        /* [num_classes] */
    struct raster *latents; /* [num_classes][capacity] */
    uint32_t *counts;       /* [num_classes][capacity][num_units] */
    double *means;          /* [num_classes][num_units] */
    uint32_t *order;        /* [num_images] */
};

static enum status pool_open(struct hands_pool *pool, struct error *error)
{
    size_t places = (size_t)pool->num_classes * pool->capacity;
    pool->inference.path = INFERENCE_EVENT_DRIVEN;
    pool->input = mem_alloc(network_num_inputs(pool->autoencoder), sizeof *pool->input);
    pool->sizes = mem_alloc(pool->num_classes, sizeof *pool->sizes);
    pool->latents = mem_alloc(places, sizeof *pool->latents);
    pool->counts = mem_alloc(places * pool->num_units, sizeof *pool->counts);
    pool->means = mem_alloc((size_t)pool->num_classes * pool->num_units, sizeof *pool->means);
    pool->order = mem_alloc(pool->images->num_images, sizeof *pool->order);
    return pool->input && pool->sizes && pool->latents && pool->counts && pool->means && pool->order
               ? STATUS_OK
               : error_plain(error, STATUS_NO_MEMORY);
}

static void pool_close(struct hands_pool *pool)
{
    size_t places = (size_t)pool->num_classes * pool->capacity;
    for (size_t i = 0; pool->latents && i < places; i++)
        raster_free(&pool->latents[i]);
    inference_free(&pool->inference);
    mem_free(pool->input);
    mem_free(pool->sizes);
    mem_free(pool->latents);
    mem_free(pool->counts);
    mem_free(pool->means);
    mem_free(pool->order);
}

static enum status pool_encode(struct hands_pool *pool, const uint8_t *image, struct raster *latent,
                               struct error *error)
{
    struct inference_stats stats = {0};
    for (uint32_t i = 0; i < network_num_inputs(pool->autoencoder); i++)
        pool->input[i] = (real)image[i] / 255;
    return inference_encode(&pool->inference, pool->autoencoder, pool->input, 1,
                            pool->autoencoder->num_steps, latent, &stats, error);
}

/* Fills one class with latents of its images, in a random order, and their mean. */
static enum status pool_fill_class(struct hands_pool *pool, uint32_t class_index, int label,
                                   uint64_t seed, struct error *error)
{
    const struct image_set *images = pool->images;
    size_t pixels = (size_t)images->width * (size_t)images->height;
    struct rng rng = {.seed = seed, .index = class_index, .stream = RNG_STREAM_TARGET};
    double *mean = pool->means + (size_t)class_index * pool->num_units;
    uint32_t *size = &pool->sizes[class_index];
    rng_shuffle(&rng, pool->order, images->num_images);
    for (uint32_t i = 0; i < images->num_images && *size < pool->capacity; i++) {
        if (images->labels[pool->order[i]] != label)
            continue;
        size_t place = (size_t)class_index * pool->capacity + *size;
        uint32_t *counts = pool->counts + place * pool->num_units;
        enum status status = pool_encode(pool, images->pixels + pool->order[i] * pixels,
                                         &pool->latents[place], error);
        if (status != STATUS_OK)
            return status;
        raster_unit_counts(&pool->latents[place], pool->latents[place].num_steps, counts);
        for (uint32_t unit = 0; unit < pool->num_units; unit++)
            mean[unit] += counts[unit];
        (*size)++;
    }
    for (uint32_t unit = 0; unit < pool->num_units && *size; unit++)
        mean[unit] /= *size;
    return STATUS_OK;
}

static enum status pool_fill(struct hands_pool *pool, const struct network *network, uint64_t seed,
                             struct error *error)
{
    for (uint32_t i = 0; i < pool->num_classes; i++) {
        int label = class_list_find(&pool->images->classes, network->class_names[i]);
        enum status status = label < 0 ? STATUS_OK : pool_fill_class(pool, i, label, seed, error);
        if (status != STATUS_OK)
            return status;
        if (!pool->sizes[i])
            return error_set(error, STATUS_INVALID_ARGUMENT, "The images have no class \"%s\".",
                             network->class_names[i]);
    }
    return STATUS_OK;
}

/* Whether the mean latent of its own class is the nearest one. */
static bool pool_is_typical(const struct hands_pool *pool, uint32_t class_index, uint32_t member)
{
    const uint32_t *counts =
        pool->counts + ((size_t)class_index * pool->capacity + member) * pool->num_units;
    uint32_t nearest = 0;
    double smallest = INFINITY;
    for (uint32_t i = 0; i < pool->num_classes; i++) {
        const double *mean = pool->means + (size_t)i * pool->num_units;
        double distance = 0;
        for (uint32_t unit = 0; unit < pool->num_units; unit++)
            distance += (counts[unit] - mean[unit]) * (counts[unit] - mean[unit]);
        if (distance < smallest) {
            smallest = distance;
            nearest = i;
        }
    }
    return nearest == class_index;
}

/* Moves the typical latents of a class in front; their number. */
static uint32_t pool_sift(struct hands_pool *pool, uint32_t class_index)
{
    struct raster *latents = pool->latents + (size_t)class_index * pool->capacity;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < pool->sizes[class_index]; i++) {
        if (!pool_is_typical(pool, class_index, i))
            continue;
        struct raster other = latents[kept];
        latents[kept++] = latents[i];
        latents[i] = other;
    }
    return kept;
}

static enum status make_anchors(struct hands_pool *pool, const struct network *network,
                                struct handwriting *handwriting, struct error *error)
{
    size_t pixels = network_num_pixels(network), units = pool->num_units;
    handwriting->anchors = mem_alloc(pool->num_classes * units, sizeof *handwriting->anchors);
    if (!handwriting->anchors)
        return error_plain(error, STATUS_NO_MEMORY);
    handwriting->num_anchors = pool->num_classes;
    for (size_t i = 0; i < pool->num_classes; i++) {
        struct raster latent = {0};
        enum status status = pool_encode(pool, network->class_images + i * pixels, &latent, error);
        for (uint32_t step = 0; step < latent.num_steps; step++)
            for (uint32_t unit = 0; unit < units; unit++)
                handwriting->anchors[i * units + unit] += raster_get(&latent, step, unit) ? 1 : 0;
        raster_free(&latent);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* As many of each class as the class with the fewest has. */
static enum status make_hands(struct hands_pool *pool, uint32_t num_hands,
                              struct handwriting *handwriting, struct error *error)
{
    size_t size = handwriting_hand_size(handwriting);
    for (uint32_t i = 0; i < pool->num_classes; i++) {
        uint32_t kept = pool_sift(pool, i);
        num_hands = kept < num_hands ? kept : num_hands;
    }
    if (!num_hands)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A class has no image that is like the others of it.");
    handwriting->hands = mem_alloc((size_t)pool->num_classes * num_hands, size);
    if (!handwriting->hands)
        return error_plain(error, STATUS_NO_MEMORY);
    handwriting->num_hands = num_hands;
    for (uint32_t i = 0; i < pool->num_classes; i++)
        for (uint32_t hand = 0; hand < num_hands; hand++)
            raster_to_bitmap(&pool->latents[(size_t)i * pool->capacity + hand],
                             handwriting->hands + ((size_t)i * num_hands + hand) * size);
    return STATUS_OK;
}

/* Layers after the latent must be those of the autoencoder, bit for bit. */
static enum status check_decoder(const struct network *network, const struct network *autoencoder,
                                 struct error *error)
{
    int count = network->num_layers - network->latent_layer;
    bool same = autoencoder->task == NETWORK_RECONSTRUCT && network_is_spiking(autoencoder) &&
                autoencoder->num_layers - autoencoder->latent_layer == count &&
                autoencoder->num_steps == network->num_steps;
    for (int i = 1; i < count && same; i++) {
        const struct layer *mine = &network->layers[network->latent_layer + i];
        const struct layer *other = &autoencoder->layers[autoencoder->latent_layer + i];
        size_t channels = (size_t)mine->shape.out_channels;
        same = memcmp(&mine->shape, &other->shape, sizeof mine->shape) == 0 &&
               memcmp(mine->weight, other->weight,
                      layer_fan_in(&mine->shape) * channels * sizeof(real)) == 0 &&
               memcmp(mine->bias, other->bias, channels * sizeof(real)) == 0;
    }
    return same ? STATUS_OK
                : error_set(error, STATUS_INVALID_ARGUMENT,
                            "The model %s does not draw with the decoder of %s.", network->name,
                            autoencoder->name);
}

enum status hands_choose(struct network *network, const struct network *autoencoder,
                         const struct image_set *images, uint32_t num_hands, uint64_t seed,
                         struct error *error)
{
    struct handwriting *handwriting = &network->handwriting;
    struct hands_pool pool = {.autoencoder = autoencoder,
                              .images = images,
                              .num_classes = (uint32_t)network->num_classes,
                              .num_units = network_num_latents(network),
                              .capacity = num_hands * HANDS_SPARE};
    enum status status = check_decoder(network, autoencoder, error);
    if (status == STATUS_OK &&
        (images->width != network->image_width || images->height != network->image_height))
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "The images are not of the size that %s draws.", network->name);
    if (status == STATUS_OK)
        status = pool_open(&pool, error);
    if (status == STATUS_OK)
        status = pool_fill(&pool, network, seed, error);
    if (status == STATUS_OK) {
        handwriting_free(handwriting);
        handwriting->num_units = pool.num_units;
        handwriting->num_steps = (uint32_t)network->num_steps;
        status = make_anchors(&pool, network, handwriting, error);
    }
    if (status == STATUS_OK)
        status = make_hands(&pool, num_hands, handwriting, error);
    pool_close(&pool);
    return status;
}
