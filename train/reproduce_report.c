#include "train/reproduce.h"

#include "train/reproduce_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REPORT_VALUE_SIZE = 128 };

/* A table on its way into the report and, cell by cell the same, into its CSV. */
struct report_table {
    const struct reproduction *reproduction;
    const struct reproduce_table *table;
    struct reproduce_text *report, csv;
};

static const json_t *find_value(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(json_object_get(row, "scores"), key);
    if (!value)
        value = json_object_get(json_object_get(row, "settings"), key);
    return value ? value : json_object_get(row, key);
}

/* Empty for null and for what the row has not. */
static void print_value(const json_t *value, char text[REPORT_VALUE_SIZE])
{
    size_t length = 0;
    text[0] = '\0';
    if (json_is_string(value))
        snprintf(text, REPORT_VALUE_SIZE, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(text, REPORT_VALUE_SIZE, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, REPORT_VALUE_SIZE, "%.4g", json_real_value(value));
    for (size_t i = 0; i < json_array_size(value) && length < REPORT_VALUE_SIZE; i++)
        length += (size_t)snprintf(text + length, REPORT_VALUE_SIZE - length, "%s%.4g",
                                   i ? " / " : "", json_number_value(json_array_get(value, i)));
}

static void add_cell(struct report_table *table, bool first, const char *text)
{
    reproduce_text_printf(table->report, "| %s ", *text ? text : "-");
    reproduce_text_printf(&table->csv, "%s%s", first ? "" : ",", text);
}

static void end_row(struct report_table *table)
{
    reproduce_text_add(table->report, "|\n");
    reproduce_text_add(&table->csv, "\n");
}

static int count_columns(const struct reproduce_table *table)
{
    int count = 0;
    while (count < REPRODUCE_MAX_COLUMNS && table->columns[count].heading)
        count++;
    return count;
}

static void add_headings(struct report_table *table)
{
    int count = count_columns(table->table);
    add_cell(table, true, "run");
    for (int i = 0; i < count; i++)
        add_cell(table, false, table->table->columns[i].heading);
    end_row(table);
    for (int i = 0; i <= count; i++)
        reproduce_text_add(table->report, "|---");
    reproduce_text_add(table->report, "|\n");
}

static void add_run(struct report_table *table, const struct reproduce_run *run)
{
    char text[REPORT_VALUE_SIZE];
    const json_t *row = sweep_results_find(&table->reproduction->results, run->train.name);
    add_cell(table, true, run->train.name);
    for (int i = 0; i < count_columns(table->table); i++) {
        print_value(find_value(row, table->table->columns[i].key), text);
        add_cell(table, false, text);
    }
    end_row(table);
}

/* Mean and standard deviation (n-1) over the runs; false where a run has no such number. */
static bool summarize(const struct report_table *table, const char *key, double *mean,
                      double *deviation)
{
    double sum = 0, squares = 0;
    int count = 0;
    const struct reproduce_run *run;
    for (int pass = 0; pass < 2; pass++) {
        *mean = count ? sum / count : 0;
        count = 0;
        for (int i = 0; (run = reproduce_table_run(table->reproduction, table->table, i)); i++) {
            const json_t *value =
                find_value(sweep_results_find(&table->reproduction->results, run->train.name), key);
            if (!json_is_real(value))
                return false;
            double number = json_real_value(value);
            sum += pass ? 0 : number;
            squares += pass ? (number - *mean) * (number - *mean) : 0;
            count++;
        }
    }
    *deviation = count > 1 ? sqrt(squares / (count - 1)) : 0;
    return count > 0;
}

static void add_summary(struct report_table *table, bool deviations)
{
    double mean, deviation;
    add_cell(table, true, deviations ? "deviation" : "mean");
    for (int i = 0; i < count_columns(table->table); i++) {
        char text[REPORT_VALUE_SIZE] = "";
        if (summarize(table, table->table->columns[i].key, &mean, &deviation))
            snprintf(text, sizeof text, "%.4g", deviations ? deviation : mean);
        add_cell(table, false, text);
    }
    end_row(table);
}

static void add_commands(const struct report_table *table)
{
    const struct reproduce_run *run;
    if (!table->table->runs[0])
        return;
    reproduce_text_add(table->report, "```\n");
    for (int i = 0; (run = reproduce_table_run(table->reproduction, table->table, i)); i++) {
        if (run->missing)
            continue;
        reproduce_text_add(table->report, run->train.command_line);
        reproduce_text_add(table->report, "\n");
        reproduce_text_add(table->report, run->evaluate.command_line);
        reproduce_text_add(table->report, "\n");
    }
    reproduce_text_add(table->report, "```\n\n");
}

static void add_missing(const struct report_table *table)
{
    const struct reproduce_run *run;
    for (int i = 0; (run = reproduce_table_run(table->reproduction, table->table, i)); i++)
        if (run->missing)
            reproduce_text_printf(table->report, "Not run: %s, for want of %s.\n\n",
                                  run->experiment->name, run->missing);
}

static void add_figures(const struct report_table *table, bool drawn)
{
    const struct reproduce_table *t = table->table;
    const struct reproduce_run *run;
    if (drawn && t->plot.title)
        reproduce_text_printf(table->report, "![%s](plots/%s.png)\n\n", t->plot.title, t->name);
    if (drawn && t->loss)
        reproduce_text_printf(table->report, "![Loss curves](plots/%s-loss.png)\n\n", t->name);
    for (int i = 0; t->pictures && (run = reproduce_table_run(table->reproduction, t, i)); i++)
        if (!run->missing)
            reproduce_text_printf(table->report, "%s:\n\n![%s](pictures/%s.png)\n\n",
                                  run->train.name, run->train.name, run->train.name);
}

static void add_rows(struct report_table *table)
{
    const struct reproduce_run *run;
    add_headings(table);
    for (int i = 0; (run = reproduce_table_run(table->reproduction, table->table, i)); i++)
        if (!run->missing)
            add_run(table, run);
    for (int i = 0; table->table->mean && i < 2; i++)
        add_summary(table, i == 1);
    reproduce_text_printf(table->report, "\n[CSV](csv/%s.csv)\n\n", table->table->name);
}

/* One section, and its CSV. */
static enum status add_table(const struct reproduction *reproduction,
                             const struct reproduce_table *plan, bool drawn,
                             struct reproduce_text *report, struct error *error)
{
    char path[PATH_MAX];
    struct report_table table = {.reproduction = reproduction, .table = plan, .report = report};
    enum status status =
        reproduce_path(reproduction->options->out, "csv", plan->name, ".csv", path, error);
    reproduce_text_init(&table.csv);
    reproduce_text_printf(report, "## %s\n\n%s\n\n", plan->title, plan->about);
    if (plan->runs[0])
        add_missing(&table);
    if (reproduce_table_filled(reproduction, plan)) {
        add_commands(&table);
        add_rows(&table);
        add_figures(&table, drawn);
        if (status == STATUS_OK)
            status = reproduce_text_save(&table.csv, path, error);
    }
    reproduce_text_free(&table.csv);
    return status;
}

static void add_introduction(const struct reproduction *reproduction, bool drawn,
                             struct reproduce_text *report)
{
    const struct options *options = reproduction->options;
    reproduce_text_add(report, "# Spiking autoencoders and audiocoders: the published experiments\n"
                               "\n```\n");
    reproduce_text_add(report, options->command_line);
    reproduce_text_printf(report, "\n```\n\nspikeloom-train %s%s%s%s.\n\n", SPIKELOOM_VERSION,
                          options->commit ? ", sources " : "",
                          options->commit ? options->commit : "",
                          options->full ? ""
                                        : ". **Quick: few samples and small networks. The figures "
                                          "show that everything works, nothing else**");
    reproduce_text_add(report,
                       "Experiments of Roy, Panda and Roy (2019), beside this project's own rule "
                       "and analog baselines. Above each table stand the commands that make its "
                       "figures, on the test split: a training and its evaluation. All rows with "
                       "all their settings and scores: [results.csv](results.csv). Losses are "
                       "those of each rule, and compare within a rule only: "
                       "[loss.csv](csv/loss.csv). Pictures show ten test samples from left to "
                       "right; from above, of images the input, its spikes (rate coding only) and "
                       "the output, of speech the picture of its class and the output.\n\n");
    if (!drawn)
        reproduce_text_add(report, "Plots are left out: gnuplot (Debian package gnuplot-nox) is "
                                   "not installed.\n\n");
}

/* Sections behind the introduction, which says whether plots could be drawn from their CSVs. */
static enum status add_tables(const struct reproduction *reproduction, bool drawn,
                              struct reproduce_text *report, struct error *error)
{
    enum status status = STATUS_OK;
    reproduce_text_init(report);
    add_introduction(reproduction, drawn, report);
    for (int i = 0; i < reproduce_num_tables && status == STATUS_OK; i++)
        status = add_table(reproduction, &reproduce_tables[i], drawn, report, error);
    return status;
}

static enum status draw_pictures(const struct reproduction *reproduction, struct error *error)
{
    const struct reproduce_run *run;
    enum status status = STATUS_OK;
    for (int t = 0; t < reproduce_num_tables; t++)
        for (int i = 0; status == STATUS_OK && reproduce_tables[t].pictures &&
                        (run = reproduce_table_run(reproduction, &reproduce_tables[t], i));
             i++)
            if (!run->missing)
                status = reproduce_picture_draw(reproduction, run, error);
    return status;
}

enum status reproduce_report_write(const struct reproduction *reproduction, struct error *error)
{
    bool drawn = true;
    char path[PATH_MAX];
    struct reproduce_text report;
    enum status status = draw_pictures(reproduction, error);
    if (status == STATUS_OK)
        status = reproduce_loss_write(reproduction, error);
    if (status != STATUS_OK)
        return status;
    status = add_tables(reproduction, drawn, &report, error);
    if (status == STATUS_OK)
        status = reproduce_plots_draw(reproduction, &drawn, error);
    if (status == STATUS_OK && !drawn) {
        reproduce_text_free(&report);
        status = add_tables(reproduction, drawn, &report, error);
    }
    if (status == STATUS_OK)
        status = reproduce_path(reproduction->options->out, NULL, "REPORT", ".md", path, error);
    if (status == STATUS_OK)
        status = reproduce_text_save(&report, path, error);
    reproduce_text_free(&report);
    return status;
}
