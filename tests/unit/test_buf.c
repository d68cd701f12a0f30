/* A buffer grows up to its cap, keeps its content when it cannot, and gives its bytes away. */
#include "core/base/buf.h"
#include "core/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_starts_empty(void **state)
{
    (void)state;
    struct buf buf;
    mem_fail_after(0);
    buf_init(&buf, 10);
    mem_fail_never();
    assert_null(buf.bytes);
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf.cap, 10);
    buf_free(&buf);
}

static void test_appends_and_terminates(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100000);
    for (uint32_t i = 0; i < 20000; i++) {
        uint8_t bytes[3] = {(uint8_t)i, (uint8_t)(i >> 8), 0xff};
        assert_int_equal(buf_append(&buf, bytes, sizeof bytes), STATUS_OK);
        assert_int_equal(buf.bytes[buf.size], 0);
    }
    assert_int_equal(buf.size, 60000);
    for (uint32_t i = 0; i < 20000; i++) {
        assert_int_equal(buf.bytes[3 * i], i & 0xff);
        assert_int_equal(buf.bytes[3 * i + 1], i >> 8);
        assert_int_equal(buf.bytes[3 * i + 2], 0xff);
    }
    buf_free(&buf);
    assert_null(buf.bytes);
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf_append_string(&buf, "again"), STATUS_OK);
    assert_string_equal((char *)buf.bytes, "again");
    buf_free(&buf);
}

static void test_nothing_appended_is_still_a_string(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_int_equal(buf_append(&buf, NULL, 0), STATUS_OK);
    assert_non_null(buf.bytes);
    assert_int_equal(buf.bytes[0], 0);
    assert_int_equal(buf.size, 0);
    buf_free(&buf);
}

static void test_cap_is_exact(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    assert_int_equal(buf_append(&buf, "123456", 6), STATUS_TOO_LARGE);
    assert_int_equal(buf_append(&buf, "123", 3), STATUS_OK);
    assert_int_equal(buf_append(&buf, "456", 3), STATUS_TOO_LARGE);
    assert_int_equal(buf_append(&buf, "x", SIZE_MAX), STATUS_TOO_LARGE);
    assert_int_equal(buf_printf(&buf, "%d", 456), STATUS_TOO_LARGE);
    assert_int_equal(buf_reserve(&buf, 6), STATUS_TOO_LARGE);
    assert_string_equal((char *)buf.bytes, "123");
    assert_int_equal(buf_printf(&buf, "%d", 45), STATUS_OK);
    assert_string_equal((char *)buf.bytes, "12345");
    assert_int_equal(buf.size, 5);
    assert_int_equal(buf_append(&buf, "6", 1), STATUS_TOO_LARGE);
    buf_free(&buf);
}

static void test_printf_formats_and_appends(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4096);
    assert_int_equal(buf_printf(&buf, "%s=%d", "steps", 15), STATUS_OK);
    assert_int_equal(buf_printf(&buf, ";%1000s|", "wide"), STATUS_OK);
    assert_int_equal(buf.size, 8 + 1 + 1000 + 1);
    assert_memory_equal(buf.bytes, "steps=15;   ", 12);
    assert_string_equal((char *)buf.bytes + buf.size - 5, "wide|");
    buf_free(&buf);
}

static void test_reserve_makes_room_once(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    assert_int_equal(buf_append_string(&buf, "head"), STATUS_OK);
    assert_int_equal(buf_reserve(&buf, 100000), STATUS_OK);
    assert_string_equal((char *)buf.bytes, "head");
    assert_int_equal(buf.size, 4);
    mem_fail_after(0);
    char filler[1000];
    memset(filler, 'f', sizeof filler);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && buf.size + sizeof filler <= 100000)
        status = buf_append(&buf, filler, sizeof filler);
    mem_fail_never();
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(buf.size, 99004);
    buf_free(&buf);
}

static void test_take_hands_over(void **state)
{
    (void)state;
    struct buf buf;
    size_t size = 99;
    buf_init(&buf, 64);
    assert_null(buf_take(&buf, &size));
    assert_int_equal(size, 0);
    assert_int_equal(buf_append_string(&buf, "mine"), STATUS_OK);
    uint8_t *bytes = buf_take(&buf, &size);
    assert_int_equal(size, 4);
    assert_string_equal((char *)bytes, "mine");
    assert_null(buf.bytes);
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf_append_string(&buf, "yours"), STATUS_OK);
    assert_string_equal((char *)bytes, "mine");
    mem_free(bytes);
    buf_free(&buf);
}

static void test_out_of_memory_keeps_the_content(void **state)
{
    (void)state;
    struct buf buf;
    char filler[1024];
    memset(filler, 'f', sizeof filler);
    filler[sizeof filler - 1] = '\0';
    buf_init(&buf, 1 << 20);
    mem_fail_after(0);
    assert_int_equal(buf_append_string(&buf, "first"), STATUS_NO_MEMORY);
    assert_int_equal(buf_printf(&buf, "%d", 1), STATUS_NO_MEMORY);
    mem_fail_never();
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf_append_string(&buf, "kept"), STATUS_OK);
    mem_fail_after(0);
    assert_int_equal(buf_append(&buf, filler, sizeof filler), STATUS_NO_MEMORY);
    assert_int_equal(buf_printf(&buf, "%s", filler), STATUS_NO_MEMORY);
    assert_int_equal(buf_reserve(&buf, 5000), STATUS_NO_MEMORY);
    mem_fail_never();
    assert_int_equal(buf.size, 4);
    assert_string_equal((char *)buf.bytes, "kept");
    buf_free(&buf);
}

static void test_borrowed_storage_is_the_cap(void **state)
{
    (void)state;
    struct buf buf;
    uint8_t storage[8];
    mem_fail_after(0);
    buf_borrow(&buf, storage, sizeof storage);
    assert_int_equal(buf_append_string(&buf, "1234567"), STATUS_OK);
    assert_int_equal(buf_append(&buf, "8", 1), STATUS_TOO_LARGE);
    mem_fail_never();
    assert_ptr_equal(buf.bytes, storage);
    assert_string_equal((char *)storage, "1234567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_empty),
        cmocka_unit_test(test_appends_and_terminates),
        cmocka_unit_test(test_nothing_appended_is_still_a_string),
        cmocka_unit_test(test_cap_is_exact),
        cmocka_unit_test(test_printf_formats_and_appends),
        cmocka_unit_test(test_reserve_makes_room_once),
        cmocka_unit_test(test_take_hands_over),
        cmocka_unit_test(test_out_of_memory_keeps_the_content),
        cmocka_unit_test(test_borrowed_storage_is_the_cap),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
