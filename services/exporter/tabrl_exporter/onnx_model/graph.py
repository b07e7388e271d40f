"""The graph that is being written: nodes and constants, named as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from jaxtyping import Shaped
from onnx import helper, numpy_helper

OPSET = 17
IR_VERSION = 8  # the format's version that came with it; older runtimes read no newer one
ELEMENTS = {
    np.dtype(np.float64): onnx.TensorProto.DOUBLE,
    np.dtype(np.float32): onnx.TensorProto.FLOAT,
    np.dtype(np.int64): onnx.TensorProto.INT64,
    np.dtype(np.int32): onnx.TensorProto.INT32,
    np.dtype(np.bool_): onnx.TensorProto.BOOL,
}


class Graph:
    """Collects nodes and constants; equal ones are written once."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[bytes, str, tuple[int, ...]], onnx.TensorProto] = {}
        self._written: dict[tuple[object, ...], str] = {}

    def constant(self, value: Shaped[np.ndarray, ...]) -> str:
        """The name of a constant."""
        array = np.ascontiguousarray(value).reshape(value.shape)
        key = (array.tobytes(), array.dtype.str, array.shape)
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array, f"c{len(self._constants)}")
        return self._constants[key].name

    def node(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Write an operation; returns the name of its only output."""
        key = (operator, *inputs, *sorted((name, str(one)) for name, one in attributes.items()))
        if key not in self._written:
            name = f"v{len(self.nodes)}"
            self.nodes.append(helper.make_node(operator, [*inputs], [name], **attributes))
            self._written[key] = name
        return self._written[key]

    @property
    def constants(self) -> list[onnx.TensorProto]:
        """All constants."""
        return [*self._constants.values()]
