"""Arrays that write down what is done with them.

A `Traced` array has a value, for `BATCH` made-up robots, from which every shape and type follows,
and a name in a `Graph`. What is done with constants alone is done, and not written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from tabrl_exporter.onnx_model.graph import ELEMENTS, Graph

BATCH = 1009  # rows while a graph is written; a prime that no other dimension has
Operand: TypeAlias = Any  # a Traced array, one of numpy, or a number
Index: TypeAlias = Any  # whatever stands in brackets


class Traced:
    """An array of a graph. Its rows, `BATCH` here, are as many as the graph is given.

    Numbers with a fraction are kept in double precision whatever they were in numpy.
    """

    __array_ufunc__ = None  # so that an array of numpy leaves its operators to this one

    def __init__(self, graph: Graph, name: str, value: np.ndarray) -> None:
        self.graph, self.name, self.value = graph, name, value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype

    def write(self, name: str, value: np.ndarray, *inputs: str, **attributes: Any) -> Traced:
        """The array that an operation on graph arrays makes, whose value is known."""
        return Traced(self.graph, self.graph.node(name, inputs, **attributes), value)

    def lift(self, other: Operand, dtype: np.dtype[Any] | None = None) -> Traced:
        """Whatever it is as an array of this graph, of a type if one is named."""
        if not isinstance(other, Traced):
            array = doubled(np.asarray(other))
            array = array if dtype is None else array.astype(dtype)
            return Traced(self.graph, self.graph.constant(array), array)
        return other if dtype is None else other.cast(dtype)

    def cast(self, dtype: np.dtype[Any]) -> Traced:
        """Elements of another type."""
        if self.dtype == dtype:
            return self
        return self.write("Cast", self.value.astype(dtype), self.name, to=ELEMENTS[dtype])

    def astype(self, dtype: Any) -> Traced:
        wanted = np.dtype(dtype)
        return self.cast(np.dtype(np.float64) if wanted.kind == "f" else wanted)

    # Arithmetic

    def __add__(self, other: Operand) -> Traced:
        return binary("Add", np.add, self, other)

    def __sub__(self, other: Operand) -> Traced:
        return binary("Sub", np.subtract, self, other)

    def __mul__(self, other: Operand) -> Traced:
        return binary("Mul", np.multiply, self, other)

    def __truediv__(self, other: Operand) -> Traced:
        return binary("Div", np.divide, self, other)

    def __radd__(self, other: Operand) -> Traced:
        return binary("Add", np.add, other, self)

    def __rsub__(self, other: Operand) -> Traced:
        return binary("Sub", np.subtract, other, self)

    def __rmul__(self, other: Operand) -> Traced:
        return binary("Mul", np.multiply, other, self)

    def __rtruediv__(self, other: Operand) -> Traced:
        return binary("Div", np.divide, other, self)

    def __matmul__(self, other: Operand) -> Traced:
        return binary("MatMul", np.matmul, self, other)

    def __rmatmul__(self, other: Operand) -> Traced:
        return binary("MatMul", np.matmul, other, self)

    def __mod__(self, other: Operand) -> Traced:
        """As numpy's: what is left has the sign of the divisor, which must be positive."""
        left = binary("Mod", np.fmod, self, other, fmod=1)
        found: Traced = where(left < 0.0, left + other, left)
        return found

    def __pow__(self, power: int) -> Traced:
        if power != 2:
            raise TypeError("only squares are written")
        return self * self

    def __neg__(self) -> Traced:
        return self.write("Neg", -self.value, self.name)

    # Comparison and logic

    def __lt__(self, other: Operand) -> Traced:
        return binary("Less", np.less, self, other)

    def __le__(self, other: Operand) -> Traced:
        return binary("LessOrEqual", np.less_equal, self, other)

    def __gt__(self, other: Operand) -> Traced:
        return binary("Greater", np.greater, self, other)

    def __ge__(self, other: Operand) -> Traced:
        return binary("GreaterOrEqual", np.greater_equal, self, other)

    def __eq__(self, other: Operand) -> Traced:  # type: ignore[override]
        return binary("Equal", np.equal, self, other)

    def __ne__(self, other: Operand) -> Traced:  # type: ignore[override]
        return ~binary("Equal", np.equal, self, other)

    __hash__ = None  # type: ignore[assignment]

    def __and__(self, other: Operand) -> Traced:
        return binary("And", np.logical_and, self, other)

    def __or__(self, other: Operand) -> Traced:
        return binary("Or", np.logical_or, self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Traced:
        return self.write("Not", ~self.value, self.name)

    # Reductions

    def sum(self, axis: int, keepdims: bool = False) -> Traced:
        one = self.cast(np.dtype(np.int64)) if self.dtype == bool else self
        value = one.value.sum(axis, keepdims=keepdims)
        axes = self.graph.constant(np.array([axis % self.ndim], np.int64))
        return one.write("ReduceSum", value, one.name, axes, keepdims=int(keepdims))

    def max(self, axis: int, keepdims: bool = False) -> Traced:
        value = self.value.max(axis, keepdims=keepdims)
        axes = [axis % self.ndim]
        return self.write("ReduceMax", value, self.name, axes=axes, keepdims=int(keepdims))

    def any(self, axis: int) -> Traced:
        return self.sum(axis) > 0

    def clip(self, least: Operand, most: Operand) -> Traced:
        found: Traced = minimum(maximum(self, least), most)
        return found

    # Form

    def reshape(self, *shape: int) -> Traced:
        value = self.value.reshape(shape)
        # A zero copies a dimension: the rows stay the first one.
        sizes = [0 if size == BATCH else size for size in shape]
        return self.write("Reshape", value, self.name, self.graph.constant(np.array(sizes)))

    def __getitem__(self, index: Index) -> Traced:
        return _taken(self, index if isinstance(index, tuple) else (index,))


def doubled(array: np.ndarray) -> np.ndarray:
    """An array with its fractions in double precision."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def traced_in(*operands: Operand) -> Traced | None:
    """The first traced one of them."""
    return next((one for one in operands if isinstance(one, Traced)), None)


def plain(operand: Operand) -> Operand:
    """The value of an operand; plain numbers keep their weak type."""
    return operand.value if isinstance(operand, Traced) else operand


def binary(
    name: str, compute: Callable[..., Any], left: Operand, right: Operand, **attributes: Any
) -> Traced:
    """An operation on two operands of which one at least is traced."""
    some = traced_in(left, right)
    if some is None:
        raise TypeError("nothing to write: no operand is traced")
    with np.errstate(all="ignore"):  # values are made up
        value = doubled(np.asarray(compute(plain(left), plain(right))))
    logical = name in ("And", "Or")
    dtype = np.dtype(bool) if logical else np.result_type(plain(left), plain(right))
    if dtype.kind == "f":
        dtype = np.dtype(np.float64)
    first, second = some.lift(left, dtype), some.lift(right, dtype)
    return some.write(name, value, first.name, second.name, **attributes)


def minimum(left: Operand, right: Operand) -> Operand:
    """The smaller ones."""
    if traced_in(left, right) is None:
        return np.minimum(left, right)
    return binary("Min", np.minimum, left, right)


def maximum(left: Operand, right: Operand) -> Operand:
    """The larger ones."""
    if traced_in(left, right) is None:
        return np.maximum(left, right)
    return binary("Max", np.maximum, left, right)


def where(chosen: Operand, one: Operand, other: Operand) -> Operand:
    """One where `chosen`, else the other."""
    some = traced_in(chosen, one, other)
    if some is None:
        return np.where(chosen, one, other)
    value = doubled(np.asarray(np.where(plain(chosen), plain(one), plain(other))))
    if value.dtype == bool:  # runtimes choose between numbers only
        condition = some.lift(chosen)
        return (condition & one) | (~condition & other)
    inputs = (some.lift(chosen), some.lift(one, value.dtype), some.lift(other, value.dtype))
    return some.write("Where", value, *(part.name for part in inputs))


def sizes_of(some: Traced, shape: Sequence[int]) -> str:
    """A shape as a graph array: as many rows as the graph was given."""
    graph = some.graph
    if BATCH not in shape:
        return graph.constant(np.array(shape, np.int64))
    rows = graph.node("Shape", [ROWS], end=1)
    parts = [
        rows if size == BATCH else graph.constant(np.array([size], np.int64)) for size in shape
    ]
    return graph.node("Concat", parts, axis=0) if len(parts) > 1 else parts[0]


ROWS = "time"  # the input that says how many rows there are


def expanded(one: Traced, shape: Sequence[int]) -> Traced:
    """An array repeated along dimensions of 1, or before its first one."""
    if one.shape == tuple(shape):
        return one
    value = np.broadcast_to(one.value, shape)
    return one.write("Expand", value, one.name, sizes_of(one, shape))


def _taken(one: Traced, index: tuple[Index, ...]) -> Traced:
    """What stands in brackets: numbers, slices, arrays, `...` and `None`."""
    if any(isinstance(part, Traced) for part in index):
        (rows,) = index  # of a table
        value = one.value[rows.value]
        return one.write("Gather", value, one.name, rows.name, axis=0)
    given = sum(part is not None and part is not Ellipsis for part in index)
    filled: list[Index] = []
    for part in index if Ellipsis in _markers(index) else (*index, Ellipsis):
        filled += [slice(None)] * (one.ndim - given) if part is Ellipsis else [part]
    axis = one.ndim
    for part in reversed([part for part in filled if part is not None]):
        axis -= 1
        one = _along(one, axis, part)
    # Numbers take their dimension away.
    kept = [part for part in filled if not isinstance(part, int | np.integer)]
    new = [place for place, part in enumerate(kept) if part is None]
    return unsqueezed(one, new)


def _markers(index: tuple[Index, ...]) -> list[Index]:
    return [part for part in index if part is Ellipsis]


def _along(one: Traced, axis: int, part: Index) -> Traced:
    graph, size = one.graph, one.shape[axis]
    value = one.value[(slice(None),) * axis + (part,)]
    if isinstance(part, slice):
        start, stop, step = part.indices(size)
        if (start, stop, step) == (0, size, 1):
            return one
        bounds = [graph.constant(np.array([n], np.int64)) for n in (start, stop, axis, step)]
        return one.write("Slice", value, one.name, *bounds)
    places = graph.constant(np.asarray(part, np.int64) % size)
    return one.write("Gather", value, one.name, places, axis=axis)


def unsqueezed(one: Traced, places: Sequence[int]) -> Traced:
    """The array with new dimensions of 1 at these places of the new form."""
    if not places:
        return one
    axes = one.graph.constant(np.array(places, np.int64))
    return one.write("Unsqueeze", np.expand_dims(one.value, tuple(places)), one.name, axes)
