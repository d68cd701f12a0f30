#include "train/reproduce.h"

#define MEMBRANE_MNIST                                                                             \
    "autoencoder --rule membrane --data MNIST --max-rate-hz 300 --batch-size 100 --epochs 1"
#define PUBLISHED MEMBRANE_MNIST " --hidden 196 --steps 15 --learning-rate 5e-4"
#define ANN       "ann --activation relu --epochs 5 --learning-rate 5e-3"
#define FEW       "--limit 1000"
#define FEWER     "--limit 300 --hidden 128"
#define FEW_WORDS "--limit 100 --epochs 1 --hidden 32"

const struct reproduce_experiment reproduce_experiments[] = {
    {"mnist-seed1", PUBLISHED " --seed 1", FEW, 17},
    {"mnist-seed2", PUBLISHED " --seed 2", FEW, 17},
    {"mnist-seed3", PUBLISHED " --seed 3", FEW, 17},

    {"mnist-none", PUBLISHED " --mask none", FEW, 17},
    {"mnist-if", PUBLISHED " --neuron if", FEW, 17},
    {"mnist-if-none", PUBLISHED " --neuron if --mask none", FEW, 17},

    {"mnist-steps5", PUBLISHED " --steps 5", FEW, 8},
    {"mnist-steps30", PUBLISHED " --steps 30", FEW, 35},
    {"mnist-steps60", PUBLISHED " --steps 60", FEW, 73},

    {"mnist-hidden64", PUBLISHED " --hidden 64", FEW, 9},
    {"mnist-hidden400", PUBLISHED " --hidden 400", FEW, 33},

    {"mnist-keep-5e-5", PUBLISHED " --adam-moments keep --learning-rate 5e-5", FEW, 24},
    {"mnist-keep-1e-4", PUBLISHED " --adam-moments keep --learning-rate 1e-4", FEW, 24},
    {"mnist-keep-2e-4", PUBLISHED " --adam-moments keep --learning-rate 2e-4", FEW, 24},
    {"mnist-keep-5e-4", PUBLISHED " --adam-moments keep --learning-rate 5e-4", FEW, 24},
    {"mnist-keep-1e-3", PUBLISHED " --adam-moments keep --learning-rate 1e-3", FEW, 24},

    {"mnist-bptt", "autoencoder --rule bptt --data MNIST --epochs 8", FEW " --epochs 2", 57},
    {"mnist-bptt-rate",
     "autoencoder --rule bptt --data MNIST --encoding rate --max-rate-hz 300 --epochs 4",
     FEW " --epochs 2", 30},
    {"mnist-ann", ANN " --data MNIST --hidden 196", FEW " --epochs 2", 8},
    {"mnist-ann-1e-3", ANN " --data MNIST --hidden 196 --learning-rate 1e-3", FEW " --epochs 2", 8},
    {"mnist-ann-sigmoid", ANN " --data MNIST --hidden 196 --activation sigmoid", FEW " --epochs 2",
     8},
    {"mnist-ann-1024", ANN " --data MNIST --hidden 1024", FEWER " --epochs 2", 28},

    {"fashion-membrane",
     "autoencoder --rule membrane --data FASHION --hidden 1024 --steps 60 --max-rate-hz 500 "
     "--learning-rate 5e-5 --batch-size 100 --epochs 1",
     FEWER, 620},
    {"fashion-bptt", "autoencoder --rule bptt --data FASHION --hidden 1024 --epochs 2",
     FEWER " --epochs 2", 70},
    {"fashion-ann-196", ANN " --data FASHION --hidden 196", FEW " --epochs 2", 8},
    {"fashion-ann", ANN " --data FASHION --hidden 1024", FEWER " --epochs 2", 28},

    {"audio-a-membrane",
     "audiocoder --rule membrane --targets class --data SPEECH --images MNIST --autoencoder "
     "@mnist-seed1 --hidden 2048 --steps 30 --max-rate-hz 20 --learning-rate 5e-5 --batch-size 50 "
     "--epochs 20",
     FEW_WORDS, 1520},
    {"audio-b-membrane",
     "audiocoder --rule membrane --targets own --data SPEECH --images MNIST --autoencoder "
     "@mnist-seed1 --hidden 2048 --steps 30 --max-rate-hz 20 --learning-rate 5e-5 --batch-size 50 "
     "--epochs 5",
     FEW_WORDS, 395},
    {"audio-a-bptt",
     "audiocoder --rule bptt --variants 0 --targets class --data SPEECH --images MNIST "
     "--autoencoder "
     "@mnist-bptt --epochs 5",
     FEW_WORDS, 30},
    {"audio-b-bptt",
     "audiocoder --rule bptt --variants 0 --targets own --data SPEECH --images MNIST --autoencoder "
     "@mnist-bptt "
     "--epochs 5",
     FEW_WORDS, 30},
};

const int reproduce_num_experiments = sizeof reproduce_experiments / sizeof *reproduce_experiments;

_Static_assert(sizeof reproduce_experiments / sizeof *reproduce_experiments <= REPRODUCE_MAX_RUNS,
               "too many experiments");

const struct reproduce_experiment reproduce_calibration = {"calibration", PUBLISHED " --limit 4000",
                                                           "", 1.7};

#define SPIKES                                                                                     \
    {                                                                                              \
        "mse_spikes", "mse_spikes"                                                                 \
    }
#define PIXELS                                                                                     \
    {                                                                                              \
        "mse_pixels", "mse_pixels"                                                                 \
    }
#define PIXEL_MSE                                                                                  \
    {                                                                                              \
        "pixel_mse", "pixel_mse"                                                                   \
    }
#define SYNOPS                                                                                     \
    {                                                                                              \
        "synops", "synops"                                                                         \
    }

const struct reproduce_table reproduce_tables[] = {
    {.name = "seeds",
     .title = "MNIST, 784-196-784, membrane rule",
     .about = "LIF, 15 steps, 300 Hz, xor mask, learning rate 5e-4, one epoch, three seeds. The "
              "authors' program, run once, gave mse_spikes 0.2608 and mse_pixels 0.3590.",
     .runs = {"mnist-seed1", "mnist-seed2", "mnist-seed3"},
     .columns = {{"seed", "seed"}, SPIKES, PIXELS, PIXEL_MSE},
     .mean = true,
     .pictures = true},
    {.name = "masks",
     .title = "Mask of the loss and leak of the neuron",
     .about = "The loss at output units whose spike differs from the target (xor) or at all of "
              "them (none), with and without a leak.",
     .runs = {"mnist-seed1", "mnist-none", "mnist-if", "mnist-if-none"},
     .columns = {{"mask", "mask"}, {"neuron", "neuron"}, SPIKES, PIXELS, PIXEL_MSE},
     .loss = true},
    {.name = "steps",
     .title = "Time steps",
     .about = "The same network, trained and run for more or fewer steps.",
     .runs = {"mnist-steps5", "mnist-seed1", "mnist-steps30", "mnist-steps60"},
     .columns = {{"steps", "steps"}, SPIKES, PIXELS, PIXEL_MSE, SYNOPS},
     .plot = {"Error against time steps", 0, {1, 2}, false}},
    {.name = "hidden",
     .title = "Hidden units",
     .about = "The same rule with a narrower and a wider latent.",
     .runs = {"mnist-hidden64", "mnist-seed1", "mnist-hidden400"},
     .columns = {{"hidden", "hidden"}, SPIKES, PIXELS, PIXEL_MSE, SYNOPS},
     .plot = {"Error against hidden units", 0, {1, 2}, false}},
    {.name = "moments",
     .title = "Adam's moments kept from batch to batch",
     .about = "As published, Adam begins anew with every batch. Kept, its step is larger, so the "
              "learning rate is tuned anew.",
     .runs = {"mnist-seed1", "mnist-keep-5e-5", "mnist-keep-1e-4", "mnist-keep-2e-4",
              "mnist-keep-5e-4", "mnist-keep-1e-3"},
     .columns = {{"moments", "adam-moments"},
                 {"learning rate", "learning-rate"},
                 SPIKES,
                 PIXELS,
                 PIXEL_MSE},
     .loss = true},
    {.name = "rules",
     .title = "MNIST: membrane rule, back-propagation through time, analog networks",
     .about = "Errors of the published rule, of this project's own and of analog baselines, and "
              "the synaptic operations that one picture costs.",
     .runs = {"mnist-seed1", "mnist-keep-1e-4", "mnist-bptt", "mnist-bptt-rate", "mnist-ann",
              "mnist-ann-1e-3", "mnist-ann-sigmoid", "mnist-ann-1024"},
     .columns = {{"epochs", "epochs"}, {"hidden", "hidden"}, SPIKES, PIXELS, PIXEL_MSE, SYNOPS},
     .loss = true,
     .pictures = true,
     .plot = {"Error against synaptic operations", 5, {3, 0}, true}},
    {.name = "fashion",
     .title = "Fashion-MNIST",
     .about = "Membrane rule, 784-1024-784: 60 steps, 500 Hz, learning rate 5e-5, one epoch. The "
              "authors' "
              "program, run once, gave mse_spikes 0.1057 and mse_pixels 0.1374.",
     .runs = {"fashion-membrane", "fashion-bptt", "fashion-ann", "fashion-ann-196"},
     .columns = {{"epochs", "epochs"}, {"hidden", "hidden"}, SPIKES, PIXELS, PIXEL_MSE, SYNOPS},
     .pictures = true,
     .plot = {"Error against synaptic operations", 5, {3, 0}, true}},
    {.name = "audio",
     .title = "Spoken digits to pictures",
     .about = "Data set A: the picture of the class is every utterance's target. Data set B: each "
              "utterance has a picture of its own. mse_pixels compares with the class picture, "
              "class_min with the nearest training picture of what was said. The judge is a "
              "separate classifier of digits (--judge).",
     .runs = {"audio-a-membrane", "audio-b-membrane", "audio-a-bptt", "audio-b-bptt"},
     .columns = {{"targets", "targets"},
                 {"rule", "rule"},
                 {"epochs", "epochs"},
                 PIXELS,
                 {"class_min", "mse_pixels_class_min"},
                 {"nearest accuracy", "digit_accuracy_nearest"},
                 {"judge accuracy", "digit_accuracy_judge"}},
     .loss = true,
     .pictures = true},
    {.name = "energy",
     .title = "Work and energy of one inference",
     .about = "dense: every connection at every step. accumulates: what spikes cause. macs: "
              "multiply-accumulates of analog values. Joules: 4.6 pJ a multiply-accumulate and "
              "0.9 pJ an accumulate, 32-bit floating point in 45 nm CMOS (Horowitz, ISSCC 2014); "
              "memory is not counted.",
     .runs = {"mnist-seed1", "mnist-bptt", "mnist-bptt-rate", "mnist-ann", "mnist-ann-1024",
              "fashion-membrane", "fashion-bptt", "fashion-ann", "audio-a-membrane",
              "audio-b-membrane", "audio-a-bptt", "audio-b-bptt"},
     .columns = {{"dense", "synops_dense"},
                 {"accumulates", "synops_effective"},
                 {"macs", "macs"},
                 {"input spikes", "input_spikes"},
                 {"spikes of layers", "spikes_per_layer"},
                 {"rates (Hz)", "firing_rate_hz"},
                 {"joules", "energy_joules"}}},
    {.name = "time",
     .title = "Time and memory",
     .about = "Training with its evaluation, and the largest resident memory meanwhile. A run that "
              "was interrupted counts from where it went on.",
     .columns = {{"seconds", "seconds"}, {"peak MiB", "peak_mib"}}},
};

const int reproduce_num_tables = sizeof reproduce_tables / sizeof *reproduce_tables;
