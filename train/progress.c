#include "train/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_BAR_WIDTH = 24, PROGRESS_DEFAULT_COLUMNS = 80 };

static const double progress_terminal_interval = 0.1; /* seconds */
static const double progress_line_interval = 10.0;

static double progress_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int progress_columns(const struct progress *progress)
{
    struct winsize size;
    if (!progress->terminal)
        return PROGRESS_LINE_SIZE;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return PROGRESS_DEFAULT_COLUMNS;
    return size.ws_col;
}

static double progress_fraction(const struct progress *progress)
{
    if (progress->total == 0 || progress->done >= progress->total)
        return 1.0;
    return (double)progress->done / (double)progress->total;
}

/* Units a second since the start; 0 while unknown. */
static double progress_rate(const struct progress *progress, double now)
{
    double elapsed = now - progress->started;
    if (progress->done <= progress->resumed || elapsed <= 0)
        return 0;
    return (double)(progress->done - progress->resumed) / elapsed;
}

/* Infinite while the rate is unknown. */
static double progress_seconds_left(const struct progress *progress, double rate)
{
    if (progress->done >= progress->total)
        return 0;
    return rate > 0 ? (double)(progress->total - progress->done) / rate : HUGE_VAL;
}

/* "0:58", "12:03" or "1:02:03"; "?" for a time that nobody would wait for. */
static void progress_format_time(double seconds, char *text, size_t size)
{
    if (!(seconds < 1e8)) {
        snprintf(text, size, "?");
        return;
    }
    long whole = (long)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(text, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, size, "%ld:%02ld", whole / 60, whole % 60);
}

static void progress_format_rate(double rate, char *text, size_t size)
{
    if (rate <= 0)
        snprintf(text, size, "-/s");
    else
        snprintf(text, size, "%.*f/s", rate < 10 ? 2 : rate < 100 ? 1 : 0, rate);
}

static void progress_format_bar(double fraction, char bar[PROGRESS_BAR_WIDTH + 4])
{
    int filled = (int)(fraction * PROGRESS_BAR_WIDTH);
    bar[0] = '[';
    memset(bar + 1, '#', (size_t)filled);
    memset(bar + 1 + filled, '.', (size_t)(PROGRESS_BAR_WIDTH - filled));
    memcpy(bar + 1 + PROGRESS_BAR_WIDTH, "] ", 3);
}

void progress_render(const struct progress *progress, bool finished, double now, const char *remark,
                     int columns, char line[PROGRESS_LINE_SIZE])
{
    char bar[PROGRESS_BAR_WIDTH + 4] = "", rate_text[32], time_text[32];
    double fraction = progress_fraction(progress);
    double rate = progress_rate(progress, now);
    if (progress->terminal && !finished)
        progress_format_bar(fraction, bar);
    progress_format_rate(rate, rate_text, sizeof rate_text);
    if (finished)
        progress_format_time(now - progress->started, time_text, sizeof time_text);
    else
        progress_format_time(progress_seconds_left(progress, rate), time_text, sizeof time_text);
    snprintf(line, PROGRESS_LINE_SIZE, "%s  %s%3d%%  %llu/%llu  %s  %s %s%s%s", progress->label,
             bar, (int)(fraction * 100), (unsigned long long)progress->done,
             (unsigned long long)progress->total, rate_text, time_text, finished ? "taken" : "left",
             *remark ? "  " : "", remark);
    if (columns >= 1 && columns < PROGRESS_LINE_SIZE)
        line[columns - 1] = '\0'; /* the last column would make some terminals wrap */
}

static void progress_print(struct progress *progress, bool finished, double now, const char *remark)
{
    char line[PROGRESS_LINE_SIZE];
    progress_render(progress, finished, now, remark, progress_columns(progress), line);
    if (progress->terminal)
        fprintf(stderr, "\r\033[K%s%s", line, finished ? "\n" : "");
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    progress->printed = now;
}

void progress_start(struct progress *progress, const char *label, uint64_t total, uint64_t done,
                    bool quiet)
{
    double now = progress_now();
    *progress = (struct progress){.label = label,
                                  .total = total,
                                  .resumed = done,
                                  .done = done,
                                  .started = now,
                                  .printed = now,
                                  .quiet = quiet,
                                  .terminal = isatty(STDERR_FILENO) == 1};
}

void progress_update(struct progress *progress, uint64_t done, const char *format, ...)
{
    progress->done = done;
    if (progress->quiet)
        return;
    double now = progress_now();
    double interval = progress->terminal ? progress_terminal_interval : progress_line_interval;
    if (now - progress->printed < interval)
        return;
    char remark[PROGRESS_LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(remark, sizeof remark, format, args);
    va_end(args);
    progress_print(progress, false, now, remark);
}

void progress_milestone(struct progress *progress, uint64_t done, const char *format, ...)
{
    progress->done = done;
    if (progress->quiet)
        return;
    char remark[PROGRESS_LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(remark, sizeof remark, format, args);
    va_end(args);
    progress_print(progress, false, progress_now(), remark);
    if (progress->terminal)
        fputc('\n', stderr);
}

void progress_finish(struct progress *progress, const char *format, ...)
{
    if (progress->quiet)
        return;
    char remark[PROGRESS_LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(remark, sizeof remark, format, args);
    va_end(args);
    progress_print(progress, true, progress_now(), remark);
}
