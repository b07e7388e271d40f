"""Makes artifacts that no honest author's process would send, out of one that it would."""

from __future__ import annotations

import dataclasses
import json
import struct
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from jax import export
from jax.extend.mlir import ir
from jax.extend.mlir.dialects import stablehlo
from jaxlib.mlir.dialects import chlo
from pydantic import BaseModel, ConfigDict

from tabrl.robots import get_robot
from tabrl.sim.reward.artifact import arguments
from tabrl.sim.reward.function import ExportedReward, export_reward, unpack_artifact

GO1 = get_robot("go1")
SOURCE = "def reward(state, action):\n    return state.time()\n"
_START = len(b"TABRLRW1") + 4
_PRELUDE = """
    %n = stablehlo.get_dimension_size %time, dim = 0 : (tensor<?xf32>) -> tensor<i32>
    %n1 = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
    %one1 = stablehlo.constant dense<1> : tensor<1xi32>
    %shape = stablehlo.concatenate %n1, %one1, dim = 0
      : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %good = stablehlo.dynamic_reshape %time, %shape
      : (tensor<?xf32>, tensor<2xi32>) -> tensor<?x1xf32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %i = stablehlo.constant dense<0> : tensor<i32>
"""


class Forgery(BaseModel):
    """One way to forge; exactly one of the ways is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    says: str = ""  # what the refusal must say
    body: str | None = None  # StableHLO in `main`, after `_PRELUDE`
    returns: str = "%good"
    argument: str = ""  # attributes of the argument `time`
    module: str = ""  # further attributes of the module
    functions: str = ""  # beside `main`
    repeat: int = 0  # how often `body` or `functions` is written, with {k} and {j} = k - 1
    frame: dict[str, Any] | None = None  # fields of JAX's `Exported`
    header: dict[str, Any] | None = None  # fields of our header
    keep: float | None = None  # share of the bytes that is left
    flip: float | None = None  # where one byte is turned over
    prefix: str = ""
    suffix: str = ""
    payload: str | None = None  # text in the place of the exported program


def forgeries(path: Path) -> list[Forgery]:
    """The entries of a file of forgeries."""
    return [Forgery(**entry) for entry in tomllib.loads(path.read_text())["forgery"]]


@cache
def honest() -> ExportedReward:
    """What everything is forged from."""
    return export_reward(SOURCE, GO1)


def forged(forgery: Forgery) -> bytes:
    """The artifact."""
    blob = honest().blob
    header, payload = unpack_artifact(blob)
    if forgery.header is not None:
        text = json.dumps(json.loads(header.model_dump_json()) | forgery.header).encode()
        return blob[: _START - 4] + struct.pack("<I", len(text)) + text + payload
    if forgery.keep is not None:
        return blob[: int(len(blob) * forgery.keep)]
    if forgery.flip is not None:
        at = int((len(blob) - 1) * forgery.flip)
        return blob[:at] + bytes([blob[at] ^ 0xFF]) + blob[at + 1 :]
    if forgery.payload is not None:
        return blob[: len(blob) - len(payload)] + forgery.payload.encode()
    if forgery.prefix or forgery.suffix:
        return forgery.prefix.encode() + blob + forgery.suffix.encode()
    exported = export.deserialize(bytearray(payload))
    if forgery.frame is not None:
        fields = {name: _thawed(value) for name, value in forgery.frame.items()}
        exported = dataclasses.replace(exported, **fields)
    else:
        module = _serialized(_text(forgery), exported.mlir_module_serialized)
        exported = dataclasses.replace(exported, mlir_module_serialized=module)
    return blob[: len(blob) - len(payload)] + bytes(exported.serialize(vjp_order=0))


def _thawed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _text(forgery: Forgery) -> str:
    fields = arguments(GO1)
    inputs = ['%p: tensor<i32> {jax.global_constant = "_platform_index"}']
    for name in sorted(fields):
        sizes = "".join(f"{size}x" for size in fields[name].shape)
        extra = f" {{{forgery.argument}}}" if name == "time" and forgery.argument else ""
        inputs.append(f"%{name}: tensor<?x{sizes}f32>{extra}")
    body, functions = forgery.body or "", forgery.functions
    if forgery.repeat:
        numbers = range(1, forgery.repeat + 1)
        if functions:
            functions = _each(functions, numbers)
        else:
            body = _each(body, numbers)
    more = f", {forgery.module}" if forgery.module else ""
    return (
        f"module @m attributes {{jax.uses_shape_polymorphism = true{more}}} {{\n"
        f"  func.func public @main({', '.join(inputs)}) -> tensor<?x1xf32> {{{_PRELUDE}{body}\n"
        f"    return {forgery.returns} : tensor<?x1xf32>\n  }}\n{functions}\n}}\n"
    )


def _each(text: str, numbers: range) -> str:
    return "\n".join(text.replace("{k}", str(k)).replace("{j}", str(k - 1)) for k in numbers)


def _serialized(text: str, sample: bytes) -> bytes:
    with ir.Context() as context:
        stablehlo.register_dialect(context, load=True)
        chlo.register_dialect(context, load=True)
        stablehlo.deserialize_portable_artifact(context, sample)  # registers functions
        module = ir.Module.parse(text)
        return bytes(stablehlo.serialize_portable_artifact(module, stablehlo.get_current_version()))
