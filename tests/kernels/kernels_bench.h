/*
 * Times the kernels of core/math/kernels.h at each level on the shapes of the shipped models.
 */
#ifndef SPIKELOOM_TESTS_KERNELS_KERNELS_BENCH_H
#define SPIKELOOM_TESTS_KERNELS_KERNELS_BENCH_H

#include <stdbool.h>

/* Prints a table and, unless `json` is NULL, writes it to that file; false when that failed. */
bool bench_run(const char *json);

#endif
