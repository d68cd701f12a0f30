/*
 * What every fuzzing target has: one function that takes any bytes. It is called by libFuzzer
 * (programs fuzz_NAME, built by clang with -DSPIKELOOM_FUZZ=ON) and by replay.c with the inputs of
 * a folder (programs replay_NAME, built with the tests).
 */
#ifndef SPIKELOOM_TESTS_FUZZ_FUZZ_H
#define SPIKELOOM_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target: returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* libFuzzer's own mutator, and the place where it asks for another. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed);

/*
 * Makes check sums and lengths inside an input right again after a mutation, so that it gets past
 * them; the new size. Of those targets that have a repair_NAME.c.
 */
size_t fuzz_repair(uint8_t *bytes, size_t size, size_t max_size);

/* What must hold whatever the input. */
#define FUZZ_PROMISE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: promise broken: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
