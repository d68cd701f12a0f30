"""Timing as in bench/measure.c, and the threads of PyTorch and of its BLAS."""

import ctypes
import statistics
import time


def call(body, seconds):
    """The median time of a call in seconds, of at least three calls."""
    body()
    samples, begun = [], time.perf_counter()
    while len(samples) < 3 or time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        body()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def use_threads(torch, count):
    """torch's own threads and those of OpenBLAS, which torch does not set."""
    torch.set_num_threads(count)
    try:
        ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(count)
    except (OSError, AttributeError):
        pass  # another BLAS
