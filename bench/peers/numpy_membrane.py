"""
The learning rule of Roy, Panda and Roy (2019) in NumPy float32, on the autoencoder 784-196-784: the
rule of spikeloom-train's --rule membrane.

    numpy_membrane.py GOLDEN_FILE MNIST_FOLDER BATCHES

First run in double precision over the traces of GOLDEN_FILE, whose weights it has to meet to 1e-5.
Then times so many batches of 100; an epoch is 600 of them.
"""

import ctypes
import json
import sys
import time

import numpy

import idx

STEPS, HIDDEN, PIXELS, BATCH = 15, 196, 784, 100
LEAK, THRESHOLD, MAX_RATE_HZ, DT = 0.9, 1.0, 300.0, 1e-3
RATE, BETA1, BETA2, EPSILON = 5e-4, 0.9, 0.999, 1e-7


class Adam:
    """Of one matrix; begins anew with every batch."""

    def __init__(self, weight):
        self.m, self.s, self.t = numpy.zeros_like(weight), numpy.zeros_like(weight), 0

    def update(self, weight, gradient):
        self.t += 1
        self.m *= BETA1
        self.m += (1 - BETA1) * gradient
        self.s *= BETA2
        self.s += (1 - BETA2) * gradient * gradient
        scale = 1 / (1 - BETA2**self.t)
        weight -= RATE / (1 - BETA1**self.t) * self.m / (numpy.sqrt(self.s * scale) + EPSILON)


def fire(v, current, leak):
    """Updates v; returns it as it was before the reset, and the spikes."""
    numpy.minimum(leak * v + current, THRESHOLD, out=v)
    before = v.copy()
    spikes = (v >= THRESHOLD).astype(v.dtype)
    v[spikes > 0] = 0
    return before, spikes


class Batch:
    """Potentials and traces of a batch; states are [sample][unit], weights [pre][post]."""

    def __init__(self, encoder, decoder, samples, leak=LEAK, masked=True):
        kind = encoder.dtype
        self.encoder, self.decoder, self.leak, self.masked = encoder, decoder, leak, masked
        self.v_hidden = numpy.zeros((samples, encoder.shape[1]), kind)
        self.v_output = numpy.zeros((samples, decoder.shape[1]), kind)
        self.trace_input = numpy.zeros((samples, encoder.shape[0]), kind)
        self.trace_hidden = numpy.zeros((samples, decoder.shape[0]), kind)
        self.adam_encoder, self.adam_decoder = Adam(encoder), Adam(decoder)

    def step(self, spikes):
        """One time step, which is one update; the target is the input."""
        outputs = self.decoder.shape[1]
        v_hidden, fired = fire(self.v_hidden, spikes @ self.encoder, self.leak)
        self.trace_input *= self.leak
        self.trace_input += spikes
        v_output, drawn = fire(self.v_output, fired @ self.decoder, self.leak)
        self.trace_hidden *= self.leak
        self.trace_hidden += fired
        error = v_output - spikes * THRESHOLD
        if self.masked:
            error *= spikes != drawn
        sigmoid = 1 / (1 + numpy.exp(THRESHOLD - v_hidden))
        hidden = (error @ self.decoder.T) * (sigmoid * (1 - sigmoid))
        samples = len(spikes)
        to_decoder = self.trace_hidden.T @ error / samples
        to_encoder = self.trace_input.T @ hidden / samples
        self.trace_input *= 1 - fired.sum(1, keepdims=True) / outputs
        self.trace_hidden *= 1 - drawn.sum(1, keepdims=True) / outputs
        self.adam_decoder.update(self.decoder, to_decoder)
        self.adam_encoder.update(self.encoder, to_encoder)


def golden_difference(path):
    """The largest difference from the golden weights, of those the largest."""
    with open(path, encoding="utf-8") as file:
        golden = json.load(file)
    worst = 0.0
    for case in golden["cases"]:
        encoder = numpy.array(case["w_encoder_init"]).T.copy()
        decoder = numpy.array(case["w_decoder_init"]).T.copy()
        leak = LEAK if case["neuron_model"].upper() == "LIF" else 1.0
        samples = golden["options"]["batch_size"]
        batch = Batch(encoder, decoder, samples, leak, case["mask"] == "bitxor")
        for step in case["steps"]:
            batch.step(numpy.array(step["input_spikes"], float).T)
            for weight, name in ((encoder, "w_encoder"), (decoder, "w_decoder")):
                expected = numpy.array(step[name]).T
                worst = max(worst, numpy.abs(weight - expected).max() / numpy.abs(expected).max())
    return worst


def time_batches(images, batches):
    random = numpy.random.default_rng(1)
    encoder = random.uniform(-0.1, 0.1, (PIXELS, HIDDEN)).astype(numpy.float32)
    decoder = random.uniform(-0.1, 0.1, (HIDDEN, PIXELS)).astype(numpy.float32)
    start = time.perf_counter()
    for i in range(batches):
        part = images[i * BATCH : (i + 1) * BATCH] * numpy.float32(MAX_RATE_HZ * DT)
        batch = Batch(encoder, decoder, len(part))
        for _ in range(STEPS):
            drawn = random.random(part.shape, numpy.float32)
            batch.step((drawn < part).astype(numpy.float32))
    return time.perf_counter() - start


def main():
    golden, folder, batches = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(f"machine.numpy\t{numpy.__version__}")
    difference = golden_difference(golden)
    print(f"peers.numpy.membrane.golden_difference\t{difference:.3g}")
    print(f"peers.numpy.membrane.agrees\t{int(difference <= 1e-5)}")
    if difference > 1e-5:
        return
    images = idx.load(folder, "train")
    best = None
    for threads in (1, 2):
        try:
            ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(threads)
        except (OSError, AttributeError):
            pass  # another BLAS
        seconds = time_batches(images, batches) * len(images) / BATCH / batches
        if best is None or seconds < best[0]:
            best = (seconds, f"{threads} BLAS thread{'s' * (threads > 1)}")
    print(f"peers.numpy.membrane.epoch_s\t{best[0]:.6g}\npeers.numpy.membrane.won\t{best[1]}")


if __name__ == "__main__":
    main()
