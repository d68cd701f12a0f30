#include "core/base/digest.h"

#include <nettle/memops.h>
#include <nettle/sha2.h>

void digest_sha256(const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE])
{
    struct sha256_ctx context;
    sha256_init(&context);
    if (size)
        sha256_update(&context, size, bytes);
    sha256_digest(&context, DIGEST_SIZE, digest);
}

bool digest_equal(const uint8_t first[DIGEST_SIZE], const uint8_t second[DIGEST_SIZE])
{
    return memeql_sec(first, second, DIGEST_SIZE) != 0;
}

void digest_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < DIGEST_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * DIGEST_SIZE] = '\0';
}

uint64_t digest_seed(const uint8_t digest[DIGEST_SIZE])
{
    uint64_t seed = 0;
    for (int i = 0; i < 8; i++)
        seed = seed << 8 | digest[i];
    return seed & DIGEST_MAX_SEED;
}
