"""What controllers call of an array module, for traced arrays: `xp` of `tabrl.control.arrays`.

Names, arguments and results are numpy's. With constants alone numpy answers; a constant has 1 where
traced arrays have as many rows as the graph is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from tabrl_exporter.onnx_model.traced import (
    BATCH,
    Operand,
    Traced,
    doubled,
    expanded,
    maximum,
    minimum,
    plain,
    traced_in,
    unsqueezed,
    where,
)


def _unary(name: str, compute: Callable[..., Any]) -> Callable[[Operand], Operand]:
    def apply(one: Operand) -> Operand:
        if not isinstance(one, Traced):
            return compute(one)
        with np.errstate(all="ignore"):  # values are made up
            return one.write(name, doubled(compute(one.value)), one.name)

    return apply


def _isfinite(one: Operand) -> Operand:
    if not isinstance(one, Traced):
        return np.isfinite(one)
    unknown = one.write("IsNaN", np.isnan(one.value), one.name)
    endless = one.write("IsInf", np.isinf(one.value), one.name)
    return ~(unknown | endless)


def _nan_to_num(one: Operand) -> Operand:
    if not isinstance(one, Traced):
        return np.nan_to_num(one)
    largest = np.finfo(np.float64).max
    unknown = one.write("IsNaN", np.isnan(one.value), one.name)
    return where(unknown, 0.0, one).clip(-largest, largest)


def _clip(one: Operand, least: Operand, most: Operand) -> Operand:
    return minimum(maximum(one, least), most)


def _sinc(one: Operand) -> Operand:
    if not isinstance(one, Traced):
        return np.sinc(one)
    angle = np.pi * one
    none = angle == 0.0
    return where(none, 1.0, _sin(angle) / where(none, 1.0, angle))


def _arctan2(up: Operand, along: Operand) -> Operand:
    """Runtimes know arctangents in single precision alone: one step of Newton makes it double."""
    some = traced_in(up, along)
    if some is None:
        return np.arctan2(up, along)
    y, x = some.lift(up) + 0.0 * along, some.lift(along) + 0.0 * up
    rise, run = _abs(y), _abs(x)
    steep = rise > run
    share = minimum(rise, run) / maximum(maximum(rise, run), np.finfo(np.float64).tiny)
    single = share.write("Cast", share.value.astype(np.float32), share.name, to=1)
    found = single.write("Atan", np.arctan(single.value), single.name).cast(np.dtype(np.float64))
    angle = where(steep, 0.5 * np.pi - found, found)
    angle = where(x < 0.0, np.pi - angle, angle)
    angle = where(y < 0.0, -angle, angle)
    cos, sin = _cos(angle), _sin(angle)
    ahead = cos * x + sin * y
    still = ahead == 0.0  # both are nothing
    return angle + where(still, 0.0, (cos * y - sin * x) / where(still, 1.0, ahead))


def _solve(square: Traced, wanted: Traced) -> Traced:
    """As numpy's, for symmetric positive definite matrices, which need no pivots: Gauss-Jordan."""
    size = square.shape[-1]
    rows = _concatenate([square, wanted], axis=-1)
    for k in range(size):
        unit = np.eye(size)[:, k : k + 1]
        row = rows[..., k : k + 1, :] / rows[..., k : k + 1, k : k + 1]
        rows = rows - (rows[..., k : k + 1] - unit) * row
    found: Traced = rows[..., size:]
    return found


def _concatenate(parts: Sequence[Operand], axis: int = 0) -> Operand:
    some = traced_in(*parts)
    if some is None:
        return np.concatenate(parts, axis)
    dtype = np.result_type(*(doubled(np.asarray(plain(part))) for part in parts))
    lifted = [some.lift(part, dtype) for part in parts]
    axis %= some.ndim
    beside = [[*part.shape[:axis], 1, *part.shape[axis + 1 :]] for part in lifted]
    lead = list(np.broadcast_shapes(*map(tuple, beside)))
    whole = [expanded(part, [*lead[:axis], part.shape[axis], *lead[axis + 1 :]]) for part in lifted]
    value = np.concatenate([part.value for part in whole], axis)
    return some.write("Concat", value, *(part.name for part in whole), axis=axis)


def _stack(parts: Sequence[Operand], axis: int = 0) -> Operand:
    some = traced_in(*parts)
    if some is None:
        return np.stack(parts, axis)
    places = [axis % (np.ndim(plain(part)) + 1) for part in parts]
    return _concatenate(
        [unsqueezed(some.lift(part), [at]) for part, at in zip(parts, places, strict=True)], axis
    )


def _broadcast_to(one: Operand, shape: Sequence[int]) -> Operand:
    if isinstance(one, Traced):
        return expanded(one, shape)
    return np.broadcast_to(one, _constant(shape))


def _constant(shape: int | Sequence[int]) -> tuple[int, ...]:
    """The shape of a constant beside arrays of a shape: the same for every row."""
    sizes = (shape,) if isinstance(shape, int) else shape
    return tuple(1 if size == BATCH else size for size in sizes)


def _zeros(shape: int | Sequence[int], dtype: Any = np.float64) -> np.ndarray:
    return np.zeros(_constant(shape), dtype)


def _zeros_like(one: Operand) -> np.ndarray:
    return _zeros(one.shape, one.dtype)


def _swapaxes(one: Operand, first: int, second: int) -> Operand:
    if not isinstance(one, Traced):
        return np.swapaxes(one, first, second)
    order = [*range(one.ndim)]
    order[first], order[second] = order[second], order[first]
    return one.write("Transpose", np.transpose(one.value, order), one.name, perm=order)


def _take_along_axis(one: Operand, index: Operand, axis: int) -> Operand:
    some = traced_in(one, index)
    if some is None:
        return np.take_along_axis(one, index, axis)
    table, places = some.lift(one), some.lift(index, np.dtype(np.int64))
    axis %= table.ndim
    lead = np.broadcast_shapes(table.shape[:axis], places.shape[:axis])
    after = table.shape[axis + 1 :]
    table = expanded(table, [*lead, table.shape[axis], *after])
    places = expanded(places, [*lead, places.shape[axis], *after])
    value = np.take_along_axis(table.value, places.value, axis)
    return some.write("GatherElements", value, table.name, places.name, axis=axis)


_sin, _cos, _abs = _unary("Sin", np.sin), _unary("Cos", np.cos), _unary("Abs", np.abs)


def array_module(some: Traced) -> SimpleNamespace:
    """The module; `some` array says which graph tables (`asarray`) become part of."""
    return SimpleNamespace(
        pi=np.pi,
        float32=np.float32,
        sin=_sin,
        cos=_cos,
        abs=_abs,
        sqrt=_unary("Sqrt", np.sqrt),
        floor=_unary("Floor", np.floor),
        sign=_unary("Sign", np.sign),
        sinc=_sinc,
        arctan2=_arctan2,
        isfinite=_isfinite,
        nan_to_num=_nan_to_num,
        clip=_clip,
        minimum=minimum,
        maximum=maximum,
        where=where,
        asarray=some.lift,
        concatenate=_concatenate,
        stack=_stack,
        broadcast_to=_broadcast_to,
        zeros=_zeros,
        zeros_like=_zeros_like,
        eye=np.eye,
        swapaxes=_swapaxes,
        take_along_axis=_take_along_axis,
        linalg=SimpleNamespace(solve=_solve),
    )
