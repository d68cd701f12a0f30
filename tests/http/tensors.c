/*
 * Binary tensors for the tests of the Open Inference Protocol, on standard output:
 *   tensors fp32          numbers on standard input as little-endian floats
 *   tensors uint8         the same as bytes
 *   tensors bytes FILE... files as elements, each behind its length in 32 bits
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void put_u32(uint32_t value)
{
    for (int shift = 0; shift < 32; shift += 8)
        putchar((int)(value >> shift & 0xff));
}

static int put_numbers(int as_float)
{
    double number;
    while (scanf("%lf", &number) == 1) {
        float value = (float)number;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (as_float)
            put_u32(bits);
        else
            putchar((int)number);
    }
    return feof(stdin) ? 0 : 1;
}

static int put_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    int byte;
    if (!file || fseek(file, 0, SEEK_END))
        return 1;
    put_u32((uint32_t)ftell(file));
    rewind(file);
    while ((byte = getc(file)) != EOF)
        putchar(byte);
    return fclose(file) != 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "fp32") == 0)
        return put_numbers(1);
    if (argc == 2 && strcmp(argv[1], "uint8") == 0)
        return put_numbers(0);
    if (argc < 3 || strcmp(argv[1], "bytes") != 0)
        return 2;
    for (int i = 2; i < argc; i++)
        if (put_file(argv[i]))
            return 1;
    return 0;
}
