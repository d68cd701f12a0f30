/* The state of an interrupted run: it comes back whole, or nothing is touched. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"
#include "train/parameters.h"

static const char settings[] = "batch 8 rate 0.003";

static struct scratch scratch;
static char path[SCRATCH_PATH_SIZE];

static int open_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    scratch_path(&scratch, "run.state", path);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

/* A network with random values in weights and moments. */
struct run {
    struct network *network;
    struct parameters parameters;
};

static void open_run(struct run *run, uint64_t seed, int num_layers)
{
    run->network = small_autoencoder(ENCODING_CURRENT, &small_neuron, seed);
    assert_int_equal(parameters_init(&run->parameters, run->network, num_layers, NULL), STATUS_OK);
    for (int i = 0; i < run->parameters.count; i++) {
        struct parameter *parameter = &run->parameters.list[i];
        small_random(parameter->moment1, parameter->count, -1, 1, seed, 100 + (uint32_t)i);
        small_random(parameter->moment2, parameter->count, 0, 1, seed, 200 + (uint32_t)i);
    }
}

static void close_run(struct run *run)
{
    parameters_free(&run->parameters);
    network_release(run->network);
}

static bool runs_equal(const struct run *a, const struct run *b)
{
    for (int i = 0; i < a->parameters.count; i++) {
        const struct parameter *left = &a->parameters.list[i], *right = &b->parameters.list[i];
        size_t size = left->count * sizeof(real);
        if (memcmp(left->value, right->value, size) ||
            memcmp(left->moment1, right->moment1, size) ||
            memcmp(left->moment2, right->moment2, size))
            return false;
    }
    return true;
}

static void test_list(void **state)
{
    (void)state;
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    struct parameters parameters;
    assert_int_equal(parameters_init(&parameters, network, 1, NULL), STATUS_OK);
    assert_int_equal(parameters.count, 2);
    assert_ptr_equal(parameters.list[0].value, network->layers[0].weight);
    assert_int_equal(parameters.list[0].count, SMALL_PIXELS * SMALL_LATENTS);
    assert_false(parameters.list[0].is_bias);
    assert_ptr_equal(parameters.list[1].value, network->layers[0].bias);
    assert_int_equal(parameters.list[1].count, SMALL_LATENTS);
    assert_true(parameters.list[1].is_bias);
    for (size_t i = 0; i < parameters.list[0].count; i++)
        assert_true(parameters.list[0].moment1[i] == 0 && parameters.list[0].moment2[i] == 0);
    parameters_free(&parameters);
    for (int64_t allowed = 0; allowed < 4; allowed++) {
        mem_fail_after(allowed);
        assert_int_equal(parameters_init(&parameters, network, 1, NULL), STATUS_NO_MEMORY);
        mem_fail_never();
        assert_int_equal(parameters.count, 0);
    }
    network_release(network);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct run saved, restored;
    uint64_t updates = 0;
    open_run(&saved, 1, 2);
    open_run(&restored, 2, 2);
    assert_false(runs_equal(&saved, &restored));
    saved.parameters.spent_us = 3000000;
    restored.parameters.spent_us = 5;
    assert_int_equal(parameters_save(&saved.parameters, 123456789012, settings, path, NULL),
                     STATUS_OK);
    assert_int_equal(parameters_restore(&restored.parameters, &updates, settings, path, NULL),
                     STATUS_OK);
    assert_true(updates == 123456789012);
    assert_int_equal(restored.parameters.spent_us, 3000000);
    assert_true(runs_equal(&saved, &restored));
    close_run(&saved);
    close_run(&restored);
}

/* Restoring fails with `expected` and leaves weights, moments and counter alone. */
static void assert_refused(const char *wanted, int num_layers, enum status expected)
{
    struct run run, untouched;
    struct error error = {STATUS_OK, ""};
    uint64_t updates = 5;
    open_run(&run, 2, num_layers);
    open_run(&untouched, 2, num_layers);
    assert_int_equal(parameters_restore(&run.parameters, &updates, wanted, path, &error), expected);
    assert_int_equal(error.status, expected);
    char *mention = strstr(error.detail, path);
    assert_non_null(mention);
    assert_null(strstr(mention + 1, path)); /* said once */
    assert_int_equal(updates, 5);
    assert_true(runs_equal(&run, &untouched));
    close_run(&run);
    close_run(&untouched);
}

static void save_run(int num_layers)
{
    struct run saved;
    open_run(&saved, 1, num_layers);
    assert_int_equal(parameters_save(&saved.parameters, 7, settings, path, NULL), STATUS_OK);
    close_run(&saved);
}

static void test_other_settings(void **state)
{
    (void)state;
    save_run(2);
    assert_refused("batch 8 rate 0.004", 2, STATUS_BAD_CHECKPOINT);
    assert_refused("batch 8 rate 0.0033", 2, STATUS_BAD_CHECKPOINT);
    assert_refused("batch 8 rate 0.00", 2, STATUS_BAD_CHECKPOINT);
    assert_refused("", 2, STATUS_BAD_CHECKPOINT);
}

static void test_another_network(void **state)
{
    (void)state;
    struct run run;
    uint64_t updates = 5;
    save_run(1);
    assert_refused(settings, 2, STATUS_BAD_CHECKPOINT); /* half of it would be missing */
    assert_refused(settings, 1, STATUS_BAD_CHECKPOINT); /* the layer that stays is another one */
    open_run(&run, 1, 1);
    assert_int_equal(parameters_restore(&run.parameters, &updates, settings, path, NULL),
                     STATUS_OK);
    close_run(&run);

    struct neuron_params faster = small_neuron;
    faster.tau_mem /= 2;
    run.network = small_autoencoder(ENCODING_CURRENT, &faster, 1);
    assert_int_equal(parameters_init(&run.parameters, run.network, 1, NULL), STATUS_OK);
    assert_int_equal(parameters_restore(&run.parameters, &updates, settings, path, NULL),
                     STATUS_BAD_CHECKPOINT);
    close_run(&run);
}

static void test_changed_numbers(void **state)
{
    (void)state;
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    save_run(2);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    uint64_t header;
    memcpy(&header, bytes.bytes, sizeof header);
    for (size_t place = 8 + (size_t)header; place < bytes.size; place += 61) {
        bytes.bytes[place] ^= 16;
        scratch_write(&scratch, "run.state", bytes.bytes, bytes.size);
        assert_refused(settings, 2, STATUS_BAD_CHECKPOINT);
        bytes.bytes[place] ^= 16;
    }
    buf_free(&bytes);
}

static void test_damage(void **state)
{
    (void)state;
    struct run saved;
    struct buf bytes;
    open_run(&saved, 1, 2);
    assert_int_equal(parameters_save(&saved.parameters, 7, settings, path, NULL), STATUS_OK);
    buf_init(&bytes, 1 << 20);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    for (size_t size = 0; size < bytes.size; size += size < 2000 ? 61 : 997) {
        scratch_write(&scratch, "run.state", bytes.bytes, size);
        assert_refused(settings, 2, STATUS_BAD_CHECKPOINT);
    }
    remove(path);
    assert_refused(settings, 2, STATUS_NOT_FOUND);
    buf_free(&bytes);
    close_run(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_another_network),
        cmocka_unit_test(test_changed_numbers),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests_name("parameters", tests, open_scratch, close_scratch);
}
