#include "train/training_loop.h"

#include "core/math/gemm.h"
#include "train/interrupt.h"
#include "train/progress.h"

#include <stdbool.h>
#include <time.h>

enum { LOSSES_PER_EPOCH = 10 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

enum status training_loop_resume(struct training_loop *loop, struct error *error)
{
    if (!loop->settings->resume)
        return STATUS_OK;
    return parameters_restore(loop->parameters, loop->batches, loop->description,
                              loop->settings->state_path, error);
}

static enum status save_state(const struct training_loop *loop, double started, struct error *error)
{
    if (!loop->settings->state_path)
        return STATUS_OK;
    loop->parameters->spent_us = (uint64_t)(1e6 * (now() - started));
    return parameters_save(loop->parameters, *loop->batches, loop->description,
                           loop->settings->state_path, error);
}

static void log_epoch(const struct training_loop *loop, double seconds)
{
    struct bptt_loss loss = loop->loss(loop->context);
    json_log_event(loop->log, "epoch",
                   json_pack("{s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "epoch",
                             (json_int_t)(*loop->batches / loop->batches_per_epoch), "batches",
                             (json_int_t)*loop->batches, "loss_image", loss.image, "loss_latent",
                             loss.latent, "loss_contrast", loss.contrast, "loss_synops",
                             loss.synops, "learning_rate", loop->learning_rate(loop->context),
                             "seconds", seconds));
}

/* A point of the loss curve within an epoch: one epoch is all that the membrane rule is given. */
static void log_loss(const struct training_loop *loop)
{
    uint64_t interval = loop->batches_per_epoch / LOSSES_PER_EPOCH;
    if (*loop->batches % (interval ? interval : 1) == 0)
        json_log_event(loop->log, "loss",
                       json_pack("{s:f, s:f}", "epoch",
                                 (double)*loop->batches / (double)loop->batches_per_epoch,
                                 "loss_image", loop->loss(loop->context).image));
}

static void show(const struct training_loop *loop, struct progress *progress)
{
    const struct trainer_settings *settings = loop->settings;
    uint64_t epoch = (*loop->batches - 1) / loop->batches_per_epoch;
    progress_update(progress, *loop->batches * (uint64_t)settings->batch_size,
                    "epoch %d/%d  loss %.5f", (int)epoch + 1, settings->epochs,
                    loop->loss(loop->context).image);
}

enum status training_loop_run(struct training_loop *loop, struct trainer_result *result,
                              struct error *error)
{
    const struct trainer_settings *settings = loop->settings;
    const uint64_t batch = (uint64_t)settings->batch_size;
    const uint64_t total = loop->batches_per_epoch * (uint64_t)settings->epochs;
    double saved = now(), epoch_started = saved;
    /* as if the runs that this one goes on from had come just before */
    const double started = saved - 1e-6 * (double)loop->parameters->spent_us;
    enum status status = STATUS_OK;
    struct progress progress;
    *result = (struct trainer_result){0};
    if (settings->epochs < 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "Training needs at least one epoch.");
    gemm_use_one_thread();
    interrupt_watch();
    progress_start(&progress, settings->label, total * batch, *loop->batches * batch,
                   settings->quiet);
    while (*loop->batches < total && !interrupt_requested() && status == STATUS_OK) {
        status = loop->run_batch(loop->context, error);
        if (status != STATUS_OK)
            break;
        show(loop, &progress);
        if (*loop->batches % loop->batches_per_epoch == 0) {
            log_epoch(loop, now() - epoch_started);
            epoch_started = now();
        } else {
            log_loss(loop);
        }
        if (now() - saved >= 60 * settings->state_minutes) {
            status = save_state(loop, started, error);
            saved = now();
        }
    }
    *result = (struct trainer_result){.finished = *loop->batches == total,
                                      .updates = *loop->batches,
                                      .seconds = now() - started,
                                      .loss = loop->loss(loop->context)};
    if (status == STATUS_OK && !result->finished)
        status = save_state(loop, started, error);
    progress_finish(&progress, "%s  loss %.5f", result->finished ? "done" : "stopped",
                    result->loss.image);
    return status;
}
