/* Blocks are aligned and zeroed, sizes that overflow are refused, and the hook fails on time. */
#include "core/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The size is opaque to the compiler, which otherwise warns of a size that cannot be met. */
static volatile size_t largest = SIZE_MAX;

static int is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return 0;
    return 1;
}

static void test_blocks_are_aligned_and_zeroed(void **state)
{
    (void)state;
    for (size_t size = 1; size < 300; size += 7) {
        uint8_t *block = mem_alloc(size, 3);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % MEM_ALIGNMENT, 0);
        assert_true(is_zero(block, size * 3));
        memset(block, 0xa5, size * 3);
        mem_free(block);
    }
}

static void test_raw_blocks(void **state)
{
    (void)state;
    uint8_t *block = mem_alloc_raw(100);
    assert_non_null(block);
    memset(block, 0xa5, 100);
    mem_free(block);
    void *nothing = mem_alloc_raw(0);
    assert_non_null(nothing);
    mem_free(nothing);
    assert_null(mem_alloc_raw(largest));
    mem_fail_after(0);
    assert_null(mem_alloc_raw(1));
    mem_fail_never();
}

static void test_zero_size_can_be_freed(void **state)
{
    (void)state;
    void *no_elements = mem_alloc(0, 8), *no_size = mem_alloc(8, 0);
    assert_non_null(no_elements);
    assert_non_null(no_size);
    mem_free(no_elements);
    mem_free(no_size);
    mem_free(NULL);
}

static void test_overflow_is_refused(void **state)
{
    (void)state;
    assert_null(mem_alloc(largest, 2));
    assert_null(mem_alloc(2, largest));
    assert_null(mem_alloc(largest / 2 + 1, 2));
    assert_null(mem_alloc(1, largest));
    assert_null(mem_alloc(largest - MEM_ALIGNMENT + 1, 1));
}

static void test_copies_are_equal_and_apart(void **state)
{
    (void)state;
    const char text[] = "spike";
    char *bytes = mem_copy(text, sizeof text), *string = mem_copy_string(text);
    assert_non_null(bytes);
    assert_non_null(string);
    assert_memory_equal(bytes, text, sizeof text);
    assert_string_equal(string, text);
    assert_ptr_not_equal(bytes, string);
    mem_free(bytes);
    mem_free(string);
}

static void test_copy_of_nothing(void **state)
{
    (void)state;
    void *copy = mem_copy(NULL, 0);
    assert_non_null(copy);
    mem_free(copy);
}

static void test_resize_keeps_content_and_zeroes_the_rest(void **state)
{
    (void)state;
    uint8_t *block = mem_alloc(10, 1);
    assert_non_null(block);
    memcpy(block, "0123456789", 10);
    block = mem_resize(block, 10, 1000);
    assert_non_null(block);
    assert_memory_equal(block, "0123456789", 10);
    assert_true(is_zero(block + 10, 990));
    block = mem_resize(block, 1000, 4);
    assert_non_null(block);
    assert_memory_equal(block, "0123", 4);
    mem_free(block);

    block = mem_resize(NULL, 0, 5);
    assert_non_null(block);
    assert_true(is_zero(block, 5));
    mem_free(block);
}

static void test_failed_resize_leaves_the_block(void **state)
{
    (void)state;
    uint8_t *block = mem_copy("keep", 5);
    assert_non_null(block);
    mem_fail_after(0);
    void *grown = mem_resize(block, 5, 500);
    mem_fail_never();
    assert_null(grown);
    assert_null(mem_resize(block, 5, largest));
    assert_string_equal((char *)block, "keep");
    mem_free(block);
}

static void test_raw_resize_keeps_content(void **state)
{
    (void)state;
    uint8_t *block = mem_alloc(1, 10);
    memset(block, 7, 10);
    mem_fail_after(0);
    assert_null(mem_resize_raw(block, 10, 1000));
    mem_fail_never();
    assert_null(mem_resize_raw(block, 10, largest));
    block = mem_resize_raw(block, 10, 1000);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(block[i], 7);
    mem_free(block);
    block = mem_resize_raw(NULL, 0, 5);
    assert_non_null(block);
    mem_free(block);
}

static void test_hook_fails_after_so_many(void **state)
{
    (void)state;
    for (int successes = 0; successes < 4; successes++) {
        void *blocks[6];
        mem_fail_after(successes);
        for (int i = 0; i < 6; i++)
            blocks[i] = i % 2 ? mem_copy("x", 1) : mem_alloc(1, 1);
        mem_fail_never();
        for (int i = 0; i < 6; i++) {
            assert_int_equal(blocks[i] != NULL, i < successes);
            mem_free(blocks[i]);
        }
    }
    void *after = mem_alloc(1, 1);
    assert_non_null(after);
    mem_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_aligned_and_zeroed),
        cmocka_unit_test(test_raw_blocks),
        cmocka_unit_test(test_zero_size_can_be_freed),
        cmocka_unit_test(test_overflow_is_refused),
        cmocka_unit_test(test_copies_are_equal_and_apart),
        cmocka_unit_test(test_copy_of_nothing),
        cmocka_unit_test(test_resize_keeps_content_and_zeroes_the_rest),
        cmocka_unit_test(test_failed_resize_leaves_the_block),
        cmocka_unit_test(test_raw_resize_keeps_content),
        cmocka_unit_test(test_hook_fails_after_so_many),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
