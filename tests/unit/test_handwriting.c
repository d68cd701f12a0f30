/* Where latents lie among anchors, what confidence and styles make of it, and the way to disk. */
#include "core/base/file.h"
#include "models/checkpoint.h"
#include "models/handwriting.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"

#include <math.h>

enum { ANCHORS = 3, HANDS = 4 };

/* Anchor a spikes at every step in units of remainder a; hand h of it at steps of remainder h. */
static void fill_handwriting(struct handwriting *handwriting)
{
    struct raster hand;
    *handwriting = (struct handwriting){.num_anchors = ANCHORS,
                                        .num_units = SMALL_LATENTS,
                                        .num_steps = SMALL_STEPS,
                                        .num_hands = HANDS,
                                        .calibrated = true,
                                        .slope = 20,
                                        .midpoint = 0.25};
    handwriting->anchors = mem_alloc(ANCHORS * SMALL_LATENTS, sizeof(float));
    handwriting->hands = mem_alloc(ANCHORS * HANDS, handwriting_hand_size(handwriting));
    assert_int_equal(raster_init(&hand, SMALL_STEPS, SMALL_LATENTS, NULL), STATUS_OK);
    for (uint32_t i = 0; i < ANCHORS * HANDS; i++) {
        raster_clear(&hand);
        for (uint32_t unit = i / HANDS; unit < SMALL_LATENTS; unit += ANCHORS) {
            handwriting->anchors[i / HANDS * SMALL_LATENTS + unit] = SMALL_STEPS;
            for (uint32_t step = i % HANDS; step < SMALL_STEPS; step += HANDS)
                raster_set(&hand, step, unit);
        }
        raster_to_bitmap(&hand, handwriting->hands + i * handwriting_hand_size(handwriting));
    }
    raster_free(&hand);
}

/* A latent that spikes at the first `active` steps in units of remainder `anchor`. */
static void make_latent(struct raster *latent, uint32_t num_steps, uint32_t active, uint32_t anchor)
{
    assert_int_equal(raster_init(latent, num_steps, SMALL_LATENTS, NULL), STATUS_OK);
    for (uint32_t step = 0; step < active; step++)
        for (uint32_t unit = anchor; unit < SMALL_LATENTS; unit += ANCHORS)
            raster_set(latent, step, unit);
}

static struct handwriting_place locate(const struct handwriting *handwriting, uint32_t num_steps,
                                       uint32_t active, uint32_t anchor)
{
    struct raster latent;
    struct handwriting_place place;
    make_latent(&latent, num_steps, active, anchor);
    assert_int_equal(handwriting_locate(handwriting, &latent, &place, NULL), STATUS_OK);
    raster_free(&latent);
    return place;
}

static void test_an_anchor_is_at_its_own_place(void **state)
{
    (void)state;
    struct handwriting handwriting;
    fill_handwriting(&handwriting);
    for (uint32_t anchor = 0; anchor < ANCHORS; anchor++) {
        for (uint32_t steps = 1; steps <= SMALL_STEPS; steps++) {
            struct handwriting_place place = locate(&handwriting, steps, steps, anchor);
            assert_int_equal(place.nearest, anchor);
            assert_true(place.distance == 0);
            assert_true(place.margin == 1); /* others share no unit with it: silence is nearer */
        }
    }
    handwriting_free(&handwriting);
}

static void test_silence_is_as_far_as_can_be(void **state)
{
    (void)state;
    struct handwriting handwriting;
    fill_handwriting(&handwriting);
    struct handwriting_place place = locate(&handwriting, SMALL_STEPS, 0, 0);
    assert_true(place.distance == 1 && place.margin == 0);
    double silent = handwriting_confidence(&handwriting, &place);
    assert_true(silent < 0.01);
    double last = silent;
    for (uint32_t active = 1; active <= SMALL_STEPS; active++) {
        place = locate(&handwriting, SMALL_STEPS, active, 1);
        assert_true(fabs(place.distance - (1 - active / (double)SMALL_STEPS)) < 1e-12);
        double confidence = handwriting_confidence(&handwriting, &place);
        assert_true(confidence >= last);
        last = confidence;
    }
    assert_true(last > 0.99 && last <= 1);
    handwriting_free(&handwriting);
}

static void test_confidence_is_a_logistic_of_the_margin(void **state)
{
    (void)state;
    const struct handwriting handwriting = {.calibrated = true, .slope = 8, .midpoint = 0.5};
    const double margins[] = {-0.25, 0, 0.25, 0.5, 0.75, 1};
    const double expected[] = {0.0025, 0.018, 0.1192, 0.5, 0.8808, 0.982};
    for (size_t i = 0; i < sizeof margins / sizeof margins[0]; i++) {
        const struct handwriting_place place = {.margin = margins[i]};
        assert_true(fabs(handwriting_confidence(&handwriting, &place) - expected[i]) < 1e-12);
    }
}

/* The bitmap of a latent of `steps` steps near anchor 2, steered to a style. */
static void steer(const struct handwriting *handwriting, uint32_t steps, uint64_t style,
                  uint8_t *bitmap)
{
    struct raster latent;
    struct handwriting_place place;
    make_latent(&latent, steps, steps, 2);
    assert_int_equal(handwriting_locate(handwriting, &latent, &place, NULL), STATUS_OK);
    assert_int_equal(handwriting_steer(handwriting, &place, style, &latent, NULL), STATUS_OK);
    raster_to_bitmap(&latent, bitmap);
    raster_free(&latent);
}

static void test_styles_are_the_hands_of_the_nearest_anchor(void **state)
{
    (void)state;
    struct handwriting handwriting;
    fill_handwriting(&handwriting);
    size_t size = handwriting_hand_size(&handwriting);
    uint8_t bitmap[SMALL_STEPS * 8], heard[SMALL_STEPS * 8];
    struct raster latent;
    for (uint64_t style = 1; style <= 3 * HANDS; style++) {
        steer(&handwriting, SMALL_STEPS, style, bitmap);
        assert_memory_equal(bitmap, handwriting.hands + (2 * HANDS + (style - 1) % HANDS) * size,
                            size);
        steer(&handwriting, 3, style, bitmap);
        assert_memory_equal(bitmap, handwriting.hands + (2 * HANDS + (style - 1) % HANDS) * size,
                            3 * (size / SMALL_STEPS));
    }
    make_latent(&latent, SMALL_STEPS, SMALL_STEPS, 2);
    raster_to_bitmap(&latent, heard);
    raster_free(&latent);
    steer(&handwriting, SMALL_STEPS, 0, bitmap);
    assert_memory_equal(bitmap, heard, size);
    handwriting_free(&handwriting);
}

static void test_silence_has_no_style(void **state)
{
    (void)state;
    struct handwriting handwriting;
    struct handwriting_place place;
    struct raster latent;
    fill_handwriting(&handwriting);
    make_latent(&latent, SMALL_STEPS, 0, 0);
    assert_int_equal(handwriting_locate(&handwriting, &latent, &place, NULL), STATUS_OK);
    assert_int_equal(handwriting_steer(&handwriting, &place, 7, &latent, NULL), STATUS_OK);
    assert_int_equal(raster_count(&latent), 0);
    handwriting.num_hands = 0;
    assert_int_equal(handwriting_steer(&handwriting, &place, 0, &latent, NULL), STATUS_OK);
    assert_int_equal(handwriting_steer(&handwriting, &place, 7, &latent, NULL),
                     STATUS_INVALID_ARGUMENT);
    raster_free(&latent);
    handwriting_free(&handwriting);
}

/* One fault each, set and checked. */
static void test_what_is_not_valid(void **state)
{
    (void)state;
    struct handwriting handwriting;
    for (int fault = 0; fault <= 10; fault++) {
        enum status expected = fault ? STATUS_INVALID_ARGUMENT : STATUS_OK;
        fill_handwriting(&handwriting);
        uint32_t anchors = handwriting.num_anchors, hands = handwriting.num_hands;
        size_t row = handwriting_hand_size(&handwriting) / SMALL_STEPS;
        switch (fault) {
        case 1:
            handwriting.anchors[3] = NAN;
            break;
        case 2:
            handwriting.anchors[3] = -1;
            break;
        case 3:
            handwriting.anchors[3] = SMALL_STEPS + 1;
            break;
        case 4:
            memset(handwriting.anchors, 0, SMALL_LATENTS * sizeof(float));
            break;
        case 5:
            handwriting.hands[5 * row - 1] |= 2;
            break; /* unit 17, of 0 .. 16 */
        case 6:
            handwriting.slope = 0;
            break;
        case 7:
            handwriting.slope = INFINITY;
            break;
        case 8:
            handwriting.midpoint = NAN;
            break;
        case 9:
            handwriting.num_anchors = 0;
            break;
        case 10:
            handwriting.num_hands = HANDWRITING_MAX_HANDS + 1;
            break;
        default:
            break;
        }
        assert_int_equal(handwriting_validate(&handwriting, NULL), expected);
        handwriting.num_anchors = anchors;
        handwriting.num_hands = hands;
        handwriting_free(&handwriting);
    }
}

/* --- the checkpoint ------------------------------------------------------------------------ */

static struct scratch scratch;

static int make_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

/* A network with handwriting as a file in memory. */
static void make_file(struct buf *file)
{
    char path[SCRATCH_PATH_SIZE];
    struct network *network = small_audiocoder(6);
    fill_handwriting(&network->handwriting);
    scratch_path(&scratch, "hand.safetensors", path);
    buf_init(file, 1 << 20);
    assert_int_equal(checkpoint_save(path, network, NULL), STATUS_OK);
    assert_int_equal(file_read(path, file, NULL), STATUS_OK);
    network_release(network);
}

static void test_the_way_to_disk_and_back(void **state)
{
    (void)state;
    struct buf file;
    struct network *network;
    struct handwriting expected;
    fill_handwriting(&expected);
    make_file(&file);
    assert_int_equal(checkpoint_parse(file.bytes, file.size, "hand", &network, NULL), STATUS_OK);
    const struct handwriting *read = &network->handwriting;
    assert_int_equal(read->num_anchors, ANCHORS);
    assert_int_equal(read->num_hands, HANDS);
    assert_int_equal(read->num_units, SMALL_LATENTS);
    assert_int_equal(read->num_steps, SMALL_STEPS);
    assert_memory_equal(read->anchors, expected.anchors, ANCHORS * SMALL_LATENTS * sizeof(float));
    assert_memory_equal(read->hands, expected.hands,
                        ANCHORS * HANDS * handwriting_hand_size(&expected));
    assert_true(read->calibrated && read->slope == 20 && read->midpoint == 0.25);
    network_release(network);
    handwriting_free(&expected);
    buf_free(&file);
}

/* The header with `from` replaced by as many characters of `to`. */
static enum status parse_edited(const struct buf *file, const char *from, const char *to)
{
    struct network *network;
    uint8_t *copy = malloc(file->size);
    assert_non_null(copy);
    memcpy(copy, file->bytes, file->size);
    uint8_t *place = memmem(copy, file->size, from, strlen(from));
    assert_non_null(place);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(place, to, strlen(to));
    enum status status = checkpoint_parse(copy, file->size, "edited", &network, NULL);
    if (status == STATUS_OK) {
        assert_int_equal(network->handwriting.num_hands, 0);
        network_release(network);
    }
    free(copy);
    return status;
}

static void test_tensors_that_lie(void **state)
{
    (void)state;
    struct buf file;
    static const char *const edits[][2] = {
        {"\"handwriting.anchors\"", "\"handwriting.anchorz\""},
        {"\"shape\":[3,17]", "\"shape\":[17,3]"},
        {"\"shape\":[3,17]", "\"shape\":[51,1]"},
        {"\"shape\":[3,4,30]", "\"shape\":[4,3,30]"},
        {"\"shape\":[3,4,30]", "\"shape\":[3,30,4]"},
        {"\"shape\":[3,4,30]", "\"shape\":[12, 30]"},
        {"\"dtype\":\"F64\",\"shape\":[2]", "\"dtype\":\"U64\",\"shape\":[2]"},
        {"\"dtype\":\"F64\",\"shape\":[2]", "\"dtype\":\"F32\",\"shape\":[4]"},
    };
    make_file(&file);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        assert_int_equal(parse_edited(&file, edits[i][0], edits[i][1]), STATUS_BAD_CHECKPOINT);
    /* a tensor of another name is another program's, and styles are missing */
    assert_int_equal(parse_edited(&file, "\"handwriting.hands\"", "\"handwriting.handz\""),
                     STATUS_OK);
    buf_free(&file);
}

static void test_numbers_that_lie(void **state)
{
    (void)state;
    struct buf file;
    struct network *network;
    const double slope = 20, negative = -20;
    const float spikes = SMALL_STEPS, many = SMALL_STEPS + 1;
    make_file(&file);
    uint8_t *place = memmem(file.bytes, file.size, &slope, sizeof slope);
    assert_non_null(place);
    memcpy(place, &negative, sizeof negative);
    assert_int_equal(checkpoint_parse(file.bytes, file.size, "x", &network, NULL),
                     STATUS_BAD_CHECKPOINT);
    memcpy(place, &slope, sizeof slope);
    place = memmem(file.bytes, file.size, &spikes, sizeof spikes);
    assert_non_null(place);
    memcpy(place, &many, sizeof many);
    assert_int_equal(checkpoint_parse(file.bytes, file.size, "x", &network, NULL),
                     STATUS_BAD_CHECKPOINT);
    buf_free(&file);
}

static void test_handwriting_is_for_the_latent_of_speech(void **state)
{
    (void)state;
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 5);
    fill_handwriting(&network->handwriting);
    assert_int_equal(network_validate(network, NULL), STATUS_INVALID_ARGUMENT);
    network_release(network);
    network = small_audiocoder(6);
    fill_handwriting(&network->handwriting);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    network->handwriting.num_steps--;
    assert_int_equal(network_validate(network, NULL), STATUS_INVALID_ARGUMENT);
    network_release(network);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct buf file;
    struct network *network;
    enum status status = STATUS_NO_MEMORY;
    int64_t successes = 0;
    make_file(&file);
    for (; status == STATUS_NO_MEMORY; successes++) {
        mem_fail_after(successes);
        status = checkpoint_parse(file.bytes, file.size, "hand", &network, NULL);
        mem_fail_never();
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(successes > 10);
    struct raster latent;
    struct handwriting_place place;
    make_latent(&latent, SMALL_STEPS, 1, 0);
    mem_fail_after(0);
    assert_int_equal(handwriting_locate(&network->handwriting, &latent, &place, NULL),
                     STATUS_NO_MEMORY);
    mem_fail_never();
    raster_free(&latent);
    network_release(network);
    buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_anchor_is_at_its_own_place),
        cmocka_unit_test(test_silence_is_as_far_as_can_be),
        cmocka_unit_test(test_confidence_is_a_logistic_of_the_margin),
        cmocka_unit_test(test_styles_are_the_hands_of_the_nearest_anchor),
        cmocka_unit_test(test_silence_has_no_style),
        cmocka_unit_test(test_what_is_not_valid),
        cmocka_unit_test(test_the_way_to_disk_and_back),
        cmocka_unit_test(test_tensors_that_lie),
        cmocka_unit_test(test_numbers_that_lie),
        cmocka_unit_test(test_handwriting_is_for_the_latent_of_speech),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
