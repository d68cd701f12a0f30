#include "server/statistics.h"

#include "core/base/mem.h"
#include "models/registry.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct statistics_model {
    char name[NETWORK_NAME_SIZE];
    struct oip_statistics numbers;
};

struct statistics {
    pthread_mutex_t mutex;
    size_t count;
    struct statistics_model *models[REGISTRY_MAX_MODELS];
};

struct statistics *statistics_open(void)
{
    struct statistics *statistics = mem_alloc(1, sizeof *statistics);
    if (statistics)
        pthread_mutex_init(&statistics->mutex, NULL);
    return statistics;
}

void statistics_close(struct statistics *statistics)
{
    if (!statistics)
        return;
    for (size_t i = 0; i < statistics->count; i++)
        mem_free(statistics->models[i]);
    pthread_mutex_destroy(&statistics->mutex);
    mem_free(statistics);
}

static struct statistics_model *statistics_find(const struct statistics *statistics,
                                                const char *name)
{
    for (size_t i = 0; i < statistics->count; i++)
        if (strcmp(statistics->models[i]->name, name) == 0)
            return statistics->models[i];
    return NULL;
}

/* A full table gives up the model that was asked least recently. NULL: out of memory. */
static struct statistics_model *statistics_add(struct statistics *statistics, const char *name)
{
    struct statistics_model *model = NULL;
    if (statistics->count < REGISTRY_MAX_MODELS) {
        model = mem_alloc(1, sizeof *model);
        if (!model)
            return NULL;
        statistics->models[statistics->count++] = model;
    } else {
        model = statistics->models[0];
        for (size_t i = 1; i < statistics->count; i++)
            if (statistics->models[i]->numbers.last_inference_ms < model->numbers.last_inference_ms)
                model = statistics->models[i];
        *model = (struct statistics_model){.name = ""};
    }
    snprintf(model->name, sizeof model->name, "%s", name);
    return model;
}

static void statistics_lap(struct oip_duration *duration, uint64_t us)
{
    duration->count++;
    duration->ns += us * 1000;
}

static void statistics_compute(struct oip_compute *compute, const struct statistics_sample *sample)
{
    statistics_lap(&compute->input, sample->input_us);
    statistics_lap(&compute->infer, sample->infer_us);
    statistics_lap(&compute->output, sample->output_us);
}

static void statistics_add_sample(struct oip_statistics *numbers,
                                  const struct statistics_sample *sample)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    numbers->last_inference_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    statistics_lap(sample->success ? &numbers->success : &numbers->fail, sample->duration_us);
    if (sample->computed)
        statistics_lap(&numbers->queue, sample->queue_us);
    if (!sample->success)
        return;
    numbers->num_inferences += sample->num_samples;
    numbers->num_executions++;
    statistics_compute(&numbers->compute, sample);
    if (sample->num_samples >= 1 && sample->num_samples <= OIP_STATISTICS_MAX_BATCH)
        statistics_compute(&numbers->batches[sample->num_samples - 1], sample);
}

void statistics_record(struct statistics *statistics, const struct statistics_sample *sample)
{
    pthread_mutex_lock(&statistics->mutex);
    struct statistics_model *model = statistics_find(statistics, sample->model);
    if (!model)
        model = statistics_add(statistics, sample->model);
    if (model)
        statistics_add_sample(&model->numbers, sample);
    pthread_mutex_unlock(&statistics->mutex);
}

void statistics_get(struct statistics *statistics, const char *model, struct oip_statistics *out)
{
    pthread_mutex_lock(&statistics->mutex);
    const struct statistics_model *found = statistics_find(statistics, model);
    *out = found ? found->numbers : (struct oip_statistics){.last_inference_ms = 0};
    pthread_mutex_unlock(&statistics->mutex);
}
