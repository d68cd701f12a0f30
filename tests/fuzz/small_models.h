/*
 * Small models for targets that need one, made from seeds: an audiocoder, an autoencoder, an analog
 * one.
 */
#ifndef SPIKELOOM_TESTS_FUZZ_SMALL_MODELS_H
#define SPIKELOOM_TESTS_FUZZ_SMALL_MODELS_H

#include "models/network.h"

/* With handwriting and a confidence; the caller releases it. */
struct network *small_models_audiocoder(void);

/* Writes speech.safetensors, see.safetensors and analog.safetensors into `folder`. */
void small_models_write(const char *folder);

/* A new folder of this process, removed with all that is in it when it exits. */
const char *small_models_folder(void);

#endif
