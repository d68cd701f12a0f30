/* The models of a folder: which files count, their order, and how they change while in use. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "models/checkpoint.h"
#include "models/registry.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

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
    struct registry_list *list = registry_models(registry);
    assert_int_equal(list->count, 6);
    assert_int_equal(registry_list_num_served(list), 6);
    for (size_t i = 0; i < 6; i++) {
        struct network *by_name = registry_acquire(registry, names[i]);
        assert_string_equal(list->models[i].name, names[i]);
        assert_string_equal(list->models[i].network->name, names[i]);
        assert_string_equal(list->models[i].reason, "");
        assert_ptr_equal(list->models[i].network, by_name);
        network_release(by_name);
    }
    registry_list_release(list);
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
    save("names/good.safetensors", 1);
    scratch_write(&scratch, "names/b c.safetensors", "", 0);
    assert_not_opened("names", STATUS_INVALID_ARGUMENT, "b c.safetensors");
    for (int i = 0; i <= REGISTRY_MAX_MODELS; i++) {
        char name[SCRATCH_PATH_SIZE];
        snprintf(name, sizeof name, "many/%d.safetensors", i);
        scratch_write(&scratch, name, "", 0);
    }
    assert_not_opened("many", STATUS_INVALID_ARGUMENT, "more than 256");
}

/* --- changes ------------------------------------------------------------------------------- */

static struct registry *open_folder(const char *name)
{
    char folder[SCRATCH_PATH_SIZE];
    struct registry *registry;
    scratch_path(&scratch, name, folder);
    assert_int_equal(registry_open(folder, &registry, NULL), STATUS_OK);
    return registry;
}

static void delete (const char *name)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, name, path);
    assert_int_equal(remove(path), 0);
}

/* A model is served by that network (or not at all), and its reason mentions this ("" is none). */
static void assert_model(struct registry *registry, const char *name, const struct network *network,
                         const char *mentioned)
{
    struct registry_list *list = registry_models(registry);
    const struct registry_model *model = registry_list_find(list, name);
    assert_non_null(model);
    assert_ptr_equal(model->network, network);
    if (!strstr(model->reason, mentioned) || (*mentioned == 0 && *model->reason != 0))
        fail_msg("the reason is '%s', not '%s'", model->reason, mentioned);
    registry_list_release(list);
}

static void test_load_replaces_one(void **state)
{
    (void)state;
    enum registry_change change;
    save("load/a.safetensors", 1);
    save("load/b.safetensors", 2);
    struct registry *registry = open_folder("load");
    struct registry_list *before = registry_models(registry);
    struct network *a = registry_acquire(registry, "a");
    struct network *b = registry_acquire(registry, "b");
    assert_int_equal(registry_load(registry, "a", &change, NULL), STATUS_OK);
    assert_int_equal(change, REGISTRY_UNCHANGED);
    assert_model(registry, "a", a, "");
    save("load/a.safetensors", 3);
    assert_int_equal(registry_load(registry, "a", &change, NULL), STATUS_OK);
    assert_int_equal(change, REGISTRY_REPLACED);
    struct network *newer = registry_acquire(registry, "a");
    assert_string_not_equal(newer->checksum, a->checksum);
    assert_model(registry, "b", b, "");
    assert_ptr_equal(before->models[0].network, a); /* a list that was taken stays as it was */
    assert_int_equal(network_validate(a, NULL), STATUS_OK);
    save("load/aa.safetensors", 4);
    assert_int_equal(registry_load(registry, "aa", &change, NULL), STATUS_OK);
    assert_int_equal(change, REGISTRY_ADDED);
    struct registry_list *after = registry_models(registry);
    assert_int_equal(after->count, 3);
    assert_string_equal(after->models[1].name, "aa");
    registry_list_release(after);
    registry_list_release(before);
    network_release(a);
    network_release(b);
    network_release(newer);
    registry_close(registry);
}

static void test_a_bad_file_leaves_the_old_one(void **state)
{
    (void)state;
    enum registry_change change;
    struct error error;
    save("keep/a.safetensors", 1);
    struct registry *registry = open_folder("keep");
    struct network *a = registry_acquire(registry, "a");
    scratch_write(&scratch, "keep/a.safetensors", "12345678", 8);
    assert_int_equal(registry_load(registry, "a", &change, &error), STATUS_BAD_CHECKPOINT);
    assert_int_equal(change, REGISTRY_KEPT);
    assert_int_equal(strncmp(error.detail, "a.safetensors: ", 15), 0); /* without its folder */
    assert_model(registry, "a", a, error.detail);
    delete ("keep/a.safetensors");
    assert_int_equal(registry_load(registry, "a", &change, &error), STATUS_NOT_FOUND);
    assert_int_equal(change, REGISTRY_KEPT);
    assert_model(registry, "a", a, "no such file");
    scratch_write(&scratch, "keep/b.safetensors", "1", 1);
    assert_int_equal(registry_load(registry, "b", &change, &error), STATUS_BAD_CHECKPOINT);
    assert_int_equal(change, REGISTRY_FAILED);
    assert_model(registry, "b", NULL, error.detail);
    save("keep/a.safetensors", 2);
    assert_int_equal(registry_load(registry, "a", &change, NULL), STATUS_OK);
    struct network *newer = registry_acquire(registry, "a");
    assert_model(registry, "a", newer, ""); /* the reason goes with the fault */
    network_release(newer);
    network_release(a);
    registry_close(registry);
}

static void test_names_are_no_paths(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",         ".",
        "..",       "../names/a",
        "sub/a",    "/etc/passwd",
        "a b",      ".a",
        "a/",       "a\n",
        "\xc3\xa4", "a%2e",
        "a\\b",     "0123456789012345678901234567890123456789012345678901234567890123",
    };
    save("paths/sub/a.safetensors", 1);
    save("paths/a.safetensors", 1);
    struct registry *registry = open_folder("paths");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(registry_is_name(names[i]));
        assert_int_equal(registry_load(registry, names[i], NULL, NULL), STATUS_INVALID_ARGUMENT);
        assert_int_equal(registry_unload(registry, names[i], NULL), STATUS_NOT_FOUND);
    }
    assert_int_equal(registry_load(registry, "b", NULL, NULL), STATUS_NOT_FOUND);
    struct registry_list *list = registry_models(registry);
    assert_int_equal(list->count, 1); /* nothing has been added by asking */
    registry_list_release(list);
    registry_close(registry);
}

static void test_unload(void **state)
{
    (void)state;
    struct network *network;
    struct error error;
    save("unload/a.safetensors", 1);
    struct registry *registry = open_folder("unload");
    struct network *a = registry_acquire(registry, "a");
    assert_int_equal(registry_unload(registry, "b", &error), STATUS_NOT_FOUND);
    assert_int_equal(registry_unload(registry, "a", NULL), STATUS_OK);
    assert_model(registry, "a", NULL, "unloaded");
    assert_null(registry_acquire(registry, "a"));
    assert_int_equal(registry_find(registry, "a", &network, &error), STATUS_NOT_READY);
    assert_null(network);
    assert_non_null(strstr(error.detail, "unloaded"));
    assert_int_equal(registry_find(registry, "b", &network, &error), STATUS_NOT_FOUND);
    assert_int_equal(registry_unload(registry, "a", NULL),
                     STATUS_OK); /* once more changes nothing */
    assert_int_equal(network_validate(a, NULL), STATUS_OK);
    assert_int_equal(registry_load(registry, "a", NULL, NULL), STATUS_OK);
    assert_int_equal(registry_find(registry, "a", &network, NULL), STATUS_OK);
    network_release(network);
    network_release(a);
    registry_close(registry);
}

/* What the observer has been told, as "name:change name:change ". */
static void note(void *context, const char *name, enum registry_change change,
                 const struct error *error)
{
    bool bad = change == REGISTRY_KEPT || change == REGISTRY_FAILED;
    char *notes = context;
    assert_true(bad == (error->status != STATUS_OK));
    snprintf(notes + strlen(notes), 512 - strlen(notes), "%s:%s ", name,
             registry_change_name(change));
}

static void assert_reload(struct registry *registry, enum status status, const char *expected)
{
    char notes[512] = "";
    const struct registry_observer observer = {note, notes};
    assert_int_equal(registry_reload(registry, &observer, NULL), status);
    assert_string_equal(notes, expected);
}

static void test_reload(void **state)
{
    (void)state;
    save("reload/bad.safetensors", 1);
    save("reload/changed.safetensors", 2);
    save("reload/gone.safetensors", 3);
    save("reload/off.safetensors", 4);
    save("reload/same.safetensors", 5);
    struct registry *registry = open_folder("reload");
    struct network *bad = registry_acquire(registry, "bad");
    struct network *gone = registry_acquire(registry, "gone");
    struct network *same = registry_acquire(registry, "same");
    assert_int_equal(registry_unload(registry, "off", NULL), STATUS_OK);
    scratch_write(&scratch, "reload/bad.safetensors", "1", 1);
    scratch_write(&scratch, "reload/b d.safetensors", "1", 1);
    scratch_write(&scratch, "reload/worse.safetensors", "1", 1);
    save("reload/changed.safetensors", 6);
    save("reload/new.safetensors", 7);
    delete ("reload/gone.safetensors");
    assert_reload(registry, STATUS_OK,
                  "b d:failed bad:kept changed:replaced new:added off:added same:unchanged "
                  "worse:failed gone:removed ");
    struct network *network;
    assert_model(registry, "bad", bad, "bad.safetensors: ");
    assert_model(registry, "same", same, "");
    assert_model(registry, "worse", NULL, "worse.safetensors: ");
    assert_int_equal(registry_find(registry, "gone", &network, NULL), STATUS_NOT_FOUND);
    assert_int_equal(network_validate(gone, NULL), STATUS_OK);
    network_release(bad);
    network_release(gone);
    network_release(same);
    registry_close(registry);
}

static void test_an_empty_folder_changes_nothing(void **state)
{
    (void)state;
    save("emptied/a.safetensors", 1);
    struct registry *registry = open_folder("emptied");
    struct network *a = registry_acquire(registry, "a");
    delete ("emptied/a.safetensors");
    assert_reload(registry, STATUS_NOT_FOUND, "");
    assert_model(registry, "a", a, "");
    delete ("emptied");
    assert_reload(registry, STATUS_NOT_FOUND, "");
    assert_model(registry, "a", a, "");
    network_release(a);
    registry_close(registry);
}

static void test_survey_adds_what_is_not_loaded(void **state)
{
    (void)state;
    save("survey/b.safetensors", 1);
    struct registry *registry = open_folder("survey");
    struct network *b = registry_acquire(registry, "b");
    scratch_write(&scratch, "survey/a.safetensors", "1", 1);
    scratch_write(&scratch, "survey/c d.safetensors", "1", 1);
    assert_int_equal(registry_survey(registry, NULL), STATUS_OK);
    assert_model(registry, "a", NULL, "not loaded");
    assert_model(registry, "b", b, "");
    struct registry_list *list = registry_models(registry);
    assert_int_equal(list->count, 2);
    registry_list_release(list);
    network_release(b);
    registry_close(registry);
}

/* Takes and gives back models and lists until told to stop; each must be whole. */
struct reader {
    struct registry *registry;
    _Atomic bool stop;
    _Atomic int failures;
    _Atomic int reads;
};

static void *read_models(void *argument)
{
    struct reader *reader = argument;
    while (!atomic_load(&reader->stop)) {
        struct network *a = registry_acquire(reader->registry, "a");
        struct registry_list *list = registry_models(reader->registry);
        if (!a || network_validate(a, NULL) != STATUS_OK || list->count != 2)
            atomic_fetch_add(&reader->failures, 1);
        network_release(a);
        registry_list_release(list);
        atomic_fetch_add(&reader->reads, 1);
    }
    return NULL;
}

static void test_changes_while_in_use(void **state)
{
    (void)state;
    save("busy/a.safetensors", 1);
    save("busy/b.safetensors", 2);
    struct reader reader = {.registry = open_folder("busy")};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_models, &reader), 0);
    for (uint64_t i = 0; i < 60; i++) {
        save("busy/a.safetensors", i);
        enum status expected = STATUS_OK;
        if (i % 3 == 0) {
            scratch_write(&scratch, "busy/a.safetensors", "1", 1);
            expected = STATUS_BAD_CHECKPOINT;
        }
        assert_int_equal(registry_load(reader.registry, "a", NULL, NULL), expected);
        assert_int_equal(registry_unload(reader.registry, "b", NULL), STATUS_OK);
        assert_int_equal(registry_load(reader.registry, "b", NULL, NULL), STATUS_OK);
    }
    while (atomic_load(&reader.reads) < 100)
        sched_yield();
    atomic_store(&reader.stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(reader.failures, 0);
    registry_close(reader.registry);
}

/* --- memory -------------------------------------------------------------------------------- */

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

static void test_out_of_memory_while_changing(void **state)
{
    (void)state;
    enum status status = STATUS_NO_MEMORY;
    enum registry_change change;
    save("scarce/a.safetensors", 1);
    struct registry *registry = open_folder("scarce");
    struct network *a = registry_acquire(registry, "a");
    save("scarce/a.safetensors", 2);
    save("scarce/b.safetensors", 3);
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        mem_fail_after(allowed);
        status = registry_load(registry, "a", &change, NULL);
        mem_fail_never();
        struct network *now = registry_acquire(registry, "a");
        assert_true(status == STATUS_OK ? now != a : now == a);
        assert_int_equal(change, status == STATUS_OK ? REGISTRY_REPLACED : REGISTRY_KEPT);
        network_release(now);
        assert_true(allowed < 100);
    }
    status = STATUS_NO_MEMORY;
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        mem_fail_after(allowed);
        status = registry_survey(registry, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 100);
    }
    network_release(a);
    registry_close(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_in_the_order_of_names),
        cmocka_unit_test(test_folders_that_fail),
        cmocka_unit_test(test_load_replaces_one),
        cmocka_unit_test(test_a_bad_file_leaves_the_old_one),
        cmocka_unit_test(test_names_are_no_paths),
        cmocka_unit_test(test_unload),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_an_empty_folder_changes_nothing),
        cmocka_unit_test(test_survey_adds_what_is_not_loaded),
        cmocka_unit_test(test_changes_while_in_use),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_out_of_memory_while_changing),
    };
    return cmocka_run_group_tests_name("registry", tests, open_scratch, close_scratch);
}
