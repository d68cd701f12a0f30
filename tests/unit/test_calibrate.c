/* Handwritings chosen from images, and confidences fitted to margins whose answer is known. */
#include "core/base/rng.h"
#include "models/inference.h"
#include "tests/unit/small_network.h"
#include "train/confidence.h"
#include "train/hands.h"

#include <math.h>

/* --- hands --------------------------------------------------------------------------------- */

enum { IMAGES = 90, PER_CLASS = IMAGES / SMALL_CLASSES };

/* Noisy copies of the class images; the last one of each class is another class's. */
static struct image_set make_images(const struct network *network)
{
    static const char *const names[] = {"0", "1", "2"};
    const struct rng rng = {.seed = 4, .index = 0, .stream = RNG_STREAM_INIT};
    struct image_set set = {.num_images = IMAGES, .width = SMALL_WIDTH, .height = SMALL_HEIGHT};
    assert_int_equal(class_list_fill(&set.classes, names, SMALL_CLASSES, NULL), STATUS_OK);
    set.pixels = mem_alloc(IMAGES, SMALL_PIXELS);
    set.labels = mem_alloc(IMAGES, sizeof *set.labels);
    for (uint32_t i = 0; i < IMAGES; i++) {
        uint32_t label = i / PER_CLASS, stray = i % PER_CLASS == PER_CLASS - 1;
        const uint8_t *image =
            network->class_images + (label + stray) % SMALL_CLASSES * SMALL_PIXELS;
        set.labels[i] = (uint16_t)label;
        for (uint32_t k = 0; k < SMALL_PIXELS; k++)
            set.pixels[i * SMALL_PIXELS + k] = (uint8_t)(image[k] / 2 + rng_below(&rng, i, k, 30));
    }
    return set;
}

/* An audiocoder that draws with the decoder of an autoencoder; both are released by the caller. */
static struct network *make_pair(struct network **autoencoder)
{
    struct network *network = small_audiocoder(6);
    *autoencoder = small_autoencoder(ENCODING_CURRENT, &small_neuron, 5);
    small_random((*autoencoder)->layers[0].weight, SMALL_PIXELS * SMALL_LATENTS, 0, 0.3, 9, 9);
    const struct layer *decoder = &(*autoencoder)->layers[1];
    struct layer *own = &network->layers[network->num_layers - 1];
    memcpy(own->weight, decoder->weight, SMALL_LATENTS * SMALL_PIXELS * sizeof(real));
    memcpy(own->bias, decoder->bias, SMALL_PIXELS * sizeof(real));
    return network;
}

static void test_hands_are_latents_of_their_class(void **state)
{
    (void)state;
    struct network *autoencoder, *network = make_pair(&autoencoder);
    struct image_set images = make_images(network);
    const struct handwriting *handwriting = &network->handwriting;
    assert_int_equal(hands_choose(network, autoencoder, &images, 8, 1, NULL), STATUS_OK);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    assert_int_equal(handwriting->num_anchors, SMALL_CLASSES);
    assert_int_equal(handwriting->num_hands, 8);
    assert_false(handwriting->calibrated);
    for (uint32_t i = 0; i < SMALL_CLASSES * 8; i++) {
        struct raster hand;
        struct handwriting_place place;
        assert_int_equal(raster_init(&hand, SMALL_STEPS, SMALL_LATENTS, NULL), STATUS_OK);
        assert_int_equal(
            raster_from_bitmap(&hand, handwriting->hands + i * handwriting_hand_size(handwriting),
                               NULL),
            STATUS_OK);
        assert_int_equal(handwriting_locate(handwriting, &hand, &place, NULL), STATUS_OK);
        assert_int_equal(place.nearest, i / 8);
        raster_free(&hand);
    }
    image_set_free(&images);
    network_release(network);
    network_release(autoencoder);
}

static void test_strays_are_passed_over(void **state)
{
    (void)state;
    struct network *autoencoder, *network = make_pair(&autoencoder);
    struct image_set images = make_images(network);
    assert_int_equal(hands_choose(network, autoencoder, &images, 1000, 1, NULL), STATUS_OK);
    assert_int_equal(network->handwriting.num_hands, PER_CLASS - 1);
    image_set_free(&images);
    network_release(network);
    network_release(autoencoder);
}

static void test_hands_need_their_own_decoder(void **state)
{
    (void)state;
    struct network *autoencoder, *network = make_pair(&autoencoder);
    struct image_set images = make_images(network);
    autoencoder->layers[1].weight[3] += 1;
    assert_int_equal(hands_choose(network, autoencoder, &images, 8, 1, NULL),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(network->handwriting.num_anchors, 0);
    image_set_free(&images);
    network_release(network);
    network_release(autoencoder);
}

/* --- confidence ---------------------------------------------------------------------------- */

enum { MARGINS = 4000 };

/*
 * Margins spread evenly over 0 .. 1, each a digit with the probability of a logistic function; the
 * number of those that are what is asked for.
 */
static void draw_margins(bool digits, double slope, double midpoint, struct confidence_set *set)
{
    const struct rng rng = {.seed = 8, .index = 0, .stream = RNG_STREAM_INIT};
    *set = (struct confidence_set){.margins = mem_alloc(MARGINS, sizeof(double)),
                                   .labels = mem_alloc(MARGINS, sizeof(uint16_t)),
                                   .calibrates = mem_alloc(MARGINS, sizeof(bool))};
    for (uint32_t i = 0; i < MARGINS; i++) {
        double margin = (i + 0.5) / MARGINS;
        bool digit = (double)rng_uniform(&rng, 0, i) < 1 / (1 + exp(slope * (midpoint - margin)));
        if (digit != digits)
            continue;
        set->margins[set->count] = margin;
        set->calibrates[set->count++] = i % 2 == 0;
    }
}

static void test_the_fit_finds_what_drew_the_margins(void **state)
{
    (void)state;
    struct confidence_set digits, others;
    struct handwriting handwriting = {0};
    draw_margins(true, 12, 0.5, &digits);
    draw_margins(false, 12, 0.5, &others);
    assert_int_equal(confidence_fit(&digits, &others, &handwriting, NULL), STATUS_OK);
    assert_true(handwriting.calibrated);
    assert_true(fabs(handwriting.slope - 12) < 1.5);
    assert_true(fabs(handwriting.midpoint - 0.5) < 0.03);
    assert_int_equal(confidence_fit(&others, &digits, &handwriting, NULL), STATUS_INVALID_ARGUMENT);
    confidence_set_free(&digits);
    confidence_set_free(&others);
}

static void test_the_measure_at_95_percent(void **state)
{
    (void)state;
    static const char *const names[] = {"noise"};
    struct class_list kinds = {0};
    struct confidence_set digits, others;
    struct handwriting handwriting = {0};
    assert_int_equal(class_list_fill(&kinds, names, 1, NULL), STATUS_OK);
    draw_margins(true, 12, 0.5, &digits);
    draw_margins(false, 12, 0.5, &others);
    assert_int_equal(confidence_fit(&digits, &others, &handwriting, NULL), STATUS_OK);
    json_t *scores = confidence_measure(&handwriting, &digits, &others, &kinds);
    assert_non_null(scores);
    double threshold = json_number_value(json_object_get(scores, "confidence_threshold"));
    double kept = json_number_value(json_object_get(scores, "digits_kept"));
    double away = json_number_value(json_object_get(scores, "turned_away"));
    uint32_t below = 0, measured = 0;
    for (uint32_t i = 0; i < others.count; i++) {
        const struct handwriting_place place = {.margin = others.margins[i]};
        measured += !others.calibrates[i];
        below += !others.calibrates[i] && handwriting_confidence(&handwriting, &place) < threshold;
    }
    assert_true(kept >= 0.95 && kept < 0.96);
    assert_true(fabs(away - below / (double)measured) < 1e-4);
    assert_true(away > 0.5);
    assert_true(json_number_value(json_object_get(scores, "turned_away_noise")) == away);
    assert_true(json_number_value(json_object_get(scores, "calibration_error")) < 0.05);
    json_decref(scores);
    class_list_free(&kinds);
    confidence_set_free(&digits);
    confidence_set_free(&others);
}

static void test_separable_margins_stay_finite(void **state)
{
    (void)state;
    double high[] = {0.8, 0.9}, low[] = {0.1, 0.2};
    bool all[] = {true, true};
    const struct confidence_set digits = {.count = 2, .margins = high, .calibrates = all};
    const struct confidence_set others = {.count = 2, .margins = low, .calibrates = all};
    const struct confidence_set none = {0};
    struct handwriting handwriting = {0};
    assert_int_equal(confidence_fit(&digits, &others, &handwriting, NULL), STATUS_OK);
    assert_true(isfinite(handwriting.slope) && handwriting.slope > 0);
    assert_true(fabs(handwriting.midpoint - 0.5) < 0.01);
    assert_int_equal(confidence_fit(&digits, &none, &handwriting, NULL), STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hands_are_latents_of_their_class),
        cmocka_unit_test(test_strays_are_passed_over),
        cmocka_unit_test(test_hands_need_their_own_decoder),
        cmocka_unit_test(test_the_fit_finds_what_drew_the_margins),
        cmocka_unit_test(test_the_measure_at_95_percent),
        cmocka_unit_test(test_separable_margins_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
