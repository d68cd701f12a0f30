/* A recording of the TI-46 corpus: NIST SPHERE, through the loader of the data set. */
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/small_models.h"
#include "train/dataset.h"

#include <limits.h>
#include <math.h>
#include <sys/stat.h>

/* train/f1, test/f1: the official division wants both sides. */
static void make_folders(const char *folder)
{
    static const char *const names[] = {"train", "train/f1", "test", "test/f1"};
    char path[PATH_MAX];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        mkdir(path, 0700);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char path[PATH_MAX], spec[PATH_MAX];
    struct speech_set set = {0};
    struct error error;
    if (!*path) {
        make_folders(small_models_folder());
        snprintf(path, sizeof path, "%s/train/f1/01f1set0.wav", small_models_folder());
        snprintf(spec, sizeof spec, "ti46:%s", small_models_folder());
    }
    input_file_write(path, bytes, size);
    enum status status = speech_set_load(spec, DATASET_TRAIN, &set, &error);
    FUZZ_PROMISE(status == STATUS_OK || status == STATUS_MALFORMED);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        for (size_t k = 0; k < set.utterances[i].audio.num_samples; k++)
            FUZZ_PROMISE(isfinite(set.utterances[i].audio.samples[k]));
    speech_set_free(&set);
    return 0;
}
