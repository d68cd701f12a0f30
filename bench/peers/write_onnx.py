"""
Our analog checkpoint as an ONNX file: Gemm and Sigmoid for each layer. The few protocol buffer fields
that this takes are written by hand, so that no package is needed.

    write_onnx.py CHECKPOINT ONNX_FILE
"""

import sys

import checkpoint

# Numbers of the fields in onnx.proto.
MODEL_IR, MODEL_GRAPH, MODEL_OPSET, OPSET_VERSION = 1, 7, 8, 2
GRAPH_NODE, GRAPH_NAME, GRAPH_TENSOR, GRAPH_INPUT, GRAPH_OUTPUT = 1, 2, 5, 11, 12
NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR = 1, 2, 4
TENSOR_DIMS, TENSOR_TYPE, TENSOR_NAME, TENSOR_BYTES = 1, 2, 8, 9
VALUE_NAME, VALUE_TYPE, TYPE_TENSOR, TYPE_ELEMENT, TYPE_SHAPE = 1, 2, 1, 1, 2
SHAPE_DIM, DIM_VALUE, DIM_NAME = 1, 1, 2
FLOAT, IR_VERSION, OPSET = 1, 8, 13


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """A field: an integer, a text, or bytes (also those of a message)."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def node(operator, inputs, output):
    names = b"".join(field(NODE_INPUT, name) for name in inputs)
    return field(GRAPH_NODE, names + field(NODE_OUTPUT, output) + field(NODE_OPERATOR, operator))


def tensor(name, array):
    dims = b"".join(field(TENSOR_DIMS, size) for size in array.shape)
    rest = field(TENSOR_TYPE, FLOAT) + field(TENSOR_NAME, name)
    return field(GRAPH_TENSOR, dims + rest + field(TENSOR_BYTES, array.tobytes()))


def value(number, name, units):
    dims = field(SHAPE_DIM, field(DIM_NAME, "batch")) + field(SHAPE_DIM, field(DIM_VALUE, units))
    kind = field(TYPE_TENSOR, field(TYPE_ELEMENT, FLOAT) + field(TYPE_SHAPE, dims))
    return field(number, field(VALUE_NAME, name) + field(VALUE_TYPE, kind))


def main():
    description, tensors = checkpoint.load(sys.argv[1])
    layers, nodes, stored, last = description["layers"], b"", b"", "input"
    for i in range(len(layers)):
        weight, bias, output = f"layers.{i}.weight", f"layers.{i}.bias", f"layers.{i}.output"
        nodes += node("Gemm", (last, weight, bias), f"current.{i}")
        nodes += node("Sigmoid", (f"current.{i}",), output)
        stored += tensor(weight, tensors[weight]) + tensor(bias, tensors[bias])
        last = output
    graph = nodes + field(GRAPH_NAME, "network") + stored
    graph += value(GRAPH_INPUT, "input", tensors["layers.0.weight"].shape[0])
    graph += value(GRAPH_OUTPUT, last, tensors[f"layers.{len(layers) - 1}.bias"].shape[0])
    model = field(MODEL_IR, IR_VERSION) + field(MODEL_GRAPH, graph)
    model += field(MODEL_OPSET, field(OPSET_VERSION, OPSET))
    with open(sys.argv[2], "wb") as file:
        file.write(model)


if __name__ == "__main__":
    main()
