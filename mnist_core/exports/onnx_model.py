"""A network as ONNX, a format that other programs, languages and devices can run."""

from __future__ import annotations

from typing import Any

import numpy as np

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.config.optional_libraries import EXPORT, optional
from mnist_core.config.sizes import IMAGE_SIDE, MAX_LEVEL
from mnist_core.network.inference import Classifier

OPSET, IR_VERSION = 20, 9  # from 2023, the first with Gelu
_ATTRIBUTES: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAKY_RELU_SLOPE}),
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "none"}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
}


def onnx_model(classifier: Classifier, temperature: float, name: str) -> bytes:
    """The bytes of an .onnx file.

    Its input `images` is (n, 28, 28) uint8, 0 paper and 255 ink; its output `probabilities` is
    (n, classes) float32.

    Args:
        classifier: The network.
        temperature: What its logits are divided by, as in the app; above 0.
        name: The network's name.

    Raises:
        LibraryMissingError: onnx is not installed.
    """
    with optional(EXPORT):
        from onnx import TensorProto as kind
        from onnx import checker, helper, numpy_helper
    nodes = [
        helper.make_node("Cast", ["images"], ["grey"], to=kind.FLOAT),
        helper.make_node("Div", ["grey", "most"], ["ink"]),
        helper.make_node("Flatten", ["ink"], ["output_0"]),
    ]
    arrays: dict[str, Any] = {"most": np.float32(MAX_LEVEL), "temperature": np.float32(temperature)}
    for i, (kernel, bias) in enumerate(zip(classifier.kernels, classifier.biases, strict=True)):
        arrays |= {f"kernel_{i}": kernel, f"bias_{i}": bias}
        inputs = [f"output_{i}", f"kernel_{i}", f"bias_{i}"]
        nodes.append(helper.make_node("Gemm", inputs, [f"sum_{i}"]))
        if i == len(classifier.activation_names):
            break
        here, activation = (f"sum_{i}", f"output_{i + 1}"), classifier.activation_names[i]
        if activation == "silu":
            nodes.append(helper.make_node("Sigmoid", [here[0]], [f"gate_{i}"]))
            nodes.append(helper.make_node("Mul", [here[0], f"gate_{i}"], [here[1]]))
        else:
            operator, attributes = _ATTRIBUTES[activation]
            nodes.append(helper.make_node(operator, [here[0]], [here[1]], **attributes))
    nodes.append(helper.make_node("Div", [f"sum_{i}", "temperature"], ["logits"]))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    side = IMAGE_SIDE
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("images", kind.UINT8, ["n", side, side])],
        [helper.make_tensor_value_info("probabilities", kind.FLOAT, ["n", classifier.classes])],
        [numpy_helper.from_array(np.asarray(a), label) for label, a in arrays.items()],
    )
    model = helper.make_model(
        graph,
        producer_name="Digit Lab",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    checker.check_model(model)
    return model.SerializeToString()
