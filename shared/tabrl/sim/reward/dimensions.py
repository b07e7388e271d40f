"""What the verifier knows of sizes: which integers in a module are constants and which are N.

An exported reward has one unknown size, the number of steps N. Wherever a program states a shape
by computing it, each entry must be a constant or N itself: a program that says "N times a million"
would be small to read and could not be run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from jax.extend.mlir import ir

from tabrl.rewards.limits import MAX_ELEMENTS, MAX_RANK

Value: TypeAlias = "ir.Value[ir.Type]"  # of an operation: its operand or its result
ELEMENT_BYTES = {"f32": 4, "i32": 4, "i1": 1}


class RefusedModule(Exception):  # noqa: N818 - a verdict, not a fault of ours
    """The module breaks a rule; the message says which, in words of ours only."""


@dataclass(frozen=True)
class Steps:
    """The size N."""


N = Steps()
Size = int | Steps
Sizes = tuple[Size | None, ...]  # entries of an integer tensor; None where nothing is known


@dataclass(frozen=True)
class Shape:
    """A tensor's shape with N at most once, and its element type."""

    sizes: tuple[Size, ...]
    element: str

    @property
    def elements(self) -> int:
        """Numbers a step."""
        return math.prod(size for size in self.sizes if isinstance(size, int))

    @property
    def batch(self) -> int | None:
        """The axis of N, if the tensor has one."""
        return self.sizes.index(N) if N in self.sizes else None


def shape_of(value_type: ir.Type) -> Shape:
    """Raises `RefusedModule` unless it is a small ranked tensor with N at most once."""
    if not isinstance(value_type, ir.RankedTensorType):
        raise RefusedModule("a value is no ranked tensor")
    if value_type.encoding is not None:
        raise RefusedModule("a tensor has an encoding")
    element = str(value_type.element_type)
    if element not in ELEMENT_BYTES:
        raise RefusedModule("a tensor's numbers are neither float32, int32 nor bool")
    if value_type.rank > MAX_RANK:
        raise RefusedModule(f"a tensor has more than {MAX_RANK} dimensions")
    sizes: tuple[Size, ...] = tuple(
        N if value_type.is_dynamic_dim(axis) else value_type.get_dim_size(axis)
        for axis in range(value_type.rank)
    )
    shape = Shape(sizes, element)
    if sizes.count(N) > 1:
        raise RefusedModule("a tensor has the batch dimension more than once")
    # Nothing, a billion times, has no elements, but sizes that no reward needs.
    lengths = [size for size in sizes if isinstance(size, int)]
    if math.prod(max(length, 1) for length in lengths) > MAX_ELEMENTS:
        raise RefusedModule(f"a tensor has more than {MAX_ELEMENTS} numbers a step")
    return shape


class Known:
    """The integers known so far, by SSA value. One instance per function call."""

    def __init__(self) -> None:
        self._known: dict[Value, Sizes] = {}

    def of(self, value: Value) -> Sizes | None:
        """Entries of an integer scalar or vector, in order; None if nothing is known of it."""
        return self._known.get(value)

    def learn(self, value: Value, sizes: Sizes | None) -> None:
        """Remember what a value is."""
        if sizes is not None:
            self._known[value] = sizes

    def one(self, value: Value) -> Size | None:
        """A scalar's value."""
        sizes = self.of(value)
        return sizes[0] if sizes is not None and len(sizes) == 1 else None

    def shape_operand(self, value: Value, result: Shape) -> None:
        """Raises `RefusedModule` unless `value` states exactly the shape of `result`."""
        sizes = self.of(value)
        if sizes is None or sizes != result.sizes:
            raise RefusedModule("a computed shape is not made of constants and N")
