/* What is written reads back, is the same each time, and is an animation by the book. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "tests/unit/png_maker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

static void test_grey_byte(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++)
        assert_int_equal(image_grey_byte((float)i / 255), i);
    assert_int_equal(image_grey_byte(-1), 0);
    assert_int_equal(image_grey_byte(2), 255);
    assert_int_equal(image_grey_byte(NAN), 0);
    assert_int_equal(image_grey_byte(INFINITY), 255);
    assert_int_equal(image_grey_byte(0.5F), 128);
}

static enum status decode(const void *bytes, size_t size, float *pixels)
{
    struct error error = {0};
    /* a block of exactly that size, so that a sanitizer sees reads beyond it */
    uint8_t *copy = mem_copy(bytes, size);
    enum status status =
        image_decode_png(copy, size, IMAGE_POLARITY_KEEP, SIDE, SIDE, pixels, &error);
    mem_free(copy);
    assert_int_equal(error.status, status);
    assert_true(status == STATUS_OK || strlen(error.detail) > 10);
    return status;
}

static void fill(uint8_t *grey, size_t size, int seed)
{
    for (size_t i = 0; i < size; i++)
        grey[i] = (uint8_t)(i * i * (size_t)seed + i);
}

static void test_what_is_written_can_be_read(void **state)
{
    (void)state;
    uint8_t grey[PIXELS];
    float pixels[PIXELS];
    fill(grey, PIXELS, 3);
    const int scales[] = {1, 2, 10, IMAGE_MAX_SCALE};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        struct buf buf, twin;
        buf_init(&buf, 1 << 20);
        buf_init(&twin, 1 << 20);
        assert_int_equal(image_encode_png(grey, SIDE, SIDE, scales[s], &buf, NULL), STATUS_OK);
        assert_int_equal(image_encode_png(grey, SIDE, SIDE, scales[s], &twin, NULL), STATUS_OK);
        assert_int_equal(buf.size, twin.size);
        assert_memory_equal(buf.bytes, twin.bytes, buf.size);
        assert_int_equal(get_u32(buf.bytes + 16), SIDE * scales[s]);
        assert_int_equal(decode(buf.bytes, buf.size, pixels), STATUS_OK);
        for (int i = 0; i < PIXELS; i++)
            assert_int_equal(image_grey_byte(pixels[i]), grey[i]);
        buf_free(&buf);
        buf_free(&twin);
    }
}

static void test_encoding_appends_or_leaves_alone(void **state)
{
    (void)state;
    uint8_t grey[PIXELS] = {0};
    struct buf buf;
    buf_init(&buf, 40);
    assert_int_equal(buf_append_string(&buf, "before"), STATUS_OK);
    struct error error = {0};
    assert_int_equal(image_encode_png(grey, SIDE, SIDE, 1, &buf, &error), STATUS_TOO_LARGE);
    assert_int_equal(error.status, STATUS_TOO_LARGE);
    assert_int_equal(image_encode_apng(grey, 1, SIDE, SIDE, 1, 1, 1, &buf, &error),
                     STATUS_TOO_LARGE);
    assert_int_equal(image_encode_png(grey, SIDE, SIDE, 0, &buf, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(image_encode_png(grey, SIDE, SIDE, 33, &buf, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(image_encode_png(grey, 0, SIDE, 1, &buf, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(image_encode_apng(grey, 0, SIDE, SIDE, 1, 1, 1, &buf, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(image_encode_apng(grey, 1, SIDE, SIDE, 1, -1, 1, &buf, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(image_encode_apng(grey, 1, SIDE, SIDE, 1, 1, 65536, &buf, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal((char *)buf.bytes, "before");
    assert_int_equal(buf.size, 6);
    buf_free(&buf);
}

/* What an animation is made of, in the order of its chunks. */
struct animation {
    int controls, datas, images;
    uint32_t frames, plays, sequence;
    unsigned delays_ms[8];
    struct buf data; /* of the last frame */
    struct buf image;
};

static void check_control(const uint8_t *data, uint32_t size, struct animation *animation)
{
    assert_int_equal(size, 26);
    assert_int_equal(get_u32(data), animation->sequence++);
    assert_int_equal(get_u32(data + 4), 2 * SIDE);
    assert_int_equal(get_u32(data + 8), 2 * SIDE);
    assert_int_equal(get_u32(data + 12), 0);
    assert_int_equal(get_u32(data + 16), 0);
    assert_int_equal(data[22] << 8 | data[23], 1000);
    assert_int_equal(data[24], 0);
    assert_int_equal(data[25], 0);
    animation->delays_ms[animation->controls++ % 8] = (unsigned)(data[20] << 8 | data[21]);
    animation->data.size = 0;
}

static void check_chunk(const uint8_t *chunk, uint32_t size, struct animation *animation)
{
    const uint8_t *data = chunk + 8;
    assert_int_equal(get_u32(data + size), crc_of(chunk + 4, size + 4));
    if (!memcmp(chunk + 4, "acTL", 4)) {
        assert_int_equal(animation->images, 0);
        animation->frames = get_u32(data);
        animation->plays = get_u32(data + 4);
    } else if (!memcmp(chunk + 4, "IDAT", 4)) {
        assert_int_equal(animation->controls, 0);
        animation->images++;
        assert_int_equal(buf_append(&animation->image, data, size), STATUS_OK);
    } else if (!memcmp(chunk + 4, "fcTL", 4)) {
        check_control(data, size, animation);
    } else if (!memcmp(chunk + 4, "fdAT", 4)) {
        assert_int_equal(get_u32(data), animation->sequence++);
        animation->datas++;
        assert_int_equal(buf_append(&animation->data, data + 4, size - 4), STATUS_OK);
    }
}

static void test_animation(void **state)
{
    (void)state;
    static uint8_t frames[5 * PIXELS];
    float pixels[PIXELS];
    struct buf buf;
    struct animation animation = {0};
    fill(frames, sizeof frames, 5);
    buf_init(&buf, 1 << 20);
    buf_init(&animation.data, 1 << 20);
    buf_init(&animation.image, 1 << 20);
    assert_int_equal(image_encode_apng(frames, 5, SIDE, SIDE, 2, 70, 1500, &buf, NULL), STATUS_OK);
    const uint8_t *end = buf.bytes + buf.size, *chunk = buf.bytes + 8;
    while (chunk < end) {
        uint32_t size = get_u32(chunk);
        check_chunk(chunk, size, &animation);
        chunk += size + 12;
    }
    assert_true(chunk == end);
    assert_int_equal(animation.frames, 5);
    assert_int_equal(animation.plays, 0);
    assert_int_equal(animation.controls, 5);
    assert_true(animation.datas >= 5 && animation.images >= 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(animation.delays_ms[i], i < 4 ? 70 : 1500);
    /* who does not animate sees the last frame */
    assert_int_equal(animation.data.size, animation.image.size);
    assert_memory_equal(animation.data.bytes, animation.image.bytes, animation.image.size);
    assert_int_equal(decode(buf.bytes, buf.size, pixels), STATUS_OK);
    for (int i = 0; i < PIXELS; i++)
        assert_int_equal(image_grey_byte(pixels[i]), frames[4 * PIXELS + i]);
    buf_free(&animation.data);
    buf_free(&animation.image);
    buf_free(&buf);
}

static void test_out_of_memory_in_encoding(void **state)
{
    (void)state;
    static uint8_t frames[3 * PIXELS];
    for (int animated = 0; animated < 2; animated++) {
        enum status status = STATUS_NO_MEMORY;
        int failures = -1;
        struct buf buf;
        buf_init(&buf, 1 << 20);
        while (status == STATUS_NO_MEMORY) {
            struct error error = {0};
            assert_int_equal(buf.size, 0);
            mem_fail_after(++failures);
            status = animated ? image_encode_apng(frames, 3, SIDE, SIDE, 1, 9, 9, &buf, &error)
                              : image_encode_png(frames, SIDE, SIDE, 1, &buf, &error);
            mem_fail_never();
            assert_int_equal(error.status, status);
        }
        assert_int_equal(status, STATUS_OK);
        assert_true(failures > 4);
        buf_free(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grey_byte),
        cmocka_unit_test(test_what_is_written_can_be_read),
        cmocka_unit_test(test_encoding_appends_or_leaves_alone),
        cmocka_unit_test(test_animation),
        cmocka_unit_test(test_out_of_memory_in_encoding),
    };
    return cmocka_run_group_tests_name("image_write", tests, NULL, NULL);
}
