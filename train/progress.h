/*
 * Progress of long work: a bar with throughput and time left on a terminal, a line every few
 * seconds elsewhere. Writes to standard error.
 */
#ifndef SPIKELOOM_TRAIN_PROGRESS_H
#define SPIKELOOM_TRAIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { PROGRESS_LINE_SIZE = 256 };

struct progress {
    const char *label; /* borrowed */
    uint64_t total;
    uint64_t resumed;        /* work that was done before the start: not counted as throughput */
    uint64_t done;           /* as last told */
    double started, printed; /* seconds of the monotonic clock */
    bool quiet, terminal;
};

/* `total` units of work in all, of which `done` were done in an earlier run. */
void progress_start(struct progress *progress, const char *label, uint64_t total, uint64_t done,
                    bool quiet);

/* Shows `done` units and a printf-style remark ("loss 0.0123"); prints only when it is time to. */
void progress_update(struct progress *progress, uint64_t done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line of its own, printed now unless quiet: what a long piece of the work has come to. */
void progress_milestone(struct progress *progress, uint64_t done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The last line, always printed unless quiet. */
void progress_finish(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The text of a line, as update (finished = false: time left) and finish (time taken) print it at
 * the time `now`: cut to `columns`, NUL-terminated, without a line end. For tests.
 */
void progress_render(const struct progress *progress, bool finished, double now, const char *remark,
                     int columns, char line[PROGRESS_LINE_SIZE]);

#endif
