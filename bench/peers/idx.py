"""Pictures of a folder with MNIST's files: float32 0..1, a row each."""

import os

import numpy


def load(folder, split):
    """split: "train" or "t10k"."""
    path = os.path.join(folder, split + "-images-idx3-ubyte")
    pixels = numpy.fromfile(path, numpy.uint8)[16:]
    return pixels.reshape(-1, 784).astype(numpy.float32) / 255
