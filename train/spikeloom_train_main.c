/*
 * spikeloom-train: training, evaluation and use of checkpoints from the command line.
 */
#include "core/base/buf.h"
#include "core/base/cpu.h"
#include "core/media/resample.h"
#include "train/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The command as a person would repeat it; the parser reorders the words. A run that was resumed
 * gives what it would have given at once.
 */
static enum status join_words(int argc, char **argv, struct buf *line)
{
    enum status status = buf_append_string(line, "spikeloom-train");
    for (int i = 1; i < argc && status == STATUS_OK; i++)
        if (strcmp(argv[i], "--resume") != 0)
            status = buf_printf(line, " %s", argv[i]);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error = {STATUS_OK, ""};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("spikeloom-train " SPIKELOOM_VERSION);
        return EXIT_SUCCESS;
    }
    resample_ignore_environment();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write, with a sentence */
    struct buf line;
    buf_init(&line, 1 << 20);
    if (join_words(argc, argv, &line) != STATUS_OK) {
        fprintf(stderr, "spikeloom-train: The command line is too long.\n");
        return 2;
    }
    if (options_parse(argc, argv, &options, &error) != STATUS_OK ||
        (options.cpu_level && cpu_use_level_named(options.cpu_level, &error) != STATUS_OK)) {
        fprintf(stderr, "spikeloom-train: %s\n", error.detail);
        buf_free(&line);
        return 2;
    }
    options.command_line = (const char *)line.bytes;
    enum status status = STATUS_OK;
    if (options.help)
        options_help(options.command);
    else
        status = command_run(&options, &error);
    buf_free(&line);
    if (status != STATUS_OK) {
        fprintf(stderr, "spikeloom-train: %s\n", error.detail);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
