/* Pictures of every PNG kind come through exactly; all others are refused. */
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

static enum status decode(const void *bytes, size_t size, enum image_polarity polarity,
                          float *pixels)
{
    struct error error = {0};
    /* a block of exactly that size, so that a sanitizer sees reads beyond it */
    uint8_t *copy = mem_copy(bytes, size);
    enum status status = image_decode_png(copy, size, polarity, SIDE, SIDE, pixels, &error);
    mem_free(copy);
    assert_int_equal(error.status, status);
    assert_true(status == STATUS_OK || strlen(error.detail) > 10);
    return status;
}

static void decode_picture(const struct picture *picture, enum image_polarity polarity,
                           float *pixels)
{
    struct buf buf;
    make_png(&buf, picture);
    assert_int_equal(decode(buf.bytes, buf.size, polarity, pixels), STATUS_OK);
    buf_free(&buf);
}

static void test_grey_of_28_comes_through(void **state)
{
    (void)state;
    uint8_t grey[PIXELS];
    float pixels[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        grey[i] = (uint8_t)(i * 7);
    const struct picture picture = {SIDE, SIDE, 8, GREY, 0, .pixels = grey};
    decode_picture(&picture, IMAGE_POLARITY_KEEP, pixels);
    for (int i = 0; i < PIXELS; i++)
        assert_true(pixels[i] == (float)grey[i] / 255);
    decode_picture(&picture, IMAGE_POLARITY_INVERT, pixels);
    for (int i = 0; i < PIXELS; i++)
        assert_true(fabs((double)pixels[i] - (255 - grey[i]) / 255.0) < 1e-7);
}

static void test_pixels_of_a_header(void **state)
{
    (void)state;
    uint8_t grey[PIXELS] = {0};
    struct buf buf;
    make_png(&buf, &(struct picture){SIDE, 14, 8, GREY, 0, .pixels = grey});
    assert_int_equal(image_num_pixels(buf.bytes, buf.size), SIDE * 14);
    assert_int_equal(image_num_pixels(buf.bytes, 33), SIDE * 14);
    assert_int_equal(image_num_pixels(buf.bytes, 32), 0);
    assert_int_equal(image_num_pixels(NULL, 0), 0);
    memset(buf.bytes + 16, 0xff, 8);
    assert_true(image_num_pixels(buf.bytes, buf.size) == UINT64_C(0xfffffffe00000001));
    buf.bytes[0]++;
    assert_int_equal(image_num_pixels(buf.bytes, buf.size), 0);
    buf_free(&buf);
}

/* The same picture in every kind and depth gives the same floats, to the bit. */
static void test_kinds_agree(void **state)
{
    (void)state;
    static uint8_t packed[PIXELS * 8];
    uint8_t palette[256 * 3];
    float wanted[PIXELS], pixels[PIXELS];
    for (int i = 0; i < 256 * 3; i++)
        palette[i] = (uint8_t)(i / 3);
    for (int i = 0; i < PIXELS; i++)
        wanted[i] = (float)(i % 256) / 255;
    const struct picture kinds[] = {
        {SIDE, SIDE, 8, GREY, 0, packed, NULL, NULL, 0, 0},
        {SIDE, SIDE, 16, GREY, 0, packed, NULL, NULL, 0, 0},
        {SIDE, SIDE, 8, RGB, 0, packed, NULL, NULL, 0, 0},
        {SIDE, SIDE, 16, RGB, 0, packed, NULL, NULL, 0, 0},
        {SIDE, SIDE, 8, PALETTE, 0, packed, palette, NULL, sizeof palette, 0},
        {SIDE, SIDE, 8, GREY_ALPHA, 0, packed, NULL, NULL, 0, 0},
        {SIDE, SIDE, 8, RGBA, 0, packed, NULL, NULL, 0, 0},
        {SIDE, SIDE, 16, RGBA, 0, packed, NULL, NULL, 0, 0}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t size = bits_of(&kinds[k]) / 8, width = (size_t)kinds[k].depth / 8;
        int alpha = kinds[k].kind >= GREY_ALPHA;
        for (size_t i = 0; i < PIXELS; i++)
            for (size_t b = 0; b < size; b++)
                packed[i * size + b] = alpha && b >= size - width ? 255 : (uint8_t)i;
        decode_picture(&kinds[k], IMAGE_POLARITY_KEEP, pixels);
        assert_memory_equal(pixels, wanted, sizeof wanted);
    }
}

static void test_few_bits(void **state)
{
    (void)state;
    uint8_t packed[PIXELS];
    float pixels[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        packed[i] = (uint8_t)(i * 31);
    for (int depth = 1; depth <= 4; depth *= 2) {
        const struct picture picture = {SIDE, SIDE, depth, GREY, 0, .pixels = packed};
        int row_size = (SIDE * depth + 7) / 8, most = (1 << depth) - 1;
        decode_picture(&picture, IMAGE_POLARITY_KEEP, pixels);
        for (int i = 0; i < PIXELS; i++) {
            int bit = i % SIDE * depth;
            int value = packed[i / SIDE * row_size + bit / 8] >> (8 - depth - bit % 8) & most;
            assert_true(pixels[i] == (float)value / (float)most);
        }
    }
}

static void test_sixteen_bits_are_not_shifted(void **state)
{
    (void)state;
    uint8_t deep[PIXELS * 2];
    float pixels[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        deep[2 * i] = (uint8_t)((i * 83) >> 8);
        deep[2 * i + 1] = (uint8_t)(i * 83);
    }
    const struct picture picture = {SIDE, SIDE, 16, GREY, 0, .pixels = deep};
    decode_picture(&picture, IMAGE_POLARITY_KEEP, pixels);
    for (int i = 0; i < PIXELS; i++)
        assert_true(fabs((double)pixels[i] - (i * 83) / 65535.0) < 1e-7);
}

static void test_colour_by_luma(void **state)
{
    (void)state;
    uint8_t rgb[PIXELS * 3] = {0};
    float pixels[PIXELS];
    rgb[0] = rgb[4] = rgb[8] = 255;
    const struct picture picture = {SIDE, SIDE, 8, RGB, 0, .pixels = rgb};
    decode_picture(&picture, IMAGE_POLARITY_KEEP, pixels);
    assert_true(fabs((double)pixels[0] - 0.299) < 1e-7);
    assert_true(fabs((double)pixels[1] - 0.587) < 1e-7);
    assert_true(fabs((double)pixels[2] - 0.114) < 1e-7);
    assert_true(pixels[3] == 0);
}

/* The rows of the seven passes, each with its filter byte. */
static size_t interlace(const uint8_t *grey, int width, int height, uint8_t *rows)
{
    const int first_x[] = {0, 4, 0, 2, 0, 1, 0}, step_x[] = {8, 8, 4, 4, 2, 2, 1};
    const int first_y[] = {0, 0, 4, 0, 2, 0, 1}, step_y[] = {8, 8, 8, 4, 4, 2, 2};
    size_t size = 0;
    for (int pass = 0; pass < 7; pass++)
        for (int y = first_y[pass]; y < height && first_x[pass] < width; y += step_y[pass]) {
            rows[size++] = 0;
            for (int x = first_x[pass]; x < width; x += step_x[pass])
                rows[size++] = grey[y * width + x];
        }
    return size;
}

static void test_interlaced(void **state)
{
    (void)state;
    const int sides[][2] = {{28, 28}, {1, 1}, {2, 3}, {5, 1}, {1, 9}, {57, 40}, {90, 131}};
    static uint8_t grey[90 * 131], rows[90 * 131 + 1000];
    float plain[PIXELS], laced[PIXELS];
    for (size_t i = 0; i < sizeof grey; i++)
        grey[i] = (uint8_t)(i * i / 7);
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        struct picture picture = {sides[s][0], sides[s][1], 8, GREY, 0, .pixels = grey};
        decode_picture(&picture, IMAGE_POLARITY_AUTO, plain);
        struct buf buf;
        picture.interlaced = 1;
        put_begin(&buf, &picture);
        put_stored(&buf, rows, interlace(grey, sides[s][0], sides[s][1], rows));
        put_chunk(&buf, "IEND", NULL, 0);
        assert_int_equal(decode(buf.bytes, buf.size, IMAGE_POLARITY_AUTO, laced), STATUS_OK);
        buf_free(&buf);
        for (int i = 0; i < PIXELS; i++)
            assert_true(fabs((double)plain[i] - (double)laced[i]) < 1e-6);
    }
}

/* A square of `stroke` on a ground, in grey and alpha; gives the pixel of the middle, the edge. */
static void decode_square(uint8_t stroke, uint8_t ground, uint8_t ground_alpha,
                          enum image_polarity polarity, double *middle, double *edge)
{
    uint8_t packed[PIXELS * 2];
    float pixels[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        int inside = i % SIDE >= 10 && i % SIDE < 18 && i / SIDE >= 10 && i / SIDE < 18;
        packed[2 * i] = inside ? stroke : ground;
        packed[2 * i + 1] = inside ? 255 : ground_alpha;
    }
    const struct picture picture = {SIDE, SIDE, 8, GREY_ALPHA, 0, .pixels = packed};
    decode_picture(&picture, polarity, pixels);
    *middle = (double)pixels[14 * SIDE + 14];
    *edge = (double)pixels[0];
}

static void test_polarity(void **state)
{
    (void)state;
    const struct {
        uint8_t stroke, ground, ground_alpha;
        enum image_polarity polarity;
        double middle, edge;
    } cases[] = {
        {255, 0, 255, IMAGE_POLARITY_KEEP, 1, 0},   {0, 255, 255, IMAGE_POLARITY_KEEP, 0, 1},
        {255, 77, 0, IMAGE_POLARITY_KEEP, 1, 0},    {0, 77, 0, IMAGE_POLARITY_KEEP, 0, 0},
        {0, 255, 255, IMAGE_POLARITY_INVERT, 1, 0}, {255, 0, 255, IMAGE_POLARITY_INVERT, 0, 1},
        {0, 77, 0, IMAGE_POLARITY_INVERT, 1, 0},    {255, 77, 0, IMAGE_POLARITY_INVERT, 0, 0},
        {255, 0, 255, IMAGE_POLARITY_AUTO, 1, 0},   {0, 255, 255, IMAGE_POLARITY_AUTO, 1, 0},
        {0, 0, 0, IMAGE_POLARITY_AUTO, 1, 0},       {0, 255, 0, IMAGE_POLARITY_AUTO, 1, 0},
        {255, 0, 0, IMAGE_POLARITY_AUTO, 1, 0},     {255, 255, 0, IMAGE_POLARITY_AUTO, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double middle, edge;
        decode_square(cases[i].stroke, cases[i].ground, cases[i].ground_alpha, cases[i].polarity,
                      &middle, &edge);
        assert_true(middle == cases[i].middle);
        assert_true(edge == cases[i].edge);
    }
    double middle, edge;
    decode_square(100, 0, 51, IMAGE_POLARITY_INVERT, &middle, &edge);
    assert_true(fabs(edge - 0.2) < 1e-6);
}

static void test_transparent_palette(void **state)
{
    (void)state;
    uint8_t index[PIXELS] = {0};
    const uint8_t palette[] = {255, 255, 255, 0, 0, 0, 255, 255, 255}, alpha[] = {0, 255, 128};
    float pixels[PIXELS];
    index[1] = 1;
    index[2] = 2;
    const struct picture picture = {SIDE,  SIDE,    8,     PALETTE,        0,
                                    index, palette, alpha, sizeof palette, sizeof alpha};
    decode_picture(&picture, IMAGE_POLARITY_KEEP, pixels);
    assert_true(pixels[0] == 0 && pixels[1] == 0);
    assert_true(fabs((double)pixels[2] - 128 / 255.0) < 1e-7);
    decode_picture(&picture, IMAGE_POLARITY_INVERT, pixels);
    assert_true(pixels[0] == 0 && pixels[1] == 1 && pixels[2] == 0);
}

static void test_shrinks_and_grows(void **state)
{
    (void)state;
    static uint8_t grey[280 * 280];
    float pixels[PIXELS];
    for (int i = 0; i < 280 * 280; i++)
        grey[i] = (uint8_t)(i / 2800 * 8 + i % 280 / 10 * 3 % 10 - i % 10 + 9);
    decode_picture(&(struct picture){280, 280, 8, GREY, 0, .pixels = grey}, IMAGE_POLARITY_KEEP,
                   pixels);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double mean = y * 8 + x * 3 % 10 + 4.5;
            assert_true(fabs((double)pixels[y * SIDE + x] - mean / 255) < 1e-6);
        }
    const uint8_t two[] = {255, 51};
    const struct picture wide = {2, 1, 8, GREY, 0, .pixels = two};
    float inverted[PIXELS];
    decode_picture(&wide, IMAGE_POLARITY_KEEP, pixels);
    decode_picture(&wide, IMAGE_POLARITY_INVERT, inverted);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            bool covered = y >= 7 && y < 21; /* what is not stays black either way */
            double wanted = !covered ? 0 : x < 14 ? 1 : 0.2;
            assert_true(fabs((double)pixels[y * SIDE + x] - wanted) < 1e-7);
            wanted = covered ? 1 - wanted : 0;
            assert_true(fabs((double)inverted[y * SIDE + x] - wanted) < 1e-7);
        }
}

static void test_resize(void **state)
{
    (void)state;
    float source[9 * 12], same[9 * 12], pixels[PIXELS];
    double sum = 0, scaled = 0;
    for (int i = 0; i < 9 * 12; i++)
        sum += (double)(source[i] = (float)(i % 17) / 16);
    image_resize(source, 9, 12, same, 9, 12);
    assert_memory_equal(source, same, sizeof source);
    image_resize(source, 9, 12, pixels, SIDE, SIDE);
    for (int i = 0; i < PIXELS; i++)
        scaled += (double)pixels[i];
    /* area averaging keeps the mean over the covered 21 x 28 */
    assert_true(fabs(scaled / (21 * 28) - sum / (9 * 12)) < 1e-6);
    for (int y = 0; y < SIDE; y++)
        assert_true(pixels[y * SIDE] == 0 && pixels[y * SIDE + SIDE - 1] == 0);
    float one = 0.25F;
    image_resize(&one, 1, 1, pixels, SIDE, SIDE);
    for (int i = 0; i < PIXELS; i++)
        assert_true(pixels[i] == 0.25F);
}

static void test_refuses_other_kinds(void **state)
{
    (void)state;
    float pixels[PIXELS];
    const struct {
        const char *bytes;
        size_t size;
        const char *name;
    } kinds[] = {{"\xff\xd8\xff\xe0\0\x10JFIF", 10, "JPEG"},
                 {"GIF89a\1\0", 8, "GIF"},
                 {"RIFF\x10\0\0\0WEBPVP8 ", 16, "WebP"},
                 {"RIFF\x10\0\0\0WAVEfmt ", 16, "WAV"},
                 {"{\"a\":1}", 7, "JSON"},
                 {"some text", 9, "PNG is read"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct error error;
        enum status status = image_decode_png((const uint8_t *)kinds[i].bytes, kinds[i].size,
                                              IMAGE_POLARITY_KEEP, SIDE, SIDE, pixels, &error);
        assert_int_equal(status, STATUS_UNSUPPORTED_MEDIA);
        assert_non_null(strstr(error.detail, kinds[i].name));
    }
    assert_int_equal(decode("", 0, IMAGE_POLARITY_KEEP, pixels), STATUS_EMPTY);
}

static void test_truncated_and_damaged(void **state)
{
    (void)state;
    uint8_t grey[PIXELS] = {1, 2, 3};
    float pixels[PIXELS];
    struct buf buf;
    make_png(&buf, &(struct picture){SIDE, SIDE, 8, GREY, 0, .pixels = grey});
    for (size_t size = 1; size < buf.size; size++)
        assert_int_equal(decode(buf.bytes, size, IMAGE_POLARITY_KEEP, pixels), STATUS_MALFORMED);
    for (size_t i = 8; i < buf.size; i++) {
        uint8_t original = buf.bytes[i];
        buf.bytes[i] ^= 0x21;
        enum status status = decode(buf.bytes, buf.size, IMAGE_POLARITY_KEEP, pixels);
        assert_true(status == STATUS_MALFORMED || status == STATUS_UNUSABLE);
        buf.bytes[i] = original;
    }
    buf_free(&buf);
}

static void check_sides(int width, int height, enum status wanted)
{
    uint8_t grey[1] = {0};
    float pixels[PIXELS];
    struct buf buf;
    put_begin(&buf, &(struct picture){width, height, 8, GREY, 0, .pixels = grey});
    put_stored(&buf, grey, 1);
    put_chunk(&buf, "IEND", NULL, 0);
    struct error error;
    mem_fail_after(0);
    enum status status =
        image_decode_png(buf.bytes, buf.size, IMAGE_POLARITY_KEEP, SIDE, SIDE, pixels, &error);
    mem_fail_never();
    assert_int_equal(status, wanted);
    buf_free(&buf);
}

static void test_sides_are_checked_before_anything_is_allocated(void **state)
{
    (void)state;
    check_sides(0, 10, STATUS_MALFORMED);
    check_sides(10, 0, STATUS_MALFORMED);
    check_sides(20000, 20000, STATUS_UNUSABLE);
    check_sides(IMAGE_MAX_SIDE + 1, 1, STATUS_UNUSABLE);
    check_sides(1, IMAGE_MAX_SIDE + 1, STATUS_UNUSABLE);
    check_sides(4096, 4097, STATUS_UNUSABLE);
    check_sides(-1, -1, STATUS_UNUSABLE);
    check_sides(4096, 4096, STATUS_NO_MEMORY);
}

/* Data beyond the last row would be inflated for nothing. */
static void test_more_data_than_pixels(void **state)
{
    (void)state;
    static uint8_t grey[100 * SIDE * SIDE];
    uint8_t rows[SIDE * (SIDE + 1) + 100] = {0};
    float pixels[PIXELS];
    struct buf buf;
    const struct picture picture = {SIDE, SIDE, 8, GREY, 0, .pixels = grey};
    put_begin(&buf, &picture);
    put_stored(&buf, rows, sizeof rows);
    put_chunk(&buf, "tEXt", grey, sizeof grey);
    put_chunk(&buf, "IEND", NULL, 0);
    assert_int_equal(decode(buf.bytes, buf.size, IMAGE_POLARITY_KEEP, pixels), STATUS_OK);
    buf_free(&buf);
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        struct picture bomb = picture;
        bomb.interlaced = interlaced;
        put_begin(&buf, &bomb);
        put_stored(&buf, grey, sizeof grey);
        put_chunk(&buf, "IEND", NULL, 0);
        assert_int_equal(decode(buf.bytes, buf.size, IMAGE_POLARITY_KEEP, pixels),
                         STATUS_MALFORMED);
        buf_free(&buf);
    }
}

/* Profiles and texts are skipped unread, so they cannot be bombs. */
static void test_other_chunks_are_not_looked_at(void **state)
{
    (void)state;
    uint8_t grey[PIXELS] = {200};
    static uint8_t junk[300000];
    float pixels[PIXELS];
    const struct picture picture = {SIDE, SIDE, 8, GREY, 0, .pixels = grey};
    const char *names[] = {"iCCP", "zTXt", "iTXt", "eXIf", "prVt", "gAMA", "acTL"};
    memcpy(junk, "x\0\0", 3);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf buf;
        put_begin(&buf, &picture);
        put_chunk(&buf, names[i], junk, sizeof junk);
        put_end(&buf, &picture);
        assert_int_equal(decode(buf.bytes, buf.size, IMAGE_POLARITY_KEEP, pixels), STATUS_OK);
        assert_true(pixels[0] == (float)200 / 255);
        buf_free(&buf);
    }
}

static void test_out_of_memory_in_decoding(void **state)
{
    (void)state;
    uint8_t grey[PIXELS] = {0};
    float pixels[PIXELS];
    struct buf buf;
    make_png(&buf, &(struct picture){SIDE, SIDE, 8, GREY, 0, .pixels = grey});
    enum status status = STATUS_NO_MEMORY;
    int failures = -1;
    while (status == STATUS_NO_MEMORY) {
        struct error error = {0};
        mem_fail_after(++failures);
        status =
            image_decode_png(buf.bytes, buf.size, IMAGE_POLARITY_KEEP, SIDE, SIDE, pixels, &error);
        mem_fail_never();
        assert_int_equal(error.status, status);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(failures > 6);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grey_of_28_comes_through),
        cmocka_unit_test(test_pixels_of_a_header),
        cmocka_unit_test(test_kinds_agree),
        cmocka_unit_test(test_few_bits),
        cmocka_unit_test(test_sixteen_bits_are_not_shifted),
        cmocka_unit_test(test_colour_by_luma),
        cmocka_unit_test(test_interlaced),
        cmocka_unit_test(test_polarity),
        cmocka_unit_test(test_transparent_palette),
        cmocka_unit_test(test_shrinks_and_grows),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_refuses_other_kinds),
        cmocka_unit_test(test_truncated_and_damaged),
        cmocka_unit_test(test_sides_are_checked_before_anything_is_allocated),
        cmocka_unit_test(test_more_data_than_pixels),
        cmocka_unit_test(test_other_chunks_are_not_looked_at),
        cmocka_unit_test(test_out_of_memory_in_decoding),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
