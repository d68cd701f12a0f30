/*
 * Measuring: a clock, repetition, and figures on standard output. Each figure is a line
 * "key<TAB>value"; report.awk takes the median of all lines with the same key, so that a program
 * run again in a later round adds samples to the same figures.
 */
#ifndef SPIKELOOM_BENCH_MEASURE_H
#define SPIKELOOM_BENCH_MEASURE_H

#include "core/base/status.h"

#include <stddef.h>

/* Seconds of a clock that is never set. */
double measure_now(void);

/* Prints the figure whose key is the printf-style text. */
void measure_print(double value, const char *key, ...) __attribute__((format(printf, 2, 3)));

/*
 * What is measured: does its work once. What it needs travels in `argument`; a failure within ends
 * the program, as a figure of failed work is none.
 */
typedef void measure_body(void *argument);

/* The median time of a call in seconds; calls are repeated for about `seconds`. */
double measure_call(measure_body *body, void *argument, double seconds);

/*
 * Calls a second of `num_threads` threads that repeat body(arguments[i]), each its own, for
 * `seconds`. arguments [num_threads] are pointers.
 */
double measure_rate(measure_body *body, void *const *arguments, int num_threads, double seconds);

/* Ends the program with the error's sentence unless the status is OK. */
void measure_expect(enum status status, const struct error *error);

/* The same for memory that could not be had. Returns the block. */
void *measure_alloc(size_t count, size_t size);

/* A positive number of an argument; ends the program for anything else. */
double measure_number(const char *text);

/* The straight line a + b x of least squares through points [count], and its R squared. */
struct measure_line {
    double intercept, slope, r_squared;
};
struct measure_line measure_fit(const double *x, const double *y, int count);

#endif
