#include "server/config.h"

#include "server/log.h"
#include "server/pool.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum config_kind {
    CONFIG_SUBJECT, /* no flag: the heading of those that follow */
    CONFIG_STRING,
    CONFIG_INTEGER,
    CONFIG_LEVEL,
    CONFIG_SWITCH,
    CONFIG_ACTION /* done instead of serving, so without a variable */
};

struct config_flag {
    const char *name;
    enum config_kind kind;
    size_t offset; /* of the member in struct config */
    const char *preset;
    int least, most; /* of integers */
    const char *argument;
    const char *help;
};

enum { CONFIG_VARIABLE_SIZE = 64, CONFIG_MAX_BODY = 1 << 30 };

#define CONFIG_PREFIX               "SPIKELOOM_"
#define CONFIG_INSTALLED_REPOSITORY "/usr/share/spikeloom/models"

#define CONFIG_AT(member) offsetof(struct config, member)

static const struct config_flag config_flags[] = {
    {"Listening", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"host", CONFIG_STRING, CONFIG_AT(host), "127.0.0.1", 0, 0, "ADDRESS", "address to listen on"},
    {"port", CONFIG_INTEGER, CONFIG_AT(port), "8080", 0, 65535, "N",
     "port to listen on; 0 takes any free one"},
    {"io-threads", CONFIG_INTEGER, CONFIG_AT(io_threads), "2", 1, 64, "N",
     "threads that read requests and write replies"},
    {"max-connections", CONFIG_INTEGER, CONFIG_AT(max_connections), "1024", 4, 65536, "N",
     "connections held at once; then the one that dawdles most gives way"},
    {"max-connections-per-ip", CONFIG_INTEGER, CONFIG_AT(max_connections_per_ip), "0", 0, 65536,
     "N", "connections of one address; 0 for no limit, as a balancer is one address"},
    {"max-header-bytes", CONFIG_INTEGER, CONFIG_AT(max_header_bytes), "16384", 4096, 1 << 20, "N",
     "memory of a connection for the head of its request; more gets 431"},
    {"idle-timeout-secs", CONFIG_INTEGER, CONFIG_AT(idle_timeout_secs), "30", 1, 3600, "SECONDS",
     "time that a connection may be silent"},
    {"transfer-timeout-secs", CONFIG_INTEGER, CONFIG_AT(transfer_timeout_secs), "60", 1, 3600,
     "SECONDS", "time in which a request must have arrived, and its answer be read"},

    {"Models and inference", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"model-repository", CONFIG_STRING, CONFIG_AT(model_repository), NULL, 0, 0, "FOLDER",
     "folder with NAME.safetensors files"},
    {"infer-threads", CONFIG_INTEGER, CONFIG_AT(infer_threads), "2", 1, 256, "N",
     "threads that run networks"},
    {"queue-size", CONFIG_INTEGER, CONFIG_AT(queue_size), "64", 1, 65536, "N",
     "requests that may wait for a thread; more get 503"},
    {"max-batch", CONFIG_INTEGER, CONFIG_AT(max_batch), "4", 1, POOL_MAX_BATCH, "N",
     "waiting requests that a thread takes at once"},
    {"max-queue-delay-us", CONFIG_INTEGER, CONFIG_AT(max_queue_delay_us), "0", 0, 1000000, "N",
     "time that a request waits for others to make a whole batch"},
    {"timeout-ms", CONFIG_INTEGER, CONFIG_AT(timeout_ms), "10000", 1, 600000, "N",
     "time to answer in once the body is in; after that 504"},
    {"cpu-level", CONFIG_STRING, CONFIG_AT(cpu_level), "auto", 0, 0, "LEVEL",
     "vector instructions: auto, plain, neon, avx2 or avx512; answers are the same bytes"},

    {"Uploads", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"max-body-bytes", CONFIG_INTEGER, CONFIG_AT(max_body_bytes), "16777216", 1024, CONFIG_MAX_BODY,
     "N", "largest body that is taken; more gets 413"},
    {"max-audio-seconds", CONFIG_INTEGER, CONFIG_AT(max_audio_seconds), "30", 1, 3600, "N",
     "longest recording that is taken; more gets 422"},

    {"Security", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"tls-cert", CONFIG_STRING, CONFIG_AT(tls_cert), NULL, 0, 0, "FILE",
     "certificate with its chain (PEM): HTTPS alone is served"},
    {"tls-key", CONFIG_STRING, CONFIG_AT(tls_key), NULL, 0, 0, "FILE", "its private key (PEM)"},
    {"api-key-file", CONFIG_STRING, CONFIG_AT(api_key_file), NULL, 0, 0, "FILE",
     "API keys, one a line: without one of them no model is told or run"},
    {"admin-key-file", CONFIG_STRING, CONFIG_AT(admin_key_file), NULL, 0, 0, "FILE",
     "keys that may load and unload models as well; without it nobody may"},
    {"rate-limit", CONFIG_INTEGER, CONFIG_AT(rate_limit), NULL, 1, 1000000, "N",
     "requests a second that each key may make; more get 429"},
    {"rate-burst", CONFIG_INTEGER, CONFIG_AT(rate_burst), NULL, 1, 1000000, "N",
     "requests of a key that may come at once; as many as --rate-limit where it is not given"},
    {"cors-origin", CONFIG_STRING, CONFIG_AT(cors_origin), NULL, 0, 0, "ORIGINS",
     "origins, with commas in between, whose pages in a browser may ask"},

    {"The end", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"drain-delay", CONFIG_INTEGER, CONFIG_AT(drain_delay_secs), "0", 0, 3600, "SECONDS",
     "time to go on serving after SIGTERM, while not ready"},
    {"exit-timeout-secs", CONFIG_INTEGER, CONFIG_AT(exit_timeout_secs), "30", 1, 3600, "SECONDS",
     "longest time from SIGTERM to the exit, the delay included"},

    {"Observing", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"log-level", CONFIG_LEVEL, CONFIG_AT(log_level), "info", 0, 0, "LEVEL",
     "debug, info, warn or error"},
    {"metrics-port", CONFIG_INTEGER, CONFIG_AT(metrics_port), NULL, 0, 65535, "N",
     "port of /metrics, and of health as well, in plain HTTP; 0 takes any free one"},
    {"metrics-host", CONFIG_STRING, CONFIG_AT(metrics_host), NULL, 0, 0, "ADDRESS",
     "address of that port; that of --host where it is not given"},
    {"triton-metrics", CONFIG_SWITCH, CONFIG_AT(triton_metrics), NULL, 0, 0, NULL,
     "tell each model's numbers by Triton's names too (nv_inference_*)"},

    {"Instead of serving", CONFIG_SUBJECT, 0, NULL, 0, 0, NULL, NULL},
    {"healthcheck", CONFIG_ACTION, CONFIG_AT(healthcheck), NULL, 0, 0, NULL,
     "ask the daemon on this host and port whether it is ready, and exit"},
    {"check-config", CONFIG_ACTION, CONFIG_AT(check_config), NULL, 0, 0, NULL,
     "read the flags and every file that they name, load the models, and exit"},
    {"help", CONFIG_ACTION, CONFIG_AT(help), NULL, 0, 0, NULL, "print this and exit"},
    {"version", CONFIG_ACTION, CONFIG_AT(version), NULL, 0, 0, NULL, "print the version and exit"},
};

enum { CONFIG_NUM_FLAGS = sizeof config_flags / sizeof *config_flags };

static void config_variable(const struct config_flag *flag, char name[CONFIG_VARIABLE_SIZE])
{
    size_t length = (size_t)snprintf(name, CONFIG_VARIABLE_SIZE, CONFIG_PREFIX "%s", flag->name);
    for (size_t i = 0; i < length; i++)
        name[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
}

static bool config_has_variable(const struct config_flag *flag)
{
    return flag->kind != CONFIG_SUBJECT && flag->kind != CONFIG_ACTION;
}

static bool config_takes_value(const struct config_flag *flag)
{
    return flag->kind != CONFIG_SWITCH && flag->kind != CONFIG_ACTION;
}

static bool config_set_integer(const struct config_flag *flag, const char *value, int *number)
{
    char *end;
    errno = 0;
    long parsed = strtol(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || errno || parsed < flag->least ||
        parsed > flag->most)
        return false;
    *number = (int)parsed;
    return true;
}

static bool config_set_level(const char *value, int *level)
{
    for (int i = 0; log_level_names[i]; i++)
        if (strcmp(value, log_level_names[i]) == 0) {
            *level = i;
            return true;
        }
    return false;
}

static bool config_set_switch(const char *value, bool *on)
{
    *on = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
    return *on || strcmp(value, "0") == 0 || strcmp(value, "false") == 0;
}

/* `source` names where the value comes from, for the sentence. */
static enum status config_set(const struct config_flag *flag, const char *value, const char *source,
                              struct config *config, struct error *error)
{
    char *member = (char *)config + flag->offset;
    switch (flag->kind) {
    case CONFIG_STRING:
        if (*value == 0)
            return error_set(error, STATUS_INVALID_ARGUMENT, "%s must not be empty.", source);
        memcpy(member, &value, sizeof value);
        return STATUS_OK;
    case CONFIG_INTEGER:
        if (config_set_integer(flag, value, (int *)(void *)member))
            return STATUS_OK;
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s must be a whole number from %d to %d, not '%s'.", source, flag->least,
                         flag->most, value);
    case CONFIG_LEVEL:
        if (config_set_level(value, (int *)(void *)member))
            return STATUS_OK;
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s must be %s, not '%s'.", source,
                         flag->help, value);
    case CONFIG_SWITCH:
        if (config_set_switch(value, (bool *)member))
            return STATUS_OK;
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s must be 1, true, 0 or false, not '%s'.", source, value);
    case CONFIG_ACTION:
        *(bool *)member = true;
        return STATUS_OK;
    case CONFIG_SUBJECT:
        break;
    }
    return STATUS_OK;
}

/* The folder of the source tree that the program was built from, or the installed one. */
static const char *config_default_repository(void)
{
    struct stat entry;
    if (stat(SPIKELOOM_DEFAULT_REPOSITORY, &entry) == 0 && S_ISDIR(entry.st_mode))
        return SPIKELOOM_DEFAULT_REPOSITORY;
    return CONFIG_INSTALLED_REPOSITORY;
}

/*
 * Whether Kubernetes sets such a variable for a service that it knows: NAME_SERVICE_HOST,
 * NAME_SERVICE_PORT, NAME_PORT=tcp://..., NAME_PORT_80_TCP and what begins like them. A service
 * named as the program must not set its flags.
 */
static bool config_is_service_link(const char *name, const char *value)
{
    static const char *const protocols[] = {"tcp://", "udp://", "sctp://"};
    const char *number = strstr(name, "_PORT_");
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strncmp(value, protocols[i], strlen(protocols[i])) == 0)
            return true;
    return strstr(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") ||
           (number && isdigit((unsigned char)number[strlen("_PORT_")]));
}

static const char *config_get_variable(const struct config_flag *flag,
                                       char name[CONFIG_VARIABLE_SIZE])
{
    config_variable(flag, name);
    const char *value = config_has_variable(flag) ? getenv(name) : NULL;
    return value && config_is_service_link(name, value) ? NULL : value;
}

static enum status config_read_presets(struct config *config, struct error *error)
{
    *config = (struct config){.model_repository = config_default_repository(), .metrics_port = -1};
    for (int i = 0; i < CONFIG_NUM_FLAGS; i++) {
        const struct config_flag *flag = &config_flags[i];
        char variable[CONFIG_VARIABLE_SIZE];
        const char *value = config_get_variable(flag, variable);
        enum status status = STATUS_OK;
        if (value)
            status = config_set(flag, value, variable, config, error);
        else if (flag->preset)
            status = config_set(flag, flag->preset, flag->name, config, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The flag that `argument` ("--name" or "--name=value") means; NULL when there is none. */
static const struct config_flag *config_find(const char *argument)
{
    if (strncmp(argument, "--", 2) != 0)
        return NULL;
    size_t length = strcspn(argument + 2, "=");
    for (int i = 0; i < CONFIG_NUM_FLAGS; i++)
        if (config_flags[i].kind != CONFIG_SUBJECT && strlen(config_flags[i].name) == length &&
            strncmp(config_flags[i].name, argument + 2, length) == 0)
            return &config_flags[i];
    return NULL;
}

/* The flag at argv[*index]; moves on over its value where that is an argument of its own. */
static enum status config_read_flag(int argc, char *const *argv, int *index, struct config *config,
                                    struct error *error)
{
    const char *argument = argv[*index];
    const struct config_flag *flag = config_find(argument);
    if (!flag)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "There is no flag '%s'; --help lists those that there are.", argument);
    const char *value = strchr(argument, '=');
    char source[CONFIG_VARIABLE_SIZE];
    snprintf(source, sizeof source, "--%s", flag->name);
    if (!config_takes_value(flag)) {
        if (value)
            return error_set(error, STATUS_INVALID_ARGUMENT, "%s takes no value.", source);
        return config_set(flag, "1", source, config, error);
    }
    if (value)
        value++;
    else if (*index + 1 < argc)
        value = argv[++*index];
    else
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s wants a value.", source);
    return config_set(flag, value, source, config, error);
}

enum status config_read(int argc, char *const *argv, struct config *config, struct error *error)
{
    enum status status = config_read_presets(config, error);
    for (int i = 1; i < argc && status == STATUS_OK; i++)
        status = config_read_flag(argc, argv, &i, config, error);
    return status;
}

static bool config_is_variable(const char *name)
{
    for (int i = 0; i < CONFIG_NUM_FLAGS; i++) {
        char variable[CONFIG_VARIABLE_SIZE];
        config_variable(&config_flags[i], variable);
        if (config_has_variable(&config_flags[i]) && strcmp(name, variable) == 0)
            return true;
    }
    return false;
}

enum status config_check_environment(const char *const *environment, struct error *error)
{
    for (; *environment; environment++) {
        char name[CONFIG_VARIABLE_SIZE]; /* cut when it is longer than that of any flag */
        size_t length = strcspn(*environment, "=");
        const char *value = *environment + length + ((*environment)[length] == '=');
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name),
                 *environment);
        if (strncmp(name, CONFIG_PREFIX, strlen(CONFIG_PREFIX)) != 0 || config_is_variable(name) ||
            config_is_service_link(name, value))
            continue;
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "No flag belongs to the variable %s; --help lists those that there are.",
                         name);
    }
    return STATUS_OK;
}

static void config_print_flag(const struct config_flag *flag, FILE *out)
{
    char left[64], variable[CONFIG_VARIABLE_SIZE];
    config_variable(flag, variable);
    snprintf(left, sizeof left, "--%s %s", flag->name, flag->argument ? flag->argument : "");
    fprintf(out, "  %-32s %s\n", left, flag->help);
    if (!config_has_variable(flag))
        return;
    const char *preset = flag->preset ? flag->preset : "none";
    if (flag->offset == CONFIG_AT(model_repository))
        preset = config_default_repository();
    if (flag->kind == CONFIG_SWITCH)
        preset = "off";
    fprintf(out, "  %-32s [%s; %s]\n", "", preset, variable);
}

void config_print_help(FILE *out)
{
    fputs(
        "Usage: spikeloomd [FLAG]...\n"
        "Serves pictures of spoken digits, made by spiking networks, over HTTP. In brackets: the\n"
        "default, and the environment variable that sets the flag where it is not given.\n",
        out);
    for (int i = 0; i < CONFIG_NUM_FLAGS; i++)
        if (config_flags[i].kind == CONFIG_SUBJECT)
            fprintf(out, "\n%s\n", config_flags[i].name);
        else
            config_print_flag(&config_flags[i], out);
}
