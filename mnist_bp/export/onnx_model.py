"""A network as an ONNX model, for onnxruntime and all else that reads these.

Operators: https://onnx.ai/onnx/operators/, as of OPSET.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mnist_bp import __version__
from mnist_bp.errors import BpError
from mnist_bp.export.description import Description
from mnist_bp.extras import extra
from mnist_bp.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.losses import BinaryCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.pooling import AveragePool, MaxPool, Pool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.nn.softmax import Softmax
from mnist_bp.run.files import MARK
from mnist_bp.run.model import Model

if TYPE_CHECKING:
    from onnx import NodeProto

OPSET, IR_VERSION = 13, 8  # which onnxruntime has read since version 1.10
BATCH = "N"  # the number of examples, which is left open


class Operator(NamedTuple):
    """An operator, its attributes, and an input beside the layer's x and parameters."""

    name: str
    attributes: Mapping[str, Any] = {}
    constant: Array | None = None


def _pooling(name: str) -> Callable[[Pool], Operator]:
    return lambda layer: Operator(name, {"kernel_shape": [layer.size] * 2, "strides": [layer.size] * 2})


LAYERS: dict[type, Callable[[Any], Operator | None]] = {  # None: nothing to be done
    Affine: lambda layer: Operator("Gemm"),
    Conv2D: lambda layer: Operator("Conv", {"strides": [layer.stride] * 2, "pads": [layer.padding] * 4}),
    MaxPool: _pooling("MaxPool"),
    AveragePool: _pooling("AveragePool"),
    Flatten: lambda layer: Operator("Flatten"),
    Reshape: lambda layer: Operator("Reshape", {}, np.array([0, *layer.shape], np.int64)),  # 0: as it was
    Dropout: lambda layer: None,
    Identity: lambda layer: None,
    Sigmoid: lambda layer: Operator("Sigmoid"),
    Tanh: lambda layer: Operator("Tanh"),
    ReLU: lambda layer: Operator("Relu"),
    LeakyReLU: lambda layer: Operator("LeakyRelu", {"alpha": layer.negative_slope}),
    Softplus: lambda layer: Operator("Softplus"),
    Softmax: lambda layer: None,  # the last, which makes the probabilities
}


def convert(model: Model, about: Description) -> bytes:
    """Return a network as an ONNX model in float32, whose inputs are from 0 to 1 if they are pixels.

    Raises BpError (exit 1) without the library, or if a parameter is too large for float32.
    """
    with extra("export"):
        import onnx
        from onnx import TensorProto, helper

    def values(sizes: Mapping[str, int], text: str) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, (BATCH, size), text) for name, size in sizes.items()
        ]

    (given,), result = about.inputs, next(iter(about.outputs))
    nodes, tensors = _body(model.network, given, result)
    if "probabilities" in about.outputs:
        nodes += _probabilities(model.network, about.outputs["logits"])
    takes = "numbers" if model.scale == 1 else "pixels from 0 to 1, row by row"
    graph = helper.make_graph(
        nodes,
        "mnist_bp",
        values(about.inputs, takes),
        values(about.outputs, "of each class"),
        [onnx.numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()],
    )
    made = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="mnist_bp",
        producer_version=__version__,
        doc_string=MARK,
    )
    helper.set_model_props(made, about.metadata)
    content: bytes = made.SerializeToString()
    return content


def _body(network: Network, given: str, result: str) -> "tuple[list[NodeProto], dict[str, Array]]":
    """Return the nodes from the input to the logits, and their constants."""
    from onnx import helper

    with np.errstate(over="ignore"):
        network = network.copy(np.float32)
    tensors, nodes, at = dict(network.named_parameters), [], given
    if not np.isfinite(network.parameters).all():
        raise BpError("expected parameters that float32 can hold, as ONNX models have them; got larger ones")
    for number, (layer, names) in enumerate(zip(network.layers, network.names, strict=True), 1):
        if (operator := LAYERS[type(layer)](layer)) is None:
            continue
        inputs = [at, *names.values()]
        if operator.constant is not None:
            inputs.append(f"constant{number}")
            tensors[inputs[-1]] = operator.constant
        at = f"{type(layer).__name__}{number}"
        nodes.append(helper.make_node(operator.name, inputs, [at], at, **operator.attributes))
    nodes[-1].output[0] = result
    return nodes, tensors


def _probabilities(network: Network, count: int) -> "list[NodeProto]":
    """Return the nodes from so many logits to the probability of each class, as `Loss.probabilities` has it."""
    from onnx import helper

    if not isinstance(network.loss_function, BinaryCrossEntropy):
        return [helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1)]
    if count > 1:
        return [helper.make_node("Sigmoid", ["logits"], ["probabilities"])]
    return [  # 1 − σ(z) = σ(−z)
        helper.make_node("Neg", ["logits"], ["no"]),
        helper.make_node("Concat", ["no", "logits"], ["both"], axis=1),
        helper.make_node("Sigmoid", ["both"], ["probabilities"]),
    ]
