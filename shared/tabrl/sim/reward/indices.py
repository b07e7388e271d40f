"""Indices that do not exist: JAX takes the nearest number instead, without a word.

A robot with twelve joints has no joint 12, and who asks for it means another one. Only indices that
are written down are looked at; one that is measured is within bounds or its author's own business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, Var
from jaxtyping import Integer

from tabrl.rewards.errors import RewardError
from tabrl.sim.reward.jaxpr import author_line, inner_jaxprs, shape_of

Written: TypeAlias = Integer[np.ndarray, "..."]  # an index, or what it is made of
Operation: TypeAlias = Callable[..., Written]


def check_indices(closed: ClosedJaxpr, source: str) -> None:
    """Raises `RewardError` with the author's line for an index beyond the end of its array.

    Of a program that passed `check_jaxpr`, which bounds the size of everything here.
    """
    reader = _Reader(source)
    reader.read(closed.jaxpr, dict(zip(closed.jaxpr.constvars, closed.consts, strict=True)))


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source

    def read(self, jaxpr: Jaxpr, given: Mapping[Var, Any]) -> None:
        """Look at a program, of which some arguments and constants are known."""
        known = {variable: np.asarray(value) for variable, value in given.items()}
        for equation in jaxpr.eqns:
            values = [_value(operand, known) for operand in equation.invars]
            beyond = _BEYOND.get(equation.primitive.name)
            if beyond is not None:
                self._refuse(equation, beyond(equation, values))
            made = _folded(equation, values)
            if made is not None:
                known[equation.outvars[0]] = made
            for inner in inner_jaxprs(equation.params.values()):
                fits = len(inner.invars) == len(values)
                pairs = zip(inner.invars, values, strict=True) if fits else ()
                self.read(inner, {v: value for v, value in pairs if value is not None})

    def _refuse(self, equation: JaxprEqn, beyond: tuple[int, int] | None) -> None:
        if beyond is None:
            return
        index, length = beyond
        shown = index if index >= 0 else index - length  # as it was before it was counted from 0
        raise RewardError.at(
            self._source,
            author_line(equation),
            f"there is no [{shown}] along an axis of {length}",
            code="reward_failed",
            hint=f"indices go from 0 to {length - 1}",
        )


def _value(operand: Var | Literal, known: Mapping[Var, Written]) -> Written | None:
    """What an operand is, if it is written down and no fraction."""
    found = np.asarray(operand.val) if isinstance(operand, Literal) else known.get(operand)
    return found if found is not None and found.dtype.kind in "iub" else None


def _folded(equation: JaxprEqn, values: list[Written | None]) -> Written | None:
    """What an equation makes of numbers that are all known."""
    operation = _OPERATIONS.get(equation.primitive.name)
    if operation is None or any(value is None for value in values):
        return None
    return np.asarray(operation(*values, **equation.params))


def _select(which: Written, *cases: Written, **_: object) -> Written:
    return np.choose(which.astype(np.int32), cases)


def _broadcast(
    x: Written, *, shape: tuple[int, ...], broadcast_dimensions: tuple[int, ...], **_: object
) -> Written:
    aligned = [1] * len(shape)
    for axis, size in zip(broadcast_dimensions, x.shape, strict=True):
        aligned[axis] = size
    return np.broadcast_to(x.reshape(aligned), shape)


def _iota(*, shape: tuple[int, ...], dimension: int, **_: object) -> Written:
    return _broadcast(np.arange(shape[dimension]), shape=shape, broadcast_dimensions=(dimension,))


# What JAX makes an index of.
_OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "add": lambda a, b, **_: a + b,
        "sub": lambda a, b, **_: a - b,
        "mul": lambda a, b, **_: a * b,
        "lt": lambda a, b, **_: a < b,
        "select_n": _select,
        "broadcast_in_dim": _broadcast,
        "iota": _iota,
        "convert_element_type": lambda x, **_: x,
        "concatenate": lambda *parts, dimension, **_: np.concatenate(parts, axis=dimension),
        "reshape": lambda x, *, new_sizes, **_: x.reshape(new_sizes),
        "squeeze": lambda x, *, dimensions, **_: np.squeeze(x, axis=tuple(dimensions)),
    }
)


def _sliced(equation: JaxprEqn, values: list[Written | None]) -> tuple[int, int] | None:
    lengths = shape_of(equation.invars[0])
    rows = zip(values[1:], lengths, equation.params["slice_sizes"], strict=True)
    return _first_beyond(rows)


def _gathered(equation: JaxprEqn, values: list[Written | None]) -> tuple[int, int] | None:
    lengths, sizes = shape_of(equation.invars[0]), equation.params["slice_sizes"]
    axes = equation.params["dimension_numbers"].start_index_map
    return _first_beyond(
        (column, lengths[axis], sizes[axis])
        for column, axis in zip(_columns(values[1], axes), axes, strict=True)
    )


def _scattered(equation: JaxprEqn, values: list[Written | None]) -> tuple[int, int] | None:
    numbers = equation.params["dimension_numbers"]
    lengths, updates = shape_of(equation.invars[0]), shape_of(equation.invars[2])
    single = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    windows = iter(numbers.update_window_dims)
    sizes = [1 if axis in single else updates[next(windows)] for axis in range(len(lengths))]
    axes = numbers.scatter_dims_to_operand_dims
    return _first_beyond(
        (column, lengths[axis], sizes[axis])
        for column, axis in zip(_columns(values[1], axes), axes, strict=True)
    )


_BEYOND: Mapping[str, Callable[[JaxprEqn, list[Written | None]], tuple[int, int] | None]] = (
    MappingProxyType({"dynamic_slice": _sliced, "gather": _gathered, "scatter": _scattered})
)


def _columns(indices: Written | None, axes: tuple[int, ...]) -> list[Written | None]:
    """Indices axis by axis."""
    return [None if indices is None else indices[..., place] for place in range(len(axes))]


def _first_beyond(rows: Iterable[tuple[Written | None, int, int]]) -> tuple[int, int] | None:
    """The first index of those at which so many numbers of an axis do not begin, and its length.

    Args:
        rows: for each axis its indices if they are known, its length, and how many are taken.
    """
    for indices, length, size in rows:
        if indices is None:
            continue
        beyond = indices[(indices < 0) | (indices > length - size)]
        if beyond.size:
            return int(beyond[0]), length
    return None
