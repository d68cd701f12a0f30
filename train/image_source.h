/*
 * A set of images as what a trainer reads: each image is a sample's input and what it is to become.
 */
#ifndef SPIKELOOM_TRAIN_IMAGE_SOURCE_H
#define SPIKELOOM_TRAIN_IMAGE_SOURCE_H

#include "train/dataset.h"
#include "train/trainer.h"

/* Samples of `set`, which is borrowed; pixels become 0..1. */
struct trainer_source image_source(const struct image_set *set);

#endif
