#include "train/reproduce.h"

#include "core/base/file.h"
#include "train/reproduce_text.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* Adds the points of a log to `points` [][epoch, loss]; what a later run repeats replaces them. */
static void read_points(const struct buf *log, json_t *points)
{
    const char *line = (const char *)log->bytes, *end = line + log->size;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line), last;
        json_t *event = json_loadb(line, length, 0, NULL); /* NULL: a line that was cut off */
        json_t *loss = json_object_get(event, "loss_image");
        double epoch = json_number_value(json_object_get(event, "epoch"));
        if (loss) {
            while ((last = json_array_size(points)) > 0 &&
                   json_number_value(json_array_get(json_array_get(points, last - 1), 0)) >= epoch)
                json_array_remove(points, last - 1);
            json_array_append_new(points, json_pack("[f, O]", epoch, loss));
        }
        json_decref(event);
        line += length + 1;
    }
}

static enum status add_points(const struct reproduce_run *run, struct reproduce_text *csv,
                              struct error *error)
{
    size_t i;
    struct buf log;
    json_t *point, *points = json_array();
    buf_init(&log, REPRODUCE_MAX_TEXT);
    enum status status = points ? file_read(run->train.options.log, &log, error)
                                : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        read_points(&log, points);
    json_array_foreach(points, i, point)
    {
        reproduce_text_printf(csv, "%s,%.6g,%.6g\n", run->train.name,
                              json_number_value(json_array_get(point, 0)),
                              json_number_value(json_array_get(point, 1)));
    }
    json_decref(points);
    buf_free(&log);
    return status;
}

enum status reproduce_loss_write(const struct reproduction *reproduction, struct error *error)
{
    char path[PATH_MAX];
    struct reproduce_text csv;
    enum status status =
        reproduce_path(reproduction->options->out, "csv", "loss", ".csv", path, error);
    reproduce_text_init(&csv);
    reproduce_text_add(&csv, "run,epoch,loss\n");
    for (int i = 0; i < reproduction->num_runs && status == STATUS_OK; i++)
        if (!reproduction->runs[i].missing)
            status = add_points(&reproduction->runs[i], &csv, error);
    if (status == STATUS_OK)
        status = reproduce_text_save(&csv, path, error);
    reproduce_text_free(&csv);
    return status;
}

/* Columns against each other, over all runs. */
static void add_curves(const struct reproduce_table *table, struct reproduce_text *script)
{
    const struct reproduce_plot *plot = &table->plot;
    for (int i = 0; i < 2 && (i == 0 || plot->y[i]); i++)
        reproduce_text_printf(script,
                              "%s'csv/%s.csv' skip 1 using %d:%d with linespoints title '%s'",
                              i ? ", " : "plot ", table->name, plot->x + 2, plot->y[i] + 2,
                              table->columns[plot->y[i]].heading);
    reproduce_text_add(script, "\n");
}

/* The same columns of a CSV for each run of the table by itself; columns count from 1. */
static void add_each_run(const struct reproduction *reproduction,
                         const struct reproduce_table *table, const char *csv, int x, int y,
                         struct reproduce_text *script)
{
    const struct reproduce_run *run;
    bool any = false;
    for (int i = 0; (run = reproduce_table_run(reproduction, table, i)); i++) {
        if (run->missing)
            continue;
        reproduce_text_printf(script,
                              "%s'csv/%s.csv' skip 1 using (strcol(1) eq '%s' ? $%d : 1/0):%d with "
                              "linespoints pointsize 1.5 title '%s'",
                              any ? ", " : "plot ", csv, run->train.name, x, y, run->train.name);
        any = true;
    }
    reproduce_text_add(script, "\n");
}

static void add_plot(const struct reproduction *reproduction, const struct reproduce_table *table,
                     struct reproduce_text *script)
{
    const struct reproduce_plot *plot = &table->plot;
    reproduce_text_printf(script,
                          "\nset output 'plots/%s.png'\nset title '%s'\nset xlabel '%s'\n"
                          "set ylabel '%s'\n",
                          table->name, plot->title, table->columns[plot->x].heading,
                          plot->points ? table->columns[plot->y[0]].heading : "error");
    if (!plot->points) {
        add_curves(table, script);
        return;
    }
    reproduce_text_add(script, "set format x '%.0s%c'\n");
    add_each_run(reproduction, table, table->name, plot->x + 2, plot->y[0] + 2, script);
    reproduce_text_add(script, "set format x\n");
}

static void add_loss_curves(const struct reproduction *reproduction,
                            const struct reproduce_table *table, struct reproduce_text *script)
{
    reproduce_text_printf(script,
                          "\nset output 'plots/%s-loss.png'\nset title 'Loss curves'\n"
                          "set xlabel 'epoch'\nset ylabel 'loss of the rule'\nset logscale y\n",
                          table->name);
    add_each_run(reproduction, table, "loss", 2, 3, script);
    reproduce_text_add(script, "unset logscale\n");
}

static void add_script(const struct reproduction *reproduction, struct reproduce_text *script)
{
    reproduce_text_add(script, "# gnuplot plots.gp, in this folder\n"
                               "set terminal pngcairo size 800,480 noenhanced\n"
                               "set datafile separator ','\nset key outside\nset grid\n");
    for (int i = 0; i < reproduce_num_tables; i++) {
        if (!reproduce_table_filled(reproduction, &reproduce_tables[i]))
            continue;
        if (reproduce_tables[i].plot.title)
            add_plot(reproduction, &reproduce_tables[i], script);
        if (reproduce_tables[i].loss)
            add_loss_curves(reproduction, &reproduce_tables[i], script);
    }
}

/* Runs gnuplot in the folder; *drawn: false when there is none. */
static enum status run_gnuplot(const char *folder, bool *drawn, struct error *error)
{
    char program[] = "gnuplot", script[] = "plots.gp";
    char *words[] = {program, script, NULL};
    pid_t child;
    int outcome = 0;
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return error_plain(error, STATUS_NO_MEMORY);
    int failure = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (failure == 0)
        failure = posix_spawnp(&child, program, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    *drawn = failure == 0;
    if (failure == ENOENT) {
        fprintf(stderr, "no plots: gnuplot (Debian package gnuplot-nox) is not installed\n");
        return STATUS_OK;
    }
    if (failure != 0)
        return error_set(error, STATUS_IO, "gnuplot: %s", strerror(failure));
    while (waitpid(child, &outcome, 0) < 0)
        if (errno != EINTR)
            return error_set(error, STATUS_IO, "gnuplot: %s", strerror(errno));
    return WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0
               ? STATUS_OK
               : error_set(error, STATUS_IO, "gnuplot could not draw %s/plots.gp.", folder);
}

enum status reproduce_plots_draw(const struct reproduction *reproduction, bool *drawn,
                                 struct error *error)
{
    char path[PATH_MAX];
    struct reproduce_text script;
    const char *folder = reproduction->options->out;
    *drawn = false;
    enum status status = reproduce_path(folder, NULL, "plots", ".gp", path, error);
    reproduce_text_init(&script);
    add_script(reproduction, &script);
    if (status == STATUS_OK)
        status = reproduce_text_save(&script, path, error);
    if (status == STATUS_OK)
        status = run_gnuplot(folder, drawn, error);
    reproduce_text_free(&script);
    return status;
}
