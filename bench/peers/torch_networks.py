"""The shipped networks in PyTorch, layer by layer, all steps of a layer at once."""

import torch
import torch.nn.functional as functional


@torch.jit.script
def fire_scripted(current, steps: int, beta: float, threshold: float):
    """Spikes [steps, ...] of a layer at current [steps, ...], or [...] where each step has the same."""
    v = torch.zeros_like(current[0] if current.size(0) == steps and steps > 1 else current)
    spikes = []
    for step in range(steps):
        v = beta * v + current[step]
        spike = (v >= threshold).to(v.dtype)
        v = v - threshold * spike
        spikes.append(spike)
    return torch.stack(spikes)


def fire(current, steps, beta, threshold):
    """The same in place: the fastest form without a compiler."""
    spikes = torch.empty(steps, *current.shape[1:])
    v = torch.zeros(current.shape[1:])
    for step in range(steps):
        v.mul_(beta).add_(current[step])
        torch.ge(v, threshold, out=spikes[step])
        v.sub_(spikes[step], alpha=threshold)
    return spikes


class Spiking(torch.nn.Module):
    """Input [batch, inputs] to spike counts [batch, pixels]; rows of weights belong to inputs."""

    def __init__(self, description, tensors, scripted=False):
        super().__init__()
        self.steps = description["num_steps"]
        self.shapes = description["layers"]
        self.scripted = scripted
        neuron = self.shapes[0]["neuron"]
        self.beta = 1 - description["dt"] / neuron["tau_mem"]
        self.threshold = neuron["threshold"]
        for i, shape in enumerate(self.shapes):
            weight = torch.from_numpy(tensors[f"layers.{i}.weight"])
            if shape["kind"] == "conv":
                weight = weight.reshape(shape["width"], shape["in_channels"], -1).permute(2, 1, 0)
            self.register_buffer(f"weight{i}", weight.contiguous())
            self.register_buffer(f"bias{i}", torch.from_numpy(tensors[f"layers.{i}.bias"]))

    def weigh(self, i, values):
        """values [rows, inputs] to currents [rows, outputs]."""
        shape = self.shapes[i]
        weight, bias = getattr(self, f"weight{i}"), getattr(self, f"bias{i}")
        if shape["kind"] == "dense":
            return torch.addmm(bias, values, weight)
        positions = values.reshape(-1, shape["in_length"], shape["in_channels"]).transpose(1, 2)
        currents = functional.conv1d(positions, weight, bias, shape["stride"], shape["pad"])
        return currents.transpose(1, 2).reshape(values.shape[0], -1)

    def forward(self, values):
        batch = values.shape[0]
        current = self.weigh(0, values).expand(self.steps, batch, -1)
        step_layer = fire_scripted if self.scripted else fire
        spikes = step_layer(current, self.steps, self.beta, self.threshold)
        for i in range(1, len(self.shapes)):
            current = self.weigh(i, spikes.reshape(self.steps * batch, -1))
            current = current.reshape(self.steps, batch, -1)
            spikes = step_layer(current, self.steps, self.beta, self.threshold)
        return spikes.sum(0)


class Analog(torch.nn.Module):
    """The analog network: sigmoid units, the picture cut to 0..1."""

    def __init__(self, description, tensors):
        super().__init__()
        self.num_layers = len(description["layers"])
        for name, tensor in tensors.items():
            self.register_buffer(name.replace(".", "_"), torch.from_numpy(tensor))

    def forward(self, values):
        for i in range(self.num_layers):
            weight, bias = getattr(self, f"layers_{i}_weight"), getattr(self, f"layers_{i}_bias")
            values = torch.sigmoid(torch.addmm(bias, values, weight))
        return values


def variants(description, tensors, example, few):
    """
    (name, callable) for each way of running a network on inputs of the example's shape; `few`: the two
    that have won.
    """
    analog = description["num_steps"] == 1
    plain = (Analog if analog else Spiking)(description, tensors).eval()
    traced = torch.jit.trace(plain, example, check_trace=False)
    yield "eager", plain
    yield "traced and frozen", torch.jit.freeze(traced.eval())
    if few:
        return
    if not analog:
        traced = torch.jit.trace(Spiking(description, tensors, scripted=True).eval(), example)
        yield "scripted", traced
    yield "optimized", torch.jit.optimize_for_inference(torch.jit.freeze(traced.eval()))
