"""The verifier's allow-list: operations of StableHLO, their attributes, and their rules."""

from __future__ import annotations

import math
from collections.abc import Callable

from jax.extend.mlir import ir
from jax.extend.mlir.dialects import stablehlo

from tabrl.rewards.limits import MAX_ELEMENTS
from tabrl.sim.reward.dimensions import (
    ELEMENT_BYTES,
    Known,
    N,
    RefusedModule,
    Shape,
    Sizes,
    shape_of,
)
from tabrl.sim.reward.indexing import check_gather, check_order, check_scatter

# One number out of one, two or three: shape and N stay what they are.
_ELEMENTWISE = """
    abs add and atan2 cbrt ceil clamp convert cosine divide exponential exponential_minus_one floor
    is_finite log log_plus_one logistic maximum minimum multiply negate not or power remainder
    round_nearest_afz round_nearest_even rsqrt select sign sine sqrt subtract tan tanh xor
"""
_BARE = "case dynamic_reshape real_dynamic_slice reshape return"
# Everything that is not in this table is refused, and so is every attribute that is not.
ATTRIBUTES: dict[str, frozenset[str]] = {
    **{f"stablehlo.{name}": frozenset() for name in f"{_ELEMENTWISE} {_BARE}".split()},
    "stablehlo.broadcast_in_dim": frozenset({"broadcast_dimensions"}),
    "stablehlo.compare": frozenset({"compare_type", "comparison_direction"}),
    "stablehlo.composite": frozenset({"decomposition", "name", "version"}),
    "stablehlo.concatenate": frozenset({"dimension"}),
    "stablehlo.constant": frozenset({"value"}),
    "stablehlo.dot_general": frozenset({"dot_dimension_numbers", "precision_config"}),
    "stablehlo.dynamic_broadcast_in_dim": frozenset({"broadcast_dimensions"}),
    "stablehlo.dynamic_gather": frozenset({"dimension_numbers", "indices_are_sorted"}),
    "stablehlo.dynamic_iota": frozenset({"iota_dimension"}),
    "stablehlo.gather": frozenset({"dimension_numbers", "indices_are_sorted", "slice_sizes"}),
    "stablehlo.get_dimension_size": frozenset({"dimension"}),
    "stablehlo.iota": frozenset({"iota_dimension"}),
    "stablehlo.pad": frozenset({"edge_padding_low", "edge_padding_high", "interior_padding"}),
    "stablehlo.reduce": frozenset({"dimensions"}),
    "stablehlo.reduce_window": frozenset({"padding", "window_dimensions", "window_strides"}),
    "stablehlo.reverse": frozenset({"dimensions"}),
    "stablehlo.scatter": frozenset(
        {"indices_are_sorted", "scatter_dimension_numbers", "unique_indices"}
    ),
    "stablehlo.slice": frozenset({"start_indices", "limit_indices", "strides"}),
    "stablehlo.sort": frozenset({"dimension", "is_stable"}),
    "stablehlo.transpose": frozenset({"permutation"}),
    "func.func": frozenset(
        {"arg_attrs", "function_type", "res_attrs", "sym_name", "sym_visibility"}
    ),
    "func.call": frozenset({"callee"}),
    "func.return": frozenset(),
}
COMPOSITES = frozenset(
    f"chlo.{name}"
    for name in ("acos", "acosh", "asin", "asinh", "atan", "atanh", "cosh", "sinh", "square", "tan")
)


def attribute(operation: ir.Operation, name: str) -> ir.Attribute:
    """An attribute, with its own Python class. Raises `RefusedModule` if it is missing."""
    if name not in operation.attributes:
        raise RefusedModule(f"{operation.name} lacks an attribute")
    return operation.attributes[name]


def integers(operation: ir.Operation, name: str) -> list[int]:
    """An attribute that is an integer or a list of them."""
    found = attribute(operation, name)
    if isinstance(found, ir.IntegerAttr):
        return [found.value]
    if isinstance(found, ir.DenseI64ArrayAttr):
        return [int(entry) for entry in found]
    if isinstance(found, ir.DenseIntElementsAttr):
        return _entries(found)
    raise RefusedModule(f"{operation.name} has an attribute of an odd kind")


def _entries(attribute: ir.DenseIntElementsAttr) -> list[int]:
    return [int(attribute[at]) for at in range(len(attribute))]


def constant(operation: ir.Operation) -> tuple[int, Sizes | None]:
    """Bytes of a constant, and its entries if they may be sizes."""
    value = attribute(operation, "value")
    if not isinstance(value, ir.DenseElementsAttr):  # not a resource that lies elsewhere
        raise RefusedModule("a constant's numbers are not in the module")
    shape = shape_of(operation.results[0].type)
    sizes: Sizes | None = None
    if shape.element == "i32" and len(shape.sizes) <= 1 and shape.elements <= 16:
        if value.is_splat:
            sizes = (int(ir.IntegerAttr(value.get_splat_value()).value),) * shape.elements
        else:
            sizes = tuple(_entries(ir.DenseIntElementsAttr(value)))
    return shape.elements * ELEMENT_BYTES[shape.element], sizes


def sizes_out(operation: ir.Operation, known: Known) -> Sizes | None:
    """What is known of the entries of an operation's result."""
    name = operation.name
    if name == "stablehlo.get_dimension_size":
        (axis,) = integers(operation, "dimension")
        sizes = shape_of(operation.operands[0].type).sizes
        if not 0 <= axis < len(sizes):
            raise RefusedModule("a dimension does not exist")
        return (sizes[axis],)
    if name in ("stablehlo.reshape", "stablehlo.convert"):
        return known.of(operation.operands[0])
    if name == "stablehlo.concatenate":
        parts = [known.of(operand) for operand in operation.operands]
        if all(part is not None for part in parts):
            return tuple(entry for part in parts if part is not None for entry in part)
    return None


Rule = Callable[[ir.Operation, Known, list[Shape], list[Shape]], None]


def _shape_is_stated(
    operation: ir.Operation, known: Known, _: list[Shape], made: list[Shape]
) -> None:
    known.shape_operand(operation.operands[-1], made[0])


def _dynamic_reshape(
    operation: ir.Operation, known: Known, taken: list[Shape], made: list[Shape]
) -> None:
    known.shape_operand(operation.operands[1], made[0])
    same = taken[0].elements == made[0].elements and (N in taken[0].sizes) == (N in made[0].sizes)
    if not same:
        raise RefusedModule("a reshape changes the number of elements")


def _real_dynamic_slice(
    operation: ir.Operation, known: Known, taken: list[Shape], made: list[Shape]
) -> None:
    start, limit, stride = (known.of(operation.operands[at]) for at in (1, 2, 3))
    for axis in range(len(made[0].sizes)):
        if N not in (made[0].sizes[axis], taken[0].sizes[axis]):
            continue
        whole = (
            made[0].sizes[axis] == taken[0].sizes[axis]
            and start is not None
            and limit is not None
            and stride is not None
            and (start[axis], limit[axis], stride[axis]) == (0, N, 1)
        )
        if not whole:
            raise RefusedModule("a slice cuts the batch dimension")


def _dynamic_gather(
    operation: ir.Operation, known: Known, taken: list[Shape], made: list[Shape]
) -> None:
    sizes = known.of(operation.operands[2])
    if sizes is None or None in sizes or len(sizes) != len(taken[0].sizes):
        raise RefusedModule("a computed shape is not made of constants and N")
    for size, whole in zip(sizes, taken[0].sizes, strict=True):
        if size == N and whole != N:
            raise RefusedModule("a gather takes more than there is")
    check_gather(operation, taken[0], whole=taken[0].batch is not None and N in sizes)


def _gather(operation: ir.Operation, _: Known, taken: list[Shape], made: list[Shape]) -> None:
    if N in made[0].sizes and not any(N in shape.sizes for shape in taken):
        raise RefusedModule("stablehlo.gather makes the batch dimension up")
    check_gather(operation, taken[0], whole=False)


def _scatter(operation: ir.Operation, _: Known, taken: list[Shape], made: list[Shape]) -> None:
    if len(taken) != 3 or made[0].sizes != taken[0].sizes:
        raise RefusedModule("stablehlo.scatter writes into more than one array")
    check_scatter(operation, taken[0], taken[2])


def _sort(operation: ir.Operation, known: Known, taken: list[Shape], made: list[Shape]) -> None:
    _keeps_batch("dimension")(operation, known, taken, made)
    check_order(operation)


def _keeps_batch(name: str) -> Rule:
    """The attribute `name` lists axes; none of them may be the batch dimension."""

    def rule(operation: ir.Operation, _: Known, taken: list[Shape], __: list[Shape]) -> None:
        axes = integers(operation, name)
        if any(shape.batch is not None and shape.batch in axes for shape in taken):
            raise RefusedModule(f"{operation.name} works along the batch dimension")

    return rule


def _reduce_window(operation: ir.Operation, _: Known, taken: list[Shape], __: list[Shape]) -> None:
    batch = taken[0].batch
    if "padding" in operation.attributes:
        _short(operation, "padding")
    if batch is None:
        return
    window = integers(operation, "window_dimensions")
    strides = (
        integers(operation, "window_strides") if "window_strides" in operation.attributes else []
    )
    padding = integers(operation, "padding") if "padding" in operation.attributes else []
    padded = padding[2 * batch : 2 * batch + 2] if len(padding) > 2 else padding
    if window[batch] != 1 or any(padded) or (strides and strides[batch] != 1):
        raise RefusedModule("stablehlo.reduce_window works along the batch dimension")


def _pad(operation: ir.Operation, _: Known, taken: list[Shape], __: list[Shape]) -> None:
    batch = taken[0].batch
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    if batch is not None and any(integers(operation, name)[batch] for name in names):
        raise RefusedModule("stablehlo.pad works along the batch dimension")
    for name in names:
        _short(operation, name)


def _short(operation: ir.Operation, name: str) -> None:
    """No padding that is longer than any array: what a compiler makes of it is its own affair."""
    if any(abs(length) > MAX_ELEMENTS for length in integers(operation, name)):
        raise RefusedModule(f"{operation.name} moves numbers too far")


def _static_only(operation: ir.Operation, _: Known, taken: list[Shape], made: list[Shape]) -> None:
    if any(N in shape.sizes for shape in made) or any(N in shape.sizes for shape in taken):
        raise RefusedModule(f"{operation.name} may not touch the batch dimension")


def _static_result(operation: ir.Operation, _: Known, __: list[Shape], made: list[Shape]) -> None:
    if any(N in shape.sizes for shape in made):
        raise RefusedModule(f"{operation.name} makes the batch dimension up")


def _same_shape(operation: ir.Operation, _: Known, taken: list[Shape], made: list[Shape]) -> None:
    """An elementwise result is as large as its largest operand, N included."""
    if not any(shape.sizes == made[0].sizes for shape in taken):
        raise RefusedModule(f"{operation.name} changes its shape")


def _dot_general(operation: ir.Operation, _: Known, taken: list[Shape], __: list[Shape]) -> None:
    numbers = stablehlo.DotDimensionNumbers(attribute(operation, "dot_dimension_numbers"))
    sides = (numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions)
    for shape, contracted in zip(taken, sides, strict=True):
        if shape.batch is not None and shape.batch in contracted:
            raise RefusedModule("stablehlo.dot_general sums over the batch dimension")


def _composite(operation: ir.Operation, _: Known, __: list[Shape], ___: list[Shape]) -> None:
    name = attribute(operation, "name")
    if not isinstance(name, ir.StringAttr) or name.value not in COMPOSITES:
        raise RefusedModule("a composite operation is not on the list")


RULES: dict[str, Rule] = {
    **{f"stablehlo.{name}": _same_shape for name in _ELEMENTWISE.split()},
    "stablehlo.compare": _same_shape,
    "stablehlo.broadcast_in_dim": _static_result,
    "stablehlo.composite": _composite,
    "stablehlo.concatenate": _keeps_batch("dimension"),
    "stablehlo.constant": _static_result,
    "stablehlo.dot_general": _dot_general,
    "stablehlo.dynamic_broadcast_in_dim": _shape_is_stated,
    "stablehlo.dynamic_gather": _dynamic_gather,
    "stablehlo.dynamic_iota": _shape_is_stated,
    "stablehlo.dynamic_reshape": _dynamic_reshape,
    "stablehlo.gather": _gather,
    "stablehlo.iota": _static_result,
    "stablehlo.pad": _pad,
    "stablehlo.real_dynamic_slice": _real_dynamic_slice,
    "stablehlo.reduce": _keeps_batch("dimensions"),
    "stablehlo.reduce_window": _reduce_window,
    "stablehlo.reshape": _static_only,
    "stablehlo.reverse": _keeps_batch("dimensions"),
    "stablehlo.slice": _static_only,
    "stablehlo.scatter": _scatter,
    "stablehlo.sort": _sort,
}


def work(operation: ir.Operation, taken: list[Shape], made: list[Shape]) -> int:
    """Elementary operations a step, roughly."""
    most = max((shape.elements for shape in (*taken, *made)), default=0)
    name = operation.name
    if name == "stablehlo.dot_general":
        # contracted sizes: all of one side that the result does not have, and then some
        return made[0].elements * taken[0].elements
    if name == "stablehlo.reduce_window":
        window = math.prod(integers(operation, "window_dimensions"))
        return made[0].elements * window
    if name == "stablehlo.sort":
        return sum(shape.elements for shape in taken) * 12
    return most
