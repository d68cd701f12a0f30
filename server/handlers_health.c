#include "server/handlers.h"

#include "core/base/mem.h"
#include "server/metrics_triton.h"
#include "server/reply.h"

enum { HANDLERS_METRICS_SIZE = 1024 * 1024 };

bool handlers_live(struct request *request)
{
    reply_text(request, 200, "live\n");
    return true;
}

bool handlers_ready(struct request *request)
{
    bool ready = service_is_ready(request->service);
    reply_text(request, ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
    return true;
}

static enum status handlers_write_models(const struct service *service, struct buf *out)
{
    struct registry_list *list = registry_models(service->registry);
    enum status status = buf_append_string(out, "# HELP spikeloom_model_info Models served.\n"
                                                "# TYPE spikeloom_model_info gauge\n");
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++) {
        const struct network *network = list->models[i].network;
        if (!network)
            continue;
        status = buf_printf(out, "spikeloom_model_info{model=\"%s\",task=\"%s\",sha256=\"%s\"} 1\n",
                            network->name, network_task_name(network->task), network->checksum);
    }
    registry_list_release(list);
    return status;
}

/* So that an alert can tell before clients do. */
static enum status handlers_write_certificate(struct buf *out)
{
    struct tls_period period;
    if (!tls_get_period(&period))
        return STATUS_OK;
    return buf_printf(out,
                      "# HELP spikeloom_certificate_expiry_timestamp_seconds When the TLS "
                      "certificate expires.\n"
                      "# TYPE spikeloom_certificate_expiry_timestamp_seconds gauge\n"
                      "spikeloom_certificate_expiry_timestamp_seconds %lld\n",
                      (long long)period.until);
}

static enum status handlers_write_triton(const struct service *service, struct buf *out)
{
    struct registry_list *list = registry_models(service->registry);
    struct metrics_triton_model *models = mem_alloc(list->count, sizeof *models);
    enum status status = models ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; models && i < list->count; i++) {
        models[i].name = list->models[i].name;
        statistics_get(service->statistics, models[i].name, &models[i].statistics);
    }
    if (status == STATUS_OK)
        status = metrics_triton_write(models, list->count, out);
    mem_free(models);
    registry_list_release(list);
    return status;
}

bool handlers_metrics(struct request *request)
{
    struct service *service = request->service;
    struct metrics_gauges gauges = {.queue_depth = pool_depth(service->pool),
                                    .connections = http_connections(service->http),
                                    .ready = service_is_ready(service)};
    struct buf text;
    buf_init(&text, HANDLERS_METRICS_SIZE);
    enum status status = metrics_write(service->metrics, &gauges, &text);
    if (status == STATUS_OK && service_is_serving(service))
        status = handlers_write_models(service, &text);
    if (status == STATUS_OK && service->config->triton_metrics && service_is_serving(service))
        status = handlers_write_triton(service, &text);
    if (status == STATUS_OK)
        status = handlers_write_certificate(&text);
    if (status == STATUS_OK)
        status = metrics_write_process(&text);
    if (status == STATUS_OK) {
        http_reply_text(&request->exchange->reply, "Cache-Control", "no-store");
        http_reply_take(&request->exchange->reply, 200, METRICS_CONTENT_TYPE, &text);
    } else {
        reply_status(request, status);
    }
    buf_free(&text);
    return true;
}
