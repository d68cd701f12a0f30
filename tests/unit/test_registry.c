/* The models of a folder: which files count, their order, and that one bad file fails the whole. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "models/checkpoint.h"
#include "models/registry.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"

static struct scratch scratch;

static int open_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void save(const char *name, uint64_t seed)
{
    char path[SCRATCH_PATH_SIZE];
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, seed);
    scratch_path(&scratch, name, path);
    assert_int_equal(checkpoint_save(path, network, NULL), STATUS_OK);
    network_release(network);
}

static void test_models_in_the_order_of_names(void **state)
{
    (void)state;
    static const char *const names[] = {"B", "a", "a-b", "a.b", "ab", "b"};
    char folder[SCRATCH_PATH_SIZE];
    struct registry *registry;
    save("good/ab.safetensors", 1);
    save("good/a.safetensors", 2);
    save("good/b.safetensors", 3);
    save("good/a-b.safetensors", 4);
    save("good/B.safetensors", 5);
    save("good/a.b.safetensors", 6);
    scratch_write(&scratch, "good/a.md", "# a", 3);
    scratch_write(&scratch, "good/a.safetensors.state", "x", 1);
    scratch_write(&scratch, "good/.hidden.safetensors", "x", 1);
    scratch_write(&scratch, "good/.safetensors", "x", 1);
    scratch_path(&scratch, "good", folder);
    assert_int_equal(registry_open(folder, &registry, NULL), STATUS_OK);
    assert_int_equal(registry_count(registry), 6);
    for (size_t i = 0; i < 6; i++) {
        struct network *at = registry_acquire_at(registry, i);
        struct network *by_name = registry_acquire(registry, names[i]);
        assert_string_equal(at->name, names[i]);
        assert_ptr_equal(at, by_name);
        network_release(at);
        network_release(by_name);
    }
    assert_null(registry_acquire_at(registry, 6));
    assert_null(registry_acquire(registry, "c"));
    assert_null(registry_acquire(registry, ""));
    assert_null(registry_acquire(registry, "a.safetensors"));
    struct network *kept = registry_acquire(registry, "a");
    registry_close(registry);
    assert_int_equal(network_validate(kept, NULL), STATUS_OK); /* outlives the registry */
    network_release(kept);
}

static void assert_not_opened(const char *name, enum status expected, const char *mentioned)
{
    char folder[SCRATCH_PATH_SIZE];
    struct registry *registry;
    struct error error = {STATUS_OK, ""};
    scratch_path(&scratch, name, folder);
    assert_int_equal(registry_open(folder, &registry, &error), expected);
    assert_null(registry);
    assert_non_null(strstr(error.detail, mentioned));
}

static void test_folders_that_fail(void **state)
{
    (void)state;
    assert_not_opened("no-such-folder", STATUS_NOT_FOUND, "no-such-folder");
    scratch_write(&scratch, "none/readme.md", "", 0);
    assert_not_opened("none", STATUS_NOT_FOUND, "none");
    assert_not_opened("none/readme.md", STATUS_IO, "readme.md");
    save("bad/good.safetensors", 1);
    scratch_write(&scratch, "bad/worse.safetensors", "12345678", 8);
    assert_not_opened("bad", STATUS_BAD_CHECKPOINT, "worse.safetensors");
    save("folder/good.safetensors", 1);
    scratch_write(&scratch, "folder/other.safetensors/file", "", 0);
    assert_not_opened("folder", STATUS_IO, "other.safetensors");
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char folder[SCRATCH_PATH_SIZE];
    struct registry *registry = NULL;
    enum status status = STATUS_NO_MEMORY;
    save("memory/one.safetensors", 1);
    save("memory/two.safetensors", 2);
    scratch_path(&scratch, "memory", folder);
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        mem_fail_after(allowed);
        status = registry_open(folder, &registry, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 100);
    }
    registry_close(registry);
    registry_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_in_the_order_of_names),
        cmocka_unit_test(test_folders_that_fail),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("registry", tests, open_scratch, close_scratch);
}
