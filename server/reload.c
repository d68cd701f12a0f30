#include "server/reload.h"

#include "core/base/mem.h"
#include "server/log.h"

#include <pthread.h>
#include <stdbool.h>

struct reload {
    struct registry *registry;
    pthread_mutex_t mutex;
    pthread_cond_t wanted; /* there is something to do, or the thread is to stop */
    struct reload_task *first, *last;
    int num_waiting;
    bool folder_wanted, stopping;
    pthread_t thread;
    bool has_thread;
};

void reload_log_model(const char *name, enum registry_change change, const struct error *error)
{
    bool bad = change == REGISTRY_KEPT || change == REGISTRY_FAILED;
    struct log_line line;
    log_begin(&line, bad ? LOG_WARN : LOG_INFO, "model");
    writer_string(&line.writer, "model", name);
    writer_string(&line.writer, "change", registry_change_name(change));
    if (bad)
        writer_string(&line.writer, "reason", error->detail);
    log_end(&line);
}

static void reload_see(void *context, const char *name, enum registry_change change,
                       const struct error *error)
{
    (void)context;
    reload_log_model(name, change, error);
}

static void reload_run_folder(struct reload *reload)
{
    const struct registry_observer observer = {.see = reload_see};
    struct error error = {STATUS_OK, ""};
    struct log_line line;
    enum status status = registry_reload(reload->registry, &observer, &error);
    log_begin(&line, status == STATUS_OK ? LOG_INFO : LOG_WARN, "reload");
    if (status != STATUS_OK)
        writer_string(&line.writer, "reason", error.detail);
    log_end(&line);
}

/* Takes the next task; NULL when there is none. Holds the mutex. */
static struct reload_task *reload_take(struct reload *reload)
{
    struct reload_task *task = reload->first;
    if (!task)
        return NULL;
    reload->first = task->next;
    if (!reload->first)
        reload->last = NULL;
    reload->num_waiting--;
    return task;
}

/* Does one thing, without the mutex meanwhile; false when there is nothing to do. */
static bool reload_step(struct reload *reload)
{
    bool folder = reload->folder_wanted && !reload->stopping;
    enum status status = reload->stopping ? STATUS_NOT_READY : STATUS_OK;
    struct reload_task *task = folder ? NULL : reload_take(reload);
    if (!folder && !task)
        return false;
    if (folder)
        reload->folder_wanted = false;
    pthread_mutex_unlock(&reload->mutex);
    if (folder)
        reload_run_folder(reload);
    else
        task->run(task, status);
    pthread_mutex_lock(&reload->mutex);
    return true;
}

static void *reload_work(void *argument)
{
    struct reload *reload = argument;
    pthread_mutex_lock(&reload->mutex);
    while (reload_step(reload) || !reload->stopping)
        if (!reload->first && !reload->folder_wanted && !reload->stopping)
            pthread_cond_wait(&reload->wanted, &reload->mutex);
    pthread_mutex_unlock(&reload->mutex);
    return NULL;
}

enum status reload_open(struct registry *registry, struct reload **out, struct error *error)
{
    *out = NULL;
    struct reload *reload = mem_alloc(1, sizeof *reload);
    if (!reload)
        return error_plain(error, STATUS_NO_MEMORY);
    reload->registry = registry;
    pthread_mutex_init(&reload->mutex, NULL);
    pthread_cond_init(&reload->wanted, NULL);
    reload->has_thread = pthread_create(&reload->thread, NULL, reload_work, reload) == 0;
    if (!reload->has_thread) {
        reload_close(reload);
        return error_set(error, STATUS_INTERNAL, "The thread for reloading cannot be started.");
    }
    *out = reload;
    return STATUS_OK;
}

void reload_close(struct reload *reload)
{
    if (!reload)
        return;
    pthread_mutex_lock(&reload->mutex);
    reload->stopping = true;
    pthread_cond_signal(&reload->wanted);
    pthread_mutex_unlock(&reload->mutex);
    if (reload->has_thread)
        pthread_join(reload->thread, NULL);
    pthread_cond_destroy(&reload->wanted);
    pthread_mutex_destroy(&reload->mutex);
    mem_free(reload);
}

enum status reload_submit(struct reload *reload, struct reload_task *task)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&reload->mutex);
    if (reload->stopping) {
        status = STATUS_NOT_READY;
    } else if (reload->num_waiting == RELOAD_MAX_WAITING) {
        status = STATUS_OVERLOADED;
    } else {
        task->next = NULL;
        if (reload->last)
            reload->last->next = task;
        else
            reload->first = task;
        reload->last = task;
        reload->num_waiting++;
        pthread_cond_signal(&reload->wanted);
    }
    pthread_mutex_unlock(&reload->mutex);
    return status;
}

void reload_folder(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    reload->folder_wanted = true;
    pthread_cond_signal(&reload->wanted);
    pthread_mutex_unlock(&reload->mutex);
}
