/* API keys: what a file may hold, whose key is whose, reloading, and the Authorization field. */
#include "server/authorize.h"
#include "server/keys.h"

#include "core/base/mem.h"
#include "tests/unit/scratch_folder.h"

static struct scratch scratch;
static char users[SCRATCH_PATH_SIZE], admins[SCRATCH_PATH_SIZE];

#define USER_KEY  "user-key-0123456789"
#define ADMIN_KEY "admin.key~0123456789+/=="

static void write_keys(const char *path, const char *text)
{
    scratch_write(&scratch, strrchr(path, '/') + 1, text, strlen(text));
    assert_int_equal(chmod(path, 0600), 0);
}

static int open_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    scratch_path(&scratch, "users", users);
    scratch_path(&scratch, "admins", admins);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static enum keys_role role_of(struct keys *keys, const char *key)
{
    uint64_t id;
    return keys_find(keys, key, strlen(key), &id);
}

static void test_whose_key(void **state)
{
    (void)state;
    struct keys *keys;
    uint64_t id;
    write_keys(users, "# a comment\n\n" USER_KEY "\r\nanother-user-key-1");
    write_keys(admins, ADMIN_KEY "\n");
    assert_int_equal(keys_open(users, admins, &keys, NULL), STATUS_OK);
    assert_int_equal(keys_count(keys, KEYS_USER), 2);
    assert_int_equal(keys_count(keys, KEYS_ADMIN), 1);
    assert_int_equal(role_of(keys, USER_KEY), KEYS_USER);
    assert_int_equal(role_of(keys, "another-user-key-1"), KEYS_USER);
    assert_int_equal(role_of(keys, ADMIN_KEY), KEYS_ADMIN);
    assert_int_equal(role_of(keys, ""), KEYS_NOBODY);
    assert_int_equal(role_of(keys, "# a comment"), KEYS_NOBODY);
    assert_int_equal(role_of(keys, USER_KEY "\r"), KEYS_NOBODY);
    assert_int_equal(role_of(keys, "user-key-012345678"), KEYS_NOBODY);
    keys_find(keys, "abc", 3, &id);
    assert_true(id == UINT64_C(0xba7816bf8f01cfea)); /* of FIPS 180's vector */
    keys_close(keys);
}

static void test_none_at_all(void **state)
{
    (void)state;
    struct keys *keys;
    assert_int_equal(keys_open(NULL, NULL, &keys, NULL), STATUS_OK);
    assert_int_equal(keys_count(keys, KEYS_USER) + keys_count(keys, KEYS_ADMIN), 0);
    assert_int_equal(role_of(keys, USER_KEY), KEYS_NOBODY);
    keys_close(keys);
    keys_close(NULL);
}

static void assert_refused(const char *text, enum status expected, const char *words)
{
    struct keys *keys;
    struct error error = {0};
    write_keys(users, text);
    assert_int_equal(keys_open(users, admins, &keys, &error), expected);
    assert_null(keys);
    if (!strstr(error.detail, words) || !strstr(error.detail, "/users: "))
        fail_msg("'%s' has no '%s'", error.detail, words);
    if (strlen(text) >= KEYS_MIN_LENGTH && strstr(error.detail, text))
        fail_msg("'%s' tells a key", error.detail);
}

static void test_refuses_files(void **state)
{
    (void)state;
    char text[400];
    write_keys(admins, ADMIN_KEY "\n");
    assert_refused("", STATUS_INVALID_ARGUMENT, "no key");
    assert_refused("# " USER_KEY "\n\n", STATUS_INVALID_ARGUMENT, "no key");
    assert_refused("123456789012345", STATUS_INVALID_ARGUMENT, "line 1: ");
    assert_refused("\n" USER_KEY " x\n", STATUS_INVALID_ARGUMENT, "line 2: ");
    assert_refused(" " USER_KEY, STATUS_INVALID_ARGUMENT, "letters, digits");
    assert_refused("\xc3\xa4" USER_KEY, STATUS_INVALID_ARGUMENT, "letters, digits");
    assert_refused(USER_KEY "\n" USER_KEY "\n", STATUS_INVALID_ARGUMENT, "line 2: ");
    memset(text, 'k', 257);
    text[257] = 0;
    assert_refused(text, STATUS_INVALID_ARGUMENT, "16 to 256");
    scratch_write(&scratch, "users", "0123456789abcdef\0x", 18);
    struct keys *keys;
    assert_int_equal(keys_open(users, NULL, &keys, NULL), STATUS_INVALID_ARGUMENT);
    write_keys(users, ADMIN_KEY);
    assert_int_equal(keys_open(users, admins, &keys, NULL), STATUS_INVALID_ARGUMENT);
}

static void test_refuses_too_many(void **state)
{
    (void)state;
    static char text[(KEYS_MAX_COUNT + 1) * 17 + 1];
    for (int i = 0; i <= KEYS_MAX_COUNT; i++)
        snprintf(text + i * 17, 18, "%016d\n", i);
    assert_refused(text, STATUS_INVALID_ARGUMENT, "more than");
    text[KEYS_MAX_COUNT * 17] = 0;
    struct keys *keys;
    write_keys(users, text);
    assert_int_equal(keys_open(users, NULL, &keys, NULL), STATUS_OK);
    assert_int_equal(role_of(keys, "0000000000004095"), KEYS_USER);
    keys_close(keys);
}

static void test_refuses_open_files(void **state)
{
    (void)state;
    struct keys *keys;
    static const mode_t bad[] = {0604, 0602, 0620, 0644, 0660, 0666};
    write_keys(users, USER_KEY);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {0};
        assert_int_equal(chmod(users, bad[i]), 0);
        assert_int_equal(keys_open(users, NULL, &keys, &error), STATUS_IO);
        assert_non_null(strstr(error.detail, "chmod"));
    }
    assert_int_equal(chmod(users, 0440), 0);
    assert_int_equal(keys_open(users, NULL, &keys, NULL), STATUS_OK);
    keys_close(keys);
    assert_int_equal(remove(users), 0);
    assert_int_equal(keys_open(users, NULL, &keys, NULL), STATUS_NOT_FOUND);
    assert_int_equal(keys_open(scratch.path, NULL, &keys, NULL), STATUS_IO);
}

static void test_reloads_all_or_nothing(void **state)
{
    (void)state;
    struct keys *keys;
    write_keys(users, USER_KEY);
    write_keys(admins, ADMIN_KEY);
    assert_int_equal(keys_open(users, admins, &keys, NULL), STATUS_OK);
    write_keys(users, "the-next-users-key");
    write_keys(admins, "short");
    assert_int_equal(keys_reload(keys, NULL), STATUS_INVALID_ARGUMENT);
    assert_int_equal(role_of(keys, USER_KEY), KEYS_USER);
    assert_int_equal(role_of(keys, ADMIN_KEY), KEYS_ADMIN);
    write_keys(admins, "the-next-admins-key");
    assert_int_equal(keys_reload(keys, NULL), STATUS_OK);
    assert_int_equal(role_of(keys, USER_KEY), KEYS_NOBODY);
    assert_int_equal(role_of(keys, ADMIN_KEY), KEYS_NOBODY);
    assert_int_equal(role_of(keys, "the-next-users-key"), KEYS_USER);
    assert_int_equal(role_of(keys, "the-next-admins-key"), KEYS_ADMIN);
    keys_close(keys);
}

static void test_lack_of_memory(void **state)
{
    (void)state;
    struct keys *keys = NULL;
    write_keys(users, USER_KEY);
    enum status status = STATUS_NO_MEMORY;
    int64_t successes = 0;
    for (; status == STATUS_NO_MEMORY; successes++) {
        mem_fail_after(successes);
        status = keys_open(users, NULL, &keys, NULL);
        mem_fail_never();
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(successes > 2);
    keys_close(keys);
}

static void test_authorization(void **state)
{
    (void)state;
    const char *key;
    assert_int_equal(authorize_read_key("Bearer abc", &key, NULL), STATUS_OK);
    assert_string_equal(key, "abc");
    assert_int_equal(authorize_read_key("bEARER   abc", &key, NULL), STATUS_OK);
    assert_string_equal(key, "abc");
    static const char *const none[] = {NULL, "", "Bearer", "Basic YTpi", "abc", "Bearerabc"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(authorize_read_key(none[i], &key, NULL), STATUS_UNAUTHENTICATED);
    assert_int_equal(authorize_read_key("Bearer a, Bearer a", &key, NULL), STATUS_INVALID_ARGUMENT);
    assert_int_equal(authorize_read_key("Basic x, Bearer a", &key, NULL), STATUS_INVALID_ARGUMENT);
    assert_null(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_key),          cmocka_unit_test(test_none_at_all),
        cmocka_unit_test(test_refuses_files),      cmocka_unit_test(test_refuses_too_many),
        cmocka_unit_test(test_refuses_open_files), cmocka_unit_test(test_reloads_all_or_nothing),
        cmocka_unit_test(test_lack_of_memory),     cmocka_unit_test(test_authorization),
    };
    return cmocka_run_group_tests_name("keys", tests, open_scratch, close_scratch);
}
