/*
 * One picture for each class of a speech data set, taken from a data set of images with classes
 * of the same names (data set A: every utterance of a class has the same target).
 */
#ifndef SPIKELOOM_TRAIN_CLASS_IMAGES_H
#define SPIKELOOM_TRAIN_CLASS_IMAGES_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/dataset.h"

/*
 * Fills the network's class_names and class_images: for each class the image nearest to the mean
 * of its images, the most typical handwriting. INVALID_ARGUMENT when a class has no image.
 */
enum status class_images_choose(const struct class_list *classes, const struct image_set *images,
                                struct network *network, struct error *error);

/*
 * The smallest standardized error (measures.h) of a picture [pixels] against the images of a class;
 * INFINITY where it has none. candidate [pixels] is scratch.
 */
double class_images_smallest_mse(const struct image_set *images, int label, const real *picture,
                                 real *candidate);

#endif
