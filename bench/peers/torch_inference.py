"""
PyTorch on the shipped networks: one input at a time, and batches of 256.

    torch_inference.py CHECKPOINT_FOLDER OUTPUTS_FOLDER SECONDS MODEL...

OUTPUTS_FOLDER has what bench_outputs wrote: outputs are compared with ours first, and a network
that differs is not timed. Each of the ways to run a network is tried with one thread and with two,
and the fastest counts; of the larger networks the two ways that win on the small ones.
"""

import math
import os
import sys

import torch

import checkpoint
import timing
import torch_networks


def measure(model, description, tensors, inputs, expected, seconds, few):
    """Tries all ways; prints the best of them."""
    key = f"peers.torch.{model}"
    for kind, rows in (("single", 1), ("batch", len(inputs))):
        best = None
        example = torch.from_numpy(inputs[:rows])
        for name, network in torch_networks.variants(description, tensors, example, few):
            timing.use_threads(torch, 1)
            checked = torch.from_numpy(inputs[: 16 * rows])
            outputs = torch.cat([network(part) for part in checked.split(rows)]).numpy()
            ours = expected[: len(outputs)]
            if not checkpoint.report_agreement(key, description, outputs, ours):
                print(f"peers.torch.{model}.differs\t{kind}, {name}")
                continue
            for threads in (1, 2):
                timing.use_threads(torch, threads)
                time = timing.call(lambda: network(example), seconds, best[0] if best else math.inf)
                if best is None or time < best[0]:
                    best = (time, f"{name}, {threads} thread{'s' * (threads > 1)}")
        if best and kind == "single":
            print(f"{key}.single_us\t{best[0] * 1e6:.6g}\n{key}.single_won\t{best[1]}")
        elif best:
            print(f"{key}.batch_per_s\t{rows / best[0]:.6g}\n{key}.batch_won\t{best[1]}")


def main():
    checkpoints, outputs, seconds, models = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    print(f"machine.torch\t{torch.__version__}")
    for model in models:
        description, tensors = checkpoint.load(os.path.join(checkpoints, model + ".safetensors"))
        tensors = {name: tensor for name, tensor in tensors.items() if name.startswith("layers.")}
        first = tensors["layers.0.weight"]
        shape = description["layers"][0]
        columns = shape["in_channels"] * shape["in_length"]
        pixels = description["image"]["width"] * description["image"]["height"]
        assert first.dtype == "float32"
        inputs = checkpoint.load_floats(os.path.join(outputs, model + ".inputs"), columns)
        expected = checkpoint.load_floats(os.path.join(outputs, model + ".outputs"), pixels)
        few = model not in ("mnist-ae", "mnist-ann")
        with torch.inference_mode():
            measure(model, description, tensors, inputs, expected, float(seconds), few)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
