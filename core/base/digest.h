/*
 * SHA-256 (through nettle): default seeds, entity tags and checksums of checkpoints.
 */
#ifndef SPIKELOOM_CORE_BASE_DIGEST_H
#define SPIKELOOM_CORE_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 2 * DIGEST_SIZE + 1 };

/* Largest seed, 2^53 - 1: the largest integer that every JSON reader keeps exactly. */
#define DIGEST_MAX_SEED ((UINT64_C(1) << 53) - 1)

void digest_sha256(const void *bytes, size_t size, uint8_t digest[DIGEST_SIZE]);

/* Takes the same time wherever the two differ, so that it tells nothing about a secret. */
bool digest_equal(const uint8_t first[DIGEST_SIZE], const uint8_t second[DIGEST_SIZE]);

/* Lower-case hexadecimal, NUL-terminated. */
void digest_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE]);

/* The first eight bytes, big-endian, cut below 2^53. */
uint64_t digest_seed(const uint8_t digest[DIGEST_SIZE]);

#endif
