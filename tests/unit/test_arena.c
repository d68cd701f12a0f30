/* Blocks of one task do not overlap, whether they fit or not, and the hook fails them as others. */
#include "core/base/arena.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NUM_BLOCKS = 40 };

/* Sizes whose sum is more than an arena has room for. */
static size_t size_of(int i)
{
    return i % 7 == 0 ? 20000 : (size_t)(i * 37 % 600);
}

static void use_and_check(struct arena *arena)
{
    uint8_t *blocks[NUM_BLOCKS];
    for (int i = 0; i < NUM_BLOCKS; i++) {
        blocks[i] = arena_alloc(arena, size_of(i));
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], i + 1, size_of(i));
    }
    for (int i = 0; i < NUM_BLOCKS; i++)
        for (size_t k = 0; k < size_of(i); k++)
            assert_int_equal(blocks[i][k], i + 1);
    for (int i = 0; i < NUM_BLOCKS; i++)
        arena_free(arena, blocks[i]);
    arena_free(arena, NULL);
}

static void test_is_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct arena *arena = arena_open();
        use_and_check(arena);
        arena_close(arena);
    }
}

static void test_one_task_has_it(void **state)
{
    (void)state;
    struct arena *arena = arena_open(), *second = arena_open();
    uint8_t *block = arena_alloc(arena, 100);
    assert_non_null(block);
    memset(block, 0xa5, 100);
    assert_null(second);
    use_and_check(second);
    arena_close(second);
    for (int i = 0; i < 100; i++)
        assert_int_equal(block[i], 0xa5);
    arena_free(arena, block);
    arena_close(arena);
}

static void test_too_much_is_refused(void **state)
{
    (void)state;
    static volatile size_t largest = SIZE_MAX; /* which the compiler would warn of */
    struct arena *arena = arena_open();
    assert_null(arena_alloc(arena, largest));
    arena_close(arena);
}

static void test_the_hook_counts(void **state)
{
    (void)state;
    struct arena *arena = arena_open();
    mem_fail_after(1);
    void *first = arena_alloc(arena, 10), *second = arena_alloc(arena, 10);
    mem_fail_never();
    assert_non_null(first);
    assert_null(second);
    arena_free(arena, first);
    arena_close(arena);
}

static void *use_without_memory(void *argument)
{
    mem_fail_after(0);
    struct arena *arena = arena_open();
    void *block = arena_alloc(arena, 10);
    mem_fail_never();
    bool refused = !arena && !block;
    arena_close(arena);
    arena = arena_open();
    use_and_check(arena);
    arena_close(arena);
    return refused ? argument : NULL;
}

/* A thread without memory for an arena does without, and gets one later; it ends with the thread.
 */
static void test_a_thread_has_its_own(void **state)
{
    (void)state;
    pthread_t thread;
    static char argument;
    void *refused;
    assert_int_equal(pthread_create(&thread, NULL, use_without_memory, &argument), 0);
    assert_int_equal(pthread_join(thread, &refused), 0);
    assert_non_null(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_used_again),        cmocka_unit_test(test_one_task_has_it),
        cmocka_unit_test(test_too_much_is_refused),  cmocka_unit_test(test_the_hook_counts),
        cmocka_unit_test(test_a_thread_has_its_own),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
