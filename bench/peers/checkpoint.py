"""Our checkpoints, read with NumPy alone: the description and the tensors of a safetensors file."""

import json

import numpy


def load(path):
    """(description, {name: array}) of a checkpoint."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    types = {"F32": numpy.float32, "F64": numpy.float64, "U8": numpy.uint8, "U64": numpy.uint64}
    description = json.loads(header.pop("__metadata__")["spikeloom"])
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        flat = numpy.frombuffer(data[first:last], types[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).copy()
    return description, tensors


def load_floats(path, columns):
    """What bench_outputs writes: float32 rows."""
    return numpy.fromfile(path, numpy.float32).reshape(-1, columns)


def report_agreement(key, description, outputs, expected):
    """
    Prints how far a peer's outputs are from ours, and whether they agree. Analog ones have to be
    equal to 1e-5. Spike counts have to be equal but for ties: sums in another order may bring a
    potential to the other side of the threshold, so 1 pixel in 1000 may have another count.
    """
    difference = numpy.abs(outputs - expected)
    if description["num_steps"] == 1:
        share, agrees = difference.max(), difference.max() <= 1e-5
        print(f"{key}.largest_difference\t{share:.3g}")
    else:
        share = (difference != 0).mean()
        agrees = share <= 1e-3
        print(f"{key}.share_of_other_counts\t{share:.3g}")
    print(f"{key}.agrees\t{int(agrees)}")
    return agrees
