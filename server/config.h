/*
 * How the daemon is set up: every flag, its environment twin, default and range stand in one table
 * in config.c. A flag beats the environment, the environment beats the default.
 */
#ifndef SPIKELOOM_SERVER_CONFIG_H
#define SPIKELOOM_SERVER_CONFIG_H

#include "core/base/status.h"

#include <stdbool.h>
#include <stdio.h>

struct config {
    const char *host;
    const char *model_repository;
    const char *cpu_level;                     /* as cpu_use_level_named takes it */
    const char *api_key_file, *admin_key_file; /* NULL: none */
    const char *tls_cert, *tls_key;            /* NULL: plain HTTP */
    const char *cors_origin;                   /* a list; NULL: none */
    const char *metrics_host;                  /* NULL: `host` */
    int metrics_port;                          /* -1: none of their own */
    int port;
    int io_threads;
    int infer_threads;
    int queue_size;
    int max_batch;
    int max_queue_delay_us;
    int max_connections;
    int max_connections_per_ip;
    int max_header_bytes;
    int idle_timeout_secs;
    int transfer_timeout_secs;
    int max_body_bytes;
    int max_audio_seconds;
    int timeout_ms;
    int drain_delay_secs;
    int exit_timeout_secs;
    int rate_limit, rate_burst; /* 0: none, as many as the limit */
    int log_level;              /* enum log_level */
    bool triton_metrics;
    bool help, version, healthcheck, check_config;
};

/*
 * Reads the environment, then the command line ("--flag value", "--flag=value"). Strings are
 * borrowed from either. INVALID_ARGUMENT with one sentence.
 */
enum status config_read(int argc, char *const *argv, struct config *config, struct error *error);

/*
 * Refuses settings that contradict one another: INVALID_ARGUMENT with one sentence. Reads no file;
 * config_check.c.
 */
enum status config_check(const struct config *config, struct error *error);

/*
 * Refuses a "NAME=VALUE" whose name begins like our variables but belongs to no flag:
 * INVALID_ARGUMENT with one sentence. What Kubernetes sets for a service named like the program
 * (SPIKELOOM_SERVICE_HOST, SPIKELOOM_PORT=tcp://...) is nobody's setting and passes.
 */
enum status config_check_environment(const char *const *environment, struct error *error);

/* The help text: by subject, each flag with its default and the variable. */
void config_print_help(FILE *out);

#endif
