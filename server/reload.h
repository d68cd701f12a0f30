/*
 * The thread that changes which models are served while requests run: it loads and unloads single
 * ones for clients and reads the whole repository anew when told to, one after the other. So
 * neither the event loop nor the inference threads ever wait for a file.
 */
#ifndef SPIKELOOM_SERVER_RELOAD_H
#define SPIKELOOM_SERVER_RELOAD_H

#include "models/registry.h"

enum { RELOAD_MAX_WAITING = 16 };

struct reload;

/* Embedded in what waits for the thread. `run` is called once: with NOT_READY when it stops. */
struct reload_task {
    struct reload_task *next;
    void (*run)(struct reload_task *task, enum status status);
};

/* The registry is borrowed. NO_MEMORY, INTERNAL when the thread cannot be started. */
enum status reload_open(struct registry *registry, struct reload **reload, struct error *error);

/* Lets the task that runs finish and gives the others back. Allows NULL. */
void reload_close(struct reload *reload);

/* OVERLOADED when too many wait, NOT_READY when the thread stops: the task stays the caller's. */
enum status reload_submit(struct reload *reload, struct reload_task *task);

/* Has the whole repository read anew, and says in the log what has become of each model. */
void reload_folder(struct reload *reload);

/* Says in the log what has become of a model, and why. */
void reload_log_model(const char *name, enum registry_change change, const struct error *error);

#endif
