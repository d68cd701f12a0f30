"""Timing as in bench/measure.c, and the threads of PyTorch and of its BLAS."""

import ctypes
import statistics
import time


def call(body, seconds, best=float("inf")):
    """
    The median time of a call in seconds, of at least three calls; of one alone where that takes so
    many times the best one's that it cannot win.
    """
    body()
    samples, begun = [], time.perf_counter()
    while len(samples) < 3 or time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        body()
        samples.append(time.perf_counter() - start)
        if samples[0] > 4 * best:
            break
    return statistics.median(samples)


def use_threads(torch, count):
    """torch's own threads and those of OpenBLAS, which torch does not set."""
    torch.set_num_threads(count)
    try:
        ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(count)
    except (OSError, AttributeError):
        pass  # another BLAS
