#include "train/options_table.h"

const struct command_row options_commands[COMMAND_COUNT] = {
    [COMMAND_AUTOENCODER] =
        {.name = "autoencoder",
         .summary = "Trains a spiking autoencoder of images.",
         .examples = {"spikeloom-train autoencoder --data mnist:data/mnist --out mnist.safetensors",
                      "spikeloom-train autoencoder --rule membrane --data fashion:data/fashion "
                      "--hidden 1024 --steps 60 --max-rate-hz 500 --learning-rate 5e-5 "
                      "--out fashion.safetensors"}},
    [COMMAND_AUDIOCODER] =
        {.name = "audiocoder",
         .summary = "Trains a spiking network from speech to the latent of an autoencoder.",
         .examples = {"spikeloom-train audiocoder --data fsdd:data/fsdd --images mnist:data/mnist "
                      "--autoencoder mnist.safetensors --out speech.safetensors",
                      "spikeloom-train audiocoder --rule membrane --targets own --data "
                      "fsdd:data/fsdd --images mnist:data/mnist --autoencoder mnist.safetensors "
                      "--out speech.safetensors"}},
    [COMMAND_ANN] =
        {.name = "ann",
         .summary = "Trains an autoencoder of analog units, to compare spiking ones with.",
         .examples = {"spikeloom-train ann --data mnist:data/mnist --out mnist-ann.safetensors",
                      "spikeloom-train ann --data fashion:data/fashion --hidden 1024 "
                      "--activation sigmoid --out fashion-ann.safetensors"}},
    [COMMAND_JUDGE] =
        {.name = "judge",
         .summary = "Trains a classifier of handwritten digits, which scores pictures.",
         .examples = {"spikeloom-train judge --data mnist:data/mnist --out judge.safetensors",
                      "spikeloom-train judge --data mnist:data/mnist --epochs 5 --dropout 0 "
                      "--out judge.safetensors --log judge.jsonl"}},
    [COMMAND_SWEEP] =
        {.name = "sweep",
         .summary = "Trains autoencoders over a grid of settings; goes on where it was stopped.",
         .examples = {"spikeloom-train sweep --over steps=5,15,30,60 --rule membrane "
                      "--data mnist:data/mnist --out steps",
                      "spikeloom-train sweep --over hidden=64,196 --over seed=1,2,3 "
                      "--data mnist:data/mnist --epochs 2 --out sizes"}},
    [COMMAND_REPRODUCE] =
        {.name = "reproduce",
         .summary = "Runs the published experiments and writes a report; goes on where it was "
                    "stopped.",
         .examples = {"spikeloom-train reproduce --quick --mnist mnist:data/mnist --out quick",
                      "spikeloom-train reproduce --full --mnist mnist:data/mnist --fashion "
                      "fashion:data/fashion --speech fsdd:data/fsdd --out full"}},
    [COMMAND_CALIBRATE] =
        {.name = "calibrate",
         .summary = "Gives a finished audiocoder other handwritings and a confidence.",
         .examples = {"spikeloom-train calibrate --model speech.safetensors --autoencoder "
                      "mnist.safetensors --images mnist:data/mnist --data fsdd:data/fsdd "
                      "--non-digits wavs:data/non-digits",
                      "spikeloom-train calibrate --model speech.safetensors --autoencoder "
                      "mnist.safetensors --images mnist:data/mnist --data fsdd:data/fsdd --extra "
                      "wavs:data/speech --non-digits wavs:data/non-digits --hands 32 "
                      "--out speech-32.safetensors"}},
    [COMMAND_QUANTIZE] =
        {.name = "quantize",
         .summary =
             "Puts the weights of a finished checkpoint into fixed point and scores it again.",
         .examples = {"spikeloom-train quantize --model mnist.safetensors --data mnist:data/mnist",
                      "spikeloom-train quantize --model speech.safetensors --data fsdd:data/fsdd "
                      "--judge judge.safetensors --out speech-fixed.safetensors"}},
    [COMMAND_EVALUATE] =
        {.name = "evaluate",
         .summary = "Scores a checkpoint on a test split.",
         .examples = {"spikeloom-train evaluate --model mnist.safetensors --data mnist:data/mnist",
                      "spikeloom-train evaluate --model speech.safetensors --data fsdd:data/fsdd "
                      "--images mnist:data/mnist --json"}},
    [COMMAND_SYNTHESIZE] =
        {.name = "synthesize",
         .summary = "Turns audio files into PNG pictures.",
         .inputs = "FILE...",
         .examples = {"spikeloom-train synthesize --model speech.safetensors --out pictures "
                      "seven.wav",
                      "spikeloom-train synthesize --model speech.safetensors --out pictures "
                      "one.wav two.flac three.ogg"}},
    [COMMAND_INSPECT] = {.name = "inspect",
                         .summary = "Says what is in a checkpoint.",
                         .examples = {"spikeloom-train inspect --model mnist.safetensors",
                                      "spikeloom-train inspect --model mnist.safetensors --json"}},
};

const char *options_command_name(enum train_command command)
{
    return (unsigned)command < COMMAND_COUNT ? options_commands[command].name : "";
}
