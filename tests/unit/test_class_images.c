/* The picture of a class is the one nearest to the mean of its class. */
#include "tests/unit/small_network.h"
#include "train/class_images.h"

enum { PIXELS = 4 };

static uint8_t pixels[][PIXELS] = {
    {0, 0, 0, 0},   {9, 9, 9, 9},     {100, 0, 0, 100}, /* classes a, b, a */
    {90, 0, 0, 90}, {255, 0, 0, 255}, {7, 7, 7, 7},     /* a, c, b */
    {8, 8, 8, 8},                                       /* b */
};
static uint16_t labels[] = {0, 1, 0, 0, 2, 1, 1};
static char image_names[][DATASET_CLASS_NAME_SIZE] = {"a", "b", "c", "none"};
static const struct image_set images = {
    .classes = {4, image_names}, 7, 2, 2, &pixels[0][0], labels};

static void test_the_most_typical_is_chosen(void **state)
{
    (void)state;
    char names[][DATASET_CLASS_NAME_SIZE] = {"c", "b", "a"}; /* in another order */
    const struct class_list classes = {3, names};
    struct network *network = network_new();
    assert_int_equal(class_images_choose(&classes, &images, network, NULL), STATUS_OK);
    assert_int_equal(network->num_classes, 3);
    assert_string_equal(network->class_names[0], "c");
    assert_string_equal(network->class_names[2], "a");
    assert_memory_equal(network->class_images, pixels[4], PIXELS);
    assert_memory_equal(network->class_images + PIXELS, pixels[6], PIXELS);     /* mean 8 */
    assert_memory_equal(network->class_images + 2 * PIXELS, pixels[3], PIXELS); /* mean 63 */
    network_release(network);
}

static void test_a_class_without_an_image(void **state)
{
    (void)state;
    static const char *const missing[] = {"none", "d"};
    for (int i = 0; i < 2; i++) {
        char names[][DATASET_CLASS_NAME_SIZE] = {"a", ""};
        const struct class_list classes = {2, names};
        struct network *network = network_new();
        struct error error;
        snprintf(names[1], sizeof names[1], "%s", missing[i]);
        assert_int_equal(class_images_choose(&classes, &images, network, &error),
                         STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(error.detail, missing[i]));
        network_release(network);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char names[][DATASET_CLASS_NAME_SIZE] = {"a"};
    const struct class_list classes = {1, names};
    for (int64_t allowed = 0; allowed < 3; allowed++) {
        struct network *network = network_new();
        mem_fail_after(allowed);
        assert_int_equal(class_images_choose(&classes, &images, network, NULL), STATUS_NO_MEMORY);
        mem_fail_never();
        network_release(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_typical_is_chosen),
        cmocka_unit_test(test_a_class_without_an_image),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("class_images", tests, NULL, NULL);
}
