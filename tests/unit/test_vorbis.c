/* Vorbis headers: whole ones pass, and none that is cut or damaged in any place. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/vorbis.h"

#include <ogg/ogg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MEDIA SPIKELOOM_SOURCE_DIR "/tests/unit/media/"

static struct buf vorbis;

static int read_file(const char *path, struct buf *content)
{
    buf_init(content, 1 << 20);
    return file_read(path, content, NULL) == STATUS_OK ? 0 : -1;
}

static int open_vorbis(void **state)
{
    (void)state;
    return read_file(MEDIA "vorbis.ogg", &vorbis);
}

static int close_vorbis(void **state)
{
    (void)state;
    buf_free(&vorbis);
    return 0;
}

/* Size of the page at `place`: its header with the table of segments, and these. */
static size_t page_size(const uint8_t *bytes, size_t place)
{
    size_t segments = bytes[place + 26], size = 27 + segments;
    for (size_t i = 0; i < segments; i++)
        size += bytes[place + 27 + i];
    return size;
}

/* The headers end with the second page. */
static size_t headers_size(void)
{
    size_t first = page_size(vorbis.bytes, 0);
    return first + page_size(vorbis.bytes, first);
}

static void repair_page(uint8_t *bytes, size_t place)
{
    size_t head = 27 + (size_t)bytes[place + 26];
    ogg_page page = {.header = bytes + place,
                     .header_len = (long)head,
                     .body = bytes + place + head,
                     .body_len = (long)(page_size(bytes, place) - head)};
    ogg_page_checksum_set(&page);
}

static void test_whole_headers_pass(void **state)
{
    (void)state;
    assert_true(vorbis_headers_are_sound(vorbis.bytes, vorbis.size));
    assert_true(vorbis_headers_are_sound(vorbis.bytes, headers_size()));
}

static void test_other_files_pass(void **state)
{
    (void)state;
    static const char *const names[] = {MEDIA "opus.ogg", MEDIA "tone.wav", MEDIA "tone.flac"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf content;
        assert_int_equal(read_file(names[i], &content), 0);
        for (size_t size = i == 0 ? page_size(content.bytes, 0) : 0; size < 200; size++)
            assert_true(vorbis_headers_are_sound(content.bytes, size));
        assert_true(vorbis_headers_are_sound(content.bytes, content.size));
        buf_free(&content);
    }
}

static void test_cut_headers_do_not(void **state)
{
    (void)state;
    for (size_t size = 35; size < headers_size(); size += 7) {
        uint8_t *copy = mem_copy(vorbis.bytes, size);
        assert_non_null(copy);
        assert_false(vorbis_headers_are_sound(copy, size));
        mem_free(copy);
    }
}

static void test_damage_is_seen_with_and_without_its_sum(void **state)
{
    (void)state;
    size_t first = page_size(vorbis.bytes, 0);
    uint8_t *copy = mem_copy(vorbis.bytes, vorbis.size);
    assert_non_null(copy);
    copy[first + 60] ^= 1; /* within the comment */
    assert_false(vorbis_headers_are_sound(copy, vorbis.size));
    copy[first + 60] ^= 1;
    copy[28 + 7] ^= 1; /* the version in the first header */
    repair_page(copy, 0);
    assert_false(vorbis_headers_are_sound(copy, vorbis.size));
    mem_free(copy);
    copy = mem_copy(vorbis.bytes, vorbis.size);
    assert_non_null(copy);
    copy[headers_size() - 1] = 0; /* the last byte of the third header, with its framing bit */
    repair_page(copy, first);
    assert_false(vorbis_headers_are_sound(copy, vorbis.size));
    mem_free(copy);
}

/* libsndfile looks for the next page where the first is none. */
static void test_a_file_begins_with_a_page(void **state)
{
    (void)state;
    static const char junk[] = "OggS\xff\xff.WAVE";
    struct buf file;
    buf_init(&file, 1 << 20);
    assert_int_equal(buf_append(&file, junk, sizeof junk), STATUS_OK);
    assert_int_equal(buf_append(&file, vorbis.bytes, vorbis.size), STATUS_OK);
    assert_false(vorbis_headers_are_sound(file.bytes, file.size));
    assert_false(vorbis_headers_are_sound(file.bytes, sizeof junk));
    buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_headers_pass),
        cmocka_unit_test(test_other_files_pass),
        cmocka_unit_test(test_cut_headers_do_not),
        cmocka_unit_test(test_damage_is_seen_with_and_without_its_sum),
        cmocka_unit_test(test_a_file_begins_with_a_page),
    };
    return cmocka_run_group_tests_name("vorbis", tests, open_vorbis, close_vorbis);
}
