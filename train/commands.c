#include "train/commands.h"

enum status command_run(const struct options *options, struct error *error)
{
    switch (options->command) {
    case COMMAND_AUTOENCODER:
        return command_autoencoder(options, error);
    case COMMAND_AUDIOCODER:
        return command_audiocoder(options, error);
    case COMMAND_ANN:
        return command_ann(options, error);
    case COMMAND_JUDGE:
        return command_judge(options, error);
    case COMMAND_SWEEP:
        return command_sweep(options, error);
    case COMMAND_REPRODUCE:
        return command_reproduce(options, error);
    case COMMAND_EVALUATE:
        return command_evaluate(options, error);
    case COMMAND_SYNTHESIZE:
        return command_synthesize(options, error);
    case COMMAND_CALIBRATE:
        return command_calibrate(options, error);
    case COMMAND_QUANTIZE:
        return command_quantize(options, error);
    case COMMAND_INSPECT:
        return command_inspect(options, error);
    case COMMAND_COUNT:
        break;
    }
    return error_plain(error, STATUS_INTERNAL);
}
