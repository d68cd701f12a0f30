#include "bench/measure.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MEASURE_MAX_SAMPLES = 4096, MEASURE_MIN_SAMPLES = 5 };

double measure_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void measure_print(double value, const char *key, ...)
{
    va_list arguments;
    va_start(arguments, key);
    vprintf(key, arguments);
    va_end(arguments);
    printf("\t%.6g\n", value);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_numbers);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Calls that take about 200 us together, so that the clock costs nothing. */
static int calls_a_sample(measure_body *body, void *argument)
{
    int calls = 0;
    double start = measure_now();
    do {
        body(argument);
        calls++;
    } while (measure_now() - start < 200e-6);
    return calls;
}

double measure_call(measure_body *body, void *argument, double seconds)
{
    double samples[MEASURE_MAX_SAMPLES];
    int count = 0;
    body(argument); /* scratch memory is had, caches are filled */
    int calls = calls_a_sample(body, argument);
    double begun = measure_now(), start = begun;
    while (count < MEASURE_MIN_SAMPLES ||
           (start - begun < seconds && count < MEASURE_MAX_SAMPLES)) {
        for (int i = 0; i < calls; i++)
            body(argument);
        double end = measure_now();
        samples[count++] = (end - start) / calls;
        start = end;
    }
    return median(samples, count);
}

struct measure_race {
    measure_body *body;
    void *const *arguments;
    double deadline;
    _Atomic long calls;
};

static void run_thread(void *argument, size_t index)
{
    struct measure_race *race = argument;
    long calls = 0;
    while (measure_now() < race->deadline) {
        race->body(race->arguments[index]);
        calls++;
    }
    atomic_fetch_add(&race->calls, calls);
}

double measure_rate(measure_body *body, void *const *arguments, int num_threads, double seconds)
{
    struct error error = {.status = STATUS_OK};
    struct parallel *parallel;
    measure_expect(parallel_new(num_threads, &parallel, &error), &error);
    for (int i = 0; i < num_threads; i++)
        body(arguments[i]);
    double start = measure_now();
    struct measure_race race = {.body = body, .arguments = arguments, .deadline = start + seconds};
    parallel_for(parallel, (size_t)num_threads, run_thread, &race);
    double elapsed = measure_now() - start;
    parallel_free(parallel);
    return (double)race.calls / elapsed;
}

void measure_expect(enum status status, const struct error *error)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", error->detail);
    exit(1);
}

void *measure_alloc(size_t count, size_t size)
{
    void *block = mem_alloc(count, size);
    if (!block) {
        fprintf(stderr, "%s\n", status_sentence(STATUS_NO_MEMORY));
        exit(1);
    }
    return block;
}

double measure_number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (*text && !*end && value > 0)
        return value;
    fprintf(stderr, "'%s' is not a positive number.\n", text);
    exit(2);
}

struct measure_line measure_fit(const double *x, const double *y, int count)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
    for (int i = 0; i < count; i++) {
        mean_x += x[i] / count;
        mean_y += y[i] / count;
    }
    for (int i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    double slope = xy / xx;
    return (struct measure_line){mean_y - slope * mean_x, slope, xy * xy / (xx * yy)};
}
