#include "server/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Fields 14, 15 and 22 of /proc/self/stat: user and system time, start time, in clock ticks. */
static bool metrics_read_stat(double *cpu_seconds, double *start_ticks)
{
    char text[1024] = "";
    FILE *file = fopen("/proc/self/stat", "r");
    if (!file)
        return false;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    const char *rest = strrchr(text, ')'); /* the name before it may hold anything */
    unsigned long long user, system, start;
    if (!rest || sscanf(rest + 1,
                        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
                        "%*d %*d %llu",
                        &user, &system, &start) != 3)
        return false;
    *cpu_seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    *start_ticks = (double)start;
    return true;
}

/* The same moment since the epoch. */
static double metrics_start_seconds(double start_ticks)
{
    struct timespec now, up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    double boot = (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) * 1e-9;
    return boot + start_ticks / (double)sysconf(_SC_CLK_TCK);
}

static void metrics_read_memory(long *virtual_bytes, long *resident_bytes)
{
    long virtual = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &virtual, &resident) != 2)
        virtual = resident = 0;
    if (file)
        fclose(file);
    *virtual_bytes = virtual * sysconf(_SC_PAGESIZE);
    *resident_bytes = resident * sysconf(_SC_PAGESIZE);
}

static int metrics_open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the folder itself */
}

enum status metrics_write_process(struct buf *out)
{
    double cpu_seconds, start_ticks;
    long virtual_bytes, resident_bytes;
    if (!metrics_read_stat(&cpu_seconds, &start_ticks))
        return STATUS_OK;
    metrics_read_memory(&virtual_bytes, &resident_bytes);
    return buf_printf(out,
                      "# HELP process_cpu_seconds_total User and system time.\n"
                      "# TYPE process_cpu_seconds_total counter\n"
                      "process_cpu_seconds_total %.2f\n"
                      "# HELP process_start_time_seconds Start of the process since the epoch.\n"
                      "# TYPE process_start_time_seconds gauge\n"
                      "process_start_time_seconds %.2f\n"
                      "# HELP process_resident_memory_bytes Memory in use.\n"
                      "# TYPE process_resident_memory_bytes gauge\n"
                      "process_resident_memory_bytes %ld\n"
                      "# HELP process_virtual_memory_bytes Address space in use.\n"
                      "# TYPE process_virtual_memory_bytes gauge\n"
                      "process_virtual_memory_bytes %ld\n"
                      "# HELP process_max_fds File descriptors that may be open.\n"
                      "# TYPE process_max_fds gauge\n"
                      "process_max_fds %ld\n"
                      "# HELP process_open_fds Open file descriptors.\n"
                      "# TYPE process_open_fds gauge\n"
                      "process_open_fds %d\n",
                      cpu_seconds, metrics_start_seconds(start_ticks), resident_bytes,
                      virtual_bytes, sysconf(_SC_OPEN_MAX), metrics_open_files());
}
