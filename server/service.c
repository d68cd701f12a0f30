#include "server/service.h"

#include "server/caution.h"
#include "server/infer_batch.h"
#include "server/log.h"
#include "server/routes.h"

#include <string.h>

enum {
    SERVICE_SCRAPERS = 64,       /* connections to the port of the metrics */
    SERVICE_BODIES_AT_ONCE = 32, /* bodies of the largest size that may be held in memory */
    SERVICE_REPLIES_MIB = 256    /* answers that may be held besides */
};

static enum status service_open_tls(const struct config *config, struct error *error)
{
    return config->tls_cert ? tls_read(config->tls_cert, config->tls_key, error) : STATUS_OK;
}

static enum status service_open_http(struct service *service, struct error *error)
{
    const struct config *config = service->config;
    struct http_settings settings = {
        .host = config->host,
        .port = config->port,
        .num_threads = config->io_threads,
        .max_connections = connections_room(config->max_connections),
        .max_connections_per_ip = config->max_connections_per_ip,
        .max_header_bytes = (size_t)config->max_header_bytes,
        .idle_seconds = config->idle_timeout_secs,
        .transfer_seconds = config->transfer_timeout_secs,
        .max_total_body = (size_t)config->max_body_bytes * SERVICE_BODIES_AT_ONCE +
                          ((size_t)SERVICE_REPLIES_MIB << 20),
        .tls = config->tls_cert ? tls_get_provider() : NULL,
    };
    service->port = (struct service_port){.service = service};
    struct http_hooks hooks = routes_hooks(&service->port);
    if (settings.max_connections < config->max_connections)
        log_message(LOG_WARN, "limits", "The limit of open files allows fewer connections.");
    return http_open(&settings, &hooks, &service->http, error);
}

static enum status service_open_metrics_http(struct service *service, struct error *error)
{
    const struct config *config = service->config;
    if (config->metrics_port < 0)
        return STATUS_OK;
    struct http_settings settings = {
        .host = config->metrics_host ? config->metrics_host : config->host,
        .port = config->metrics_port,
        .num_threads = 1,
        .max_connections = SERVICE_SCRAPERS,
        .max_header_bytes = (size_t)config->max_header_bytes,
        .idle_seconds = config->idle_timeout_secs,
        .transfer_seconds = config->transfer_timeout_secs,
        .max_total_body = (size_t)config->max_body_bytes + ((size_t)SERVICE_REPLIES_MIB << 20),
    };
    service->metrics_port = (struct service_port){.service = service, .scraped = true};
    struct http_hooks hooks = routes_hooks(&service->metrics_port);
    return http_open(&settings, &hooks, &service->metrics_http, error);
}

static enum status service_open_pool(struct service *service, struct error *error)
{
    const struct config *config = service->config;
    struct pool_settings settings = {
        .num_threads = config->infer_threads,
        .queue_size = config->queue_size,
        .max_batch = config->max_batch,
        .max_delay_us = config->max_queue_delay_us,
    };
    struct pool_hooks hooks = infer_batch_hooks();
    return pool_open(&settings, &hooks, &service->pool, error);
}

static enum status service_open_rate_limit(struct service *service, struct error *error)
{
    int limit = service->config->rate_limit, burst = service->config->rate_burst;
    if (limit == 0)
        return STATUS_OK;
    service->rate_limit = rate_limit_open(limit, burst ? burst : limit);
    return service->rate_limit ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

enum status service_open(const struct config *config, struct service *service, struct error *error)
{
    *service = (struct service){.config = config};
    atomic_store(&service->phase, SERVICE_LOADING);
    service->metrics = routes_open_metrics();
    service->statistics = statistics_open();
    if (!service->metrics || !service->statistics)
        return error_plain(error, STATUS_NO_MEMORY);
    enum status status =
        keys_open(config->api_key_file, config->admin_key_file, &service->keys, error);
    if (status == STATUS_OK)
        status = service_open_rate_limit(service, error);
    if (status == STATUS_OK)
        status = service_open_pool(service, error);
    if (status == STATUS_OK)
        status = service_open_tls(config, error);
    if (status == STATUS_OK) /* first, as the other port's routes depend on whether it is there */
        status = service_open_metrics_http(service, error);
    if (status == STATUS_OK)
        status = service_open_http(service, error);
    if (status == STATUS_OK)
        status = registry_open(config->model_repository, &service->registry, error);
    if (status == STATUS_OK)
        status = reload_open(service->registry, &service->reload, error);
    if (status == STATUS_OK)
        atomic_store(&service->phase, SERVICE_READY);
    return status;
}

static void service_log_caution(const char *event, const char *sentence)
{
    log_message(LOG_WARN, event, sentence);
}

void service_log_cautions(const struct service *service)
{
    caution_all(service->config, service_log_caution);
}

void service_reload(struct service *service)
{
    struct error error;
    if (keys_reload(service->keys, &error) == STATUS_OK)
        log_message(LOG_INFO, "keys", "The API keys have been read again.");
    else
        log_message(LOG_ERROR, "keys", error.detail);
    if (service->config->tls_cert) {
        if (service_open_tls(service->config, &error) == STATUS_OK)
            log_message(LOG_INFO, "certificate", "The certificate has been read again.");
        else
            log_message(LOG_ERROR, "certificate", error.detail);
        caution_certificate(service_log_caution);
    }
    reload_folder(service->reload);
}

void service_sweep(struct service *service)
{
    http_sweep(service->http);
    if (service->metrics_http)
        http_sweep(service->metrics_http);
}

bool service_is_ready(const struct service *service)
{
    if (atomic_load(&service->phase) != SERVICE_READY)
        return false;
    struct registry_list *list = registry_models(service->registry);
    bool served = registry_list_num_served(list) > 0;
    registry_list_release(list);
    return served;
}

bool service_is_serving(const struct service *service)
{
    return atomic_load(&service->phase) != SERVICE_LOADING;
}

enum status service_check_serving(const struct service *service, struct error *error)
{
    return service_is_serving(service)
               ? STATUS_OK
               : error_set(error, STATUS_NOT_READY, "The models are being loaded.");
}

enum status service_acquire_any(const struct service *service, const char *name,
                                struct network **network, struct error *error)
{
    enum status status = registry_find(service->registry, name, network, error);
    if (status != STATUS_NOT_FOUND)
        return status;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "There is no model named '%s'; GET /v1/models lists those that there are.",
                     name);
}

/* The first model of the list that does the task; NULL when there is none. */
static struct network *service_first(const struct registry_list *list, enum network_task task,
                                     bool spiking)
{
    for (size_t i = 0; i < list->count; i++) {
        struct network *network = list->models[i].network;
        if (network && network->task == task && network_is_spiking(network) == spiking)
            return network;
    }
    return NULL;
}

static struct network *service_default(const struct registry_list *list, enum network_task task)
{
    const char *name = task == NETWORK_SYNTHESIZE ? "speech-digits" : "mnist-ae";
    const struct registry_model *model = registry_list_find(list, name);
    if (model && model->network && model->network->task == task)
        return model->network;
    struct network *network = service_first(list, task, true);
    return network ? network : service_first(list, task, false);
}

static enum status service_acquire_default(const struct service *service, enum network_task task,
                                           struct network **network, struct error *error)
{
    struct registry_list *list = registry_models(service->registry);
    enum status status = STATUS_OK;
    *network = service_default(list, task);
    if (*network)
        network_retain(*network);
    else if (registry_list_num_served(list) < list->count)
        status = error_set(error, STATUS_NOT_READY, "No model that takes %s is served at present.",
                           network_modality(task));
    else
        status = error_set(error, STATUS_INVALID_ARGUMENT, "No model here takes %s.",
                           network_modality(task));
    registry_list_release(list);
    return status;
}

enum status service_acquire(const struct service *service, const char *name, enum network_task task,
                            struct network **network, struct error *error)
{
    *network = NULL;
    if (*name == 0)
        return service_acquire_default(service, task, network, error);
    enum status status = service_acquire_any(service, name, network, error);
    if (status != STATUS_OK || (*network)->task == task)
        return status;
    status = error_set(error, STATUS_INVALID_ARGUMENT, "The model '%s' takes %s, not %s.", name,
                       network_modality((*network)->task), network_modality(task));
    network_release(*network);
    *network = NULL;
    return status;
}

void service_close(struct service *service)
{
    /* both give every suspended exchange back, which http_close needs */
    reload_close(service->reload);
    pool_stop(service->pool);
    http_close(service->http);
    http_close(service->metrics_http);
    pool_close(service->pool);
    tls_forget();
    registry_close(service->registry);
    metrics_close(service->metrics);
    statistics_close(service->statistics);
    rate_limit_close(service->rate_limit);
    keys_close(service->keys);
    *service = (struct service){0};
}
