"""The formats that the exporter offers: those of everybody, and what needs the `onnx` package."""

from __future__ import annotations

from tabrl.export.formats import FORMATS as LIGHT
from tabrl.export.formats import ExportFormat, by_name
from tabrl_exporter.onnx_format import onnx_model

_ONNX = ExportFormat("onnx", "the controller in ONNX", onnx_model)
_PROGRAM, *_BUNDLES = LIGHT.values()
FORMATS = by_name(_PROGRAM, _ONNX, *_BUNDLES)
