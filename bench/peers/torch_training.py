"""
PyTorch training the spiking autoencoder 784-196-784 by the rule of train/bptt.h: 15 steps of
current input, back-propagation through time with the surrogate derivative, soft reset, Adam with a
half cosine from 3e-3, batches of 100.

    torch_training.py CHECKPOINT OUTPUTS_FOLDER MNIST_FOLDER BATCHES
        times so many batches, in each way that is known here
    torch_training.py CHECKPOINT OUTPUTS_FOLDER MNIST_FOLDER epoch SEED
        one whole epoch by `layer`, and its error

OUTPUTS_FOLDER has what bench_outputs and bench_gradients wrote: gradients at the checkpoint are compared
with ours first. The best of the ways and of one and two threads counts; the time of an epoch is that of
600 batches.
"""

import math
import os
import sys
import time

import numpy
import torch

import checkpoint
import idx
import timing

STEPS, HIDDEN, PIXELS, BATCH = 15, 196, 784, 100
BETA, THRESHOLD, SLOPE, RATE = 0.9, 1.0, 2.5, 3e-3


class FireLayer(torch.autograd.Function):
    """All steps of a layer at once, its derivative written by hand and in place."""

    @staticmethod
    def forward(context, current):
        spikes, potentials = torch.empty_like(current), torch.empty_like(current)
        v = torch.zeros_like(current[0])
        for step in range(STEPS):
            v.mul_(BETA).add_(current[step])
            potentials[step] = v
            torch.ge(v, THRESHOLD, out=spikes[step])
            v.sub_(spikes[step], alpha=THRESHOLD)
        context.save_for_backward(potentials)
        return spikes

    @staticmethod
    def backward(context, gradient):
        (potentials,) = context.saved_tensors
        slopes = potentials.sub_(THRESHOLD).abs_().mul_(SLOPE).add_(1).pow_(-2)
        result = torch.empty_like(gradient)
        carry = torch.zeros_like(gradient[0])
        for step in range(STEPS - 1, -1, -1):
            carry.mul_(BETA)
            through = torch.sub(gradient[step], carry, alpha=THRESHOLD).mul_(slopes[step])
            torch.add(through, carry, out=result[step])
            carry.copy_(result[step])
        return result


@torch.jit.script
def fire_scripted(current, steps: int, beta: float, threshold: float, slope: float):
    """The same by autograd: the smooth twin carries the gradient, the step function the value."""
    v = torch.zeros_like(current[0])
    spikes = []
    for step in range(steps):
        v = beta * v + current[step]
        x = v - threshold
        twin = x / (1 + slope * x.abs())
        spike = (x >= 0).to(v.dtype)
        spike = twin + (spike - twin).detach()
        v = v - threshold * spike
        spikes.append(spike)
    return torch.stack(spikes)


def fire_by_script(current):
    return fire_scripted(current, STEPS, BETA, THRESHOLD, SLOPE)


WAYS = {"layer": FireLayer.apply, "scripted": fire_by_script}


class Autoencoder(torch.nn.Module):
    def __init__(self, fire):
        super().__init__()
        self.fire = fire
        self.encoder, self.decoder = torch.nn.Linear(PIXELS, HIDDEN), torch.nn.Linear(HIDDEN, PIXELS)
        for layer in (self.encoder, self.decoder):
            bound = 1 / math.sqrt(layer.in_features)
            torch.nn.init.uniform_(layer.weight, -bound, bound)
            torch.nn.init.uniform_(layer.bias, -bound, bound)
        self.limit_bias()

    def limit_bias(self):
        """As train/trainer.h: an empty latent stays a blank picture."""
        with torch.no_grad():
            self.decoder.bias.clamp_(max=0.99 * (1 - BETA) * THRESHOLD)

    def forward(self, images):
        current = self.encoder(images).expand(STEPS, -1, -1)
        spikes = self.fire(current)
        current = self.decoder(spikes.reshape(-1, HIDDEN)).reshape(STEPS, -1, PIXELS)
        return self.fire(current).mean(0)


def loss_of(network, images):
    return ((network(images) - images) ** 2).sum(1).mean()


def gradient_difference(path, outputs):
    """How far each way's gradients are from ours at most, as a share of the largest value of a tensor."""
    _, tensors = checkpoint.load(path)
    expected = numpy.fromfile(os.path.join(outputs, "mnist-ae.gradients"), numpy.float32)
    inputs = checkpoint.load_floats(os.path.join(outputs, "mnist-ae.inputs"), PIXELS)[:BATCH]
    sizes = (PIXELS * HIDDEN, HIDDEN, HIDDEN * PIXELS, PIXELS)
    parts = numpy.split(expected, numpy.cumsum(sizes)[:-1])
    worst = 0
    for fire in WAYS.values():
        network = Autoencoder(fire)
        with torch.no_grad():
            for i, layer in enumerate((network.encoder, network.decoder)):
                layer.weight.copy_(torch.from_numpy(tensors[f"layers.{i}.weight"].T))
                layer.bias.copy_(torch.from_numpy(tensors[f"layers.{i}.bias"]))
        loss_of(network, torch.from_numpy(inputs)).backward()
        for part, parameter in zip(parts, network.parameters()):
            theirs = parameter.grad.t().numpy().ravel()
            worst = max(worst, numpy.abs(theirs - part).max() / numpy.abs(part).max())
    return float(worst)


def train(network, images, batches, total):
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, eps=1e-8)
    order = torch.randperm(len(images))
    for update in range(batches):
        batch = images[order[update * BATCH : (update + 1) * BATCH]]
        optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * update / total))
        optimizer.zero_grad(set_to_none=True)
        loss_of(network, batch).backward()
        optimizer.step()
        network.limit_bias()


def time_ways(images, batches, total):
    best = None
    for threads in (1, 2):
        timing.use_threads(torch, threads)
        for name, fire in WAYS.items():
            network = Autoencoder(fire)
            train(network, images, 3, total)  # the script is compiled
            start = time.perf_counter()
            train(network, images, batches, total)
            seconds = (time.perf_counter() - start) * total / batches
            if best is None or seconds < best[0]:
                best = (seconds, f"{name}, {threads} thread{'s' * (threads > 1)}")
    print(f"peers.torch.training.epoch_s\t{best[0]:.6g}\npeers.torch.training.won\t{best[1]}")


def whole_epoch(images, test, total, seed):
    timing.use_threads(torch, 2)
    torch.manual_seed(seed)
    network = Autoencoder(WAYS["layer"])
    start = time.perf_counter()
    train(network, images, total, total)
    print(f"peers.torch.training.whole_epoch_s\t{time.perf_counter() - start:.6g}")
    with torch.inference_mode():
        error = sum(float(((network(part) - part) ** 2).sum()) for part in test.split(500))
    print(f"peers.torch.training.pixel_mse\t{error / test.numel():.6g}")


def main():
    path, outputs, folder, batches, *seed = sys.argv[1:]
    timing.use_threads(torch, 1)
    difference = gradient_difference(path, outputs)
    print(f"peers.torch.training.gradient_difference\t{difference:.3g}")
    print(f"peers.torch.training.agrees\t{int(difference < 1e-4)}")
    if difference >= 1e-4:
        return
    images = torch.from_numpy(idx.load(folder, "train"))
    total = len(images) // BATCH
    if batches == "epoch":
        whole_epoch(images, torch.from_numpy(idx.load(folder, "t10k")), total, int(seed[0]))
    else:
        time_ways(images, int(batches), total)


if __name__ == "__main__":
    main()
