#include "server/handlers.h"

#include "api/oip_repository.h"
#include "server/reply.h"

#include <stddef.h>
#include <stdio.h>

enum { HANDLERS_INDEX_SIZE = 1024 * 1024 };

void handlers_repository_begin(struct request *request)
{
    struct error error;
    request->exchange->request.max_body = OIP_REPOSITORY_MAX_BYTES;
    if (service_check_serving(request->service, &error) != STATUS_OK)
        reply_problem(request, &error);
}

/* Hands the request to the thread that changes models; from then on it belongs to that one. */
static bool handlers_submit_task(struct request *request,
                                 void (*run)(struct reload_task *task, enum status status))
{
    struct http_exchange *exchange = request->exchange;
    request->task.run = run;
    http_suspend(exchange);
    enum status status = reload_submit(request->service->reload, &request->task);
    if (status == STATUS_OK)
        return false;
    reply_status(request, status);
    http_resume(exchange);
    return false;
}

static struct request *handlers_task_request(struct reload_task *task)
{
    return (struct request *)(void *)((char *)task - offsetof(struct request, task));
}

/* --- index --------------------------------------------------------------------------------- */

static void handlers_send_index(struct request *request, bool ready_only)
{
    struct registry_list *list = registry_models(request->service->registry);
    struct buf json;
    struct writer writer;
    buf_init(&json, HANDLERS_INDEX_SIZE);
    writer_init(&writer, &json);
    writer_array(&writer, NULL);
    for (size_t i = 0; i < list->count; i++) {
        const struct registry_model *model = &list->models[i];
        if (model->network || !ready_only)
            oip_repository_write_model(model->name, model->network, model->reason, &writer);
    }
    writer_end_array(&writer);
    registry_list_release(list);
    reply_json(request, 200, writer.status, &json);
}

static void handlers_run_index(struct reload_task *task, enum status status)
{
    struct request *request = handlers_task_request(task);
    const struct buf *body = &request->exchange->request.body;
    struct error error;
    bool ready_only = false;
    if (status == STATUS_OK)
        status = oip_repository_read_index(body->bytes, body->size, &ready_only, &error);
    else
        error_plain(&error, status);
    if (status == STATUS_OK) {
        /* a folder that cannot be read now has no files to add to those that are known */
        registry_survey(request->service->registry, NULL);
        handlers_send_index(request, ready_only);
    } else {
        reply_problem(request, &error);
    }
    http_resume(request->exchange);
}

bool handlers_index(struct request *request)
{
    return handlers_submit_task(request, handlers_run_index);
}

/* --- loading and unloading ----------------------------------------------------------------- */

typedef enum status (*handlers_change)(struct registry *registry, const char *name,
                                       struct error *error);

static enum status handlers_load_now(struct registry *registry, const char *name,
                                     struct error *error)
{
    enum registry_change change = REGISTRY_FAILED;
    enum status status = registry_load(registry, name, &change, error);
    reload_log_model(name, change, error);
    return status;
}

static enum status handlers_unload_now(struct registry *registry, const char *name,
                                       struct error *error)
{
    enum status status = registry_unload(registry, name, error);
    if (status == STATUS_OK)
        reload_log_model(name, REGISTRY_REMOVED, error);
    return status;
}

static void handlers_run_change(struct reload_task *task, enum status status,
                                handlers_change change)
{
    struct request *request = handlers_task_request(task);
    const struct buf *body = &request->exchange->request.body;
    struct error error = {STATUS_OK, ""};
    struct buf json;
    buf_init(&json, HANDLERS_INDEX_SIZE);
    if (status == STATUS_OK)
        status = oip_repository_read_load(body->bytes, body->size, &error);
    else
        error_plain(&error, status);
    if (status == STATUS_OK)
        status = change(request->service->registry, request->names.model, &error);
    if (status == STATUS_OK)
        reply_json(request, 200, buf_append_string(&json, "{}"), &json);
    else
        reply_problem(request, &error);
    http_resume(request->exchange);
}

static void handlers_run_load(struct reload_task *task, enum status status)
{
    handlers_run_change(task, status, handlers_load_now);
}

static void handlers_run_unload(struct reload_task *task, enum status status)
{
    handlers_run_change(task, status, handlers_unload_now);
}

bool handlers_load(struct request *request)
{
    snprintf(request->model, sizeof request->model, "%s", request->names.model);
    return handlers_submit_task(request, handlers_run_load);
}

bool handlers_unload(struct request *request)
{
    snprintf(request->model, sizeof request->model, "%s", request->names.model);
    return handlers_submit_task(request, handlers_run_unload);
}
