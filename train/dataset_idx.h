/*
 * Images and labels in idx files, the format of MNIST: a big-endian header (magic number, then
 * each dimension as 32 bits) and a byte per pixel or label. Source of the format: LeCun, Cortes
 * and Burges, "The MNIST database of handwritten digits".
 */
#ifndef SPIKELOOM_TRAIN_DATASET_IDX_H
#define SPIKELOOM_TRAIN_DATASET_IDX_H

#include "train/dataset.h"

/*
 * Loads {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, each plain or with
 * .gz, from `dir`, dir/data or dir/package/data. Errors and ownership as for image_set_load; on
 * failure `set` may hold parts, which image_set_free releases.
 */
enum status dataset_idx_load_mnist(const char *dir, enum dataset_split split, struct image_set *set,
                                   struct error *error);
enum status dataset_idx_load_fashion(const char *dir, enum dataset_split split,
                                     struct image_set *set, struct error *error);

#endif
