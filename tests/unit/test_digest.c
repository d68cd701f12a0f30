/* SHA-256 against the vectors of FIPS 180, and the seed that is cut from it. */
#include "core/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_digest(const void *bytes, size_t size, const char *expected)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    memset(hex, 'x', sizeof hex);
    digest_sha256(bytes, size, digest);
    digest_hex(digest, hex);
    assert_string_equal(hex, expected);
}

static void test_fips_180_vectors(void **state)
{
    (void)state;
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(two_blocks, strlen(two_blocks),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_nothing_at_all(void **state)
{
    (void)state;
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_digest("", 0, empty);
    assert_digest(NULL, 0, empty);
}

static void test_a_million_letters(void **state)
{
    (void)state;
    const size_t size = 1000000;
    char *letters = malloc(size);
    assert_non_null(letters);
    memset(letters, 'a', size);
    assert_digest(letters, size,
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(letters);
}

static void test_seed_is_big_endian_and_cut(void **state)
{
    (void)state;
    uint8_t digest[DIGEST_SIZE] = {0x00, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xff, 0xff};
    assert_int_equal(digest_seed(digest), 0x123456789abcde);
    digest[0] = 0xff;
    digest[1] = 0xf2;
    assert_int_equal(digest_seed(digest), 0x123456789abcde);
}

static void test_seeds_stay_below_2_53(void **state)
{
    (void)state;
    assert_int_equal(DIGEST_MAX_SEED, 9007199254740991);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        uint8_t digest[DIGEST_SIZE];
        digest_sha256(&i, sizeof i, digest);
        uint64_t seed = digest_seed(digest);
        assert_true(seed <= DIGEST_MAX_SEED);
        assert_true((uint64_t)(double)seed == seed);
        seen |= seed;
    }
    assert_int_equal(seen, DIGEST_MAX_SEED);
}

static void test_equal(void **state)
{
    (void)state;
    uint8_t first[DIGEST_SIZE] = {0}, second[DIGEST_SIZE] = {0};
    assert_true(digest_equal(first, second));
    for (int i = 0; i < DIGEST_SIZE; i++) {
        second[i] = 0x80;
        assert_false(digest_equal(first, second));
        second[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fips_180_vectors),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_a_million_letters),
        cmocka_unit_test(test_seed_is_big_endian_and_cut),
        cmocka_unit_test(test_seeds_stay_below_2_53),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
