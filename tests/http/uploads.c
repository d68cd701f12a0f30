/*
 * Makes uploads for the tests of the daemon.
 *
 *   uploads variants FOLDER COUNT FILE.wav...   COUNT different recordings NNN.wav of these:
 *                                               another gain, another length of silence after it
 *   uploads quiet OUT.wav RATE SECONDS          8-bit silence
 *   uploads png OUT.png WIDTH HEIGHT            a whole black picture, 16-bit RGBA
 *   uploads png-header OUT.png WIDTH HEIGHT     the same promise, and no pixels
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { WAV_HEADER = 44, MAX_FILE = 1 << 20, PNG_PIXEL = 8, PNG_PIECE = 1 << 16 };

static void put_le(uint8_t *bytes, uint32_t value, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void put_be(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * (3 - i));
}

static void wav_header(uint8_t *header, uint32_t rate, uint32_t bytes_a_sample, uint32_t size)
{
    memcpy(header, "RIFF____WAVEfmt ", 16);
    put_le(header + 4, 36 + size, 4);
    put_le(header + 16, 16, 4);
    put_le(header + 20, 1, 2);
    put_le(header + 22, 1, 2);
    put_le(header + 24, rate, 4);
    put_le(header + 28, rate * bytes_a_sample, 4);
    put_le(header + 32, bytes_a_sample, 2);
    put_le(header + 34, 8 * bytes_a_sample, 2);
    memcpy(header + 36, "data", 4);
    put_le(header + 40, size, 4);
}

static FILE *open_output(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static int quiet(const char *path, uint32_t rate, uint32_t seconds)
{
    static uint8_t second[1 << 16];
    uint8_t header[WAV_HEADER];
    FILE *file = open_output(path);
    memset(second, 0x80, sizeof second);
    wav_header(header, rate, 1, rate * seconds);
    fwrite(header, 1, sizeof header, file);
    for (uint32_t i = 0; i < seconds; i++)
        fwrite(second, 1, rate, file);
    return fclose(file);
}

/* Reads a 16-bit mono WAV; the number of samples. */
static uint32_t read_wav(const char *path, uint8_t *bytes, uint32_t *rate)
{
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, MAX_FILE, file) : 0;
    if (file)
        fclose(file);
    if (size <= WAV_HEADER || memcmp(bytes + 36, "data", 4) != 0) {
        fprintf(stderr, "uploads: %s is not a plain WAV\n", path);
        exit(1);
    }
    *rate = bytes[24] | (uint32_t)bytes[25] << 8 | (uint32_t)bytes[26] << 16;
    return (uint32_t)(size - WAV_HEADER) / 2;
}

static void variant(const char *folder, int index, const char *source)
{
    static uint8_t bytes[MAX_FILE];
    uint32_t rate;
    char path[4096];
    uint32_t count = read_wav(source, bytes, &rate);
    uint32_t silence = (uint32_t)index;
    snprintf(path, sizeof path, "%s/%03d.wav", folder, index);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *sample = bytes + WAV_HEADER + 2 * i;
        int value = (int16_t)(sample[0] | sample[1] << 8);
        put_le(sample, (uint32_t)(value * (100 - index % 50) / 100), 2);
    }
    wav_header(bytes, rate, 2, 2 * (count + silence));
    FILE *file = open_output(path);
    fwrite(bytes, 1, WAV_HEADER + 2 * (size_t)count, file);
    for (uint32_t i = 0; i < silence; i++)
        fwrite("\0", 1, 2, file);
    fclose(file);
}

static void chunk(FILE *file, const char *type, const uint8_t *data, uint32_t size)
{
    uint8_t word[4];
    uLong crc = crc32(0, (const Bytef *)type, 4);
    if (size)
        crc = crc32(crc, data, size);
    put_be(word, size);
    fwrite(word, 1, 4, file);
    fwrite(type, 1, 4, file);
    fwrite(data, 1, size, file);
    put_be(word, (uint32_t)crc);
    fwrite(word, 1, 4, file);
}

static void png_pixels(FILE *file, uint32_t width, uint32_t height)
{
    static uint8_t packed[PNG_PIECE];
    z_stream stream = {0};
    uint8_t *row = calloc(1, (size_t)width * PNG_PIXEL + 1);
    if (!row || deflateInit(&stream, 9) != Z_OK)
        exit(1);
    for (uint32_t y = 0; y <= height; y++) {
        stream.next_in = row;
        stream.avail_in = y < height ? width * PNG_PIXEL + 1 : 0;
        do {
            stream.next_out = packed;
            stream.avail_out = sizeof packed;
            deflate(&stream, y < height ? Z_NO_FLUSH : Z_FINISH);
            if (stream.avail_out < sizeof packed)
                chunk(file, "IDAT", packed, (uint32_t)(sizeof packed - stream.avail_out));
        } while (stream.avail_out == 0);
    }
    deflateEnd(&stream);
    free(row);
}

static int png(const char *path, uint32_t width, uint32_t height, int with_pixels)
{
    uint8_t header[13] = {[8] = 16, [9] = 6};
    FILE *file = open_output(path);
    put_be(header, width);
    put_be(header + 4, height);
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, file);
    chunk(file, "IHDR", header, sizeof header);
    if (with_pixels)
        png_pixels(file, width, height);
    chunk(file, "IEND", NULL, 0);
    return fclose(file);
}

int main(int argc, char **argv)
{
    if (argc > 4 && strcmp(argv[1], "variants") == 0) {
        for (int i = 0; i < atoi(argv[3]); i++)
            variant(argv[2], i, argv[4 + i % (argc - 4)]);
        return 0;
    }
    if (argc == 5) {
        uint32_t first = (uint32_t)atoi(argv[3]), second = (uint32_t)atoi(argv[4]);
        if (strcmp(argv[1], "quiet") == 0 && first <= 1 << 16)
            return quiet(argv[2], first, second);
        if (strncmp(argv[1], "png", 3) == 0)
            return png(argv[2], first, second, strcmp(argv[1], "png") == 0);
    }
    fprintf(stderr, "uploads: see the head of uploads.c\n");
    return 2;
}
