"""The verifier's rules for what picks, puts and orders numbers by other numbers.

A step of a rollout may see and change nothing of another one, and an order must be one: what a
sort does with a comparison that contradicts itself is nowhere promised, in C++ not even that it
stays within its memory.
"""

from __future__ import annotations

from typing import TypeAlias

from jax.extend.mlir import ir
from jax.extend.mlir.dialects import stablehlo

from tabrl.sim.reward.dimensions import RefusedModule, Shape, Value

_MOST_STEPS = 16  # of a comparison; JAX writes nine
_COMPARING = ("stablehlo.compare", "stablehlo.select")
_ORDERS = ("TOTALORDER", "SIGNED", "UNSIGNED")  # in which NaN has its place
# A number as it is made: the operation's name, its attributes, then the numbers it is made of.
_Form: TypeAlias = "str | Value | tuple[_Form, ...]"
_NO_ORDER = RefusedModule("a sort compares numbers without order")


def check_gather(operation: ir.Operation, operand: Shape, whole: bool) -> None:
    """Raises `RefusedModule` where a step could read another's numbers. `whole`: the slices are as
    long as the batch dimension."""
    if operand.batch is None:
        return
    numbers = stablehlo.GatherDimensionNumbers(operation.attributes["dimension_numbers"])
    own = operand.batch in numbers.operand_batching_dims
    if not own and (not whole or operand.batch in numbers.start_index_map):
        raise RefusedModule(f"{operation.name} works along the batch dimension")


def check_scatter(operation: ir.Operation, operand: Shape, updates: Shape) -> None:
    """Raises `RefusedModule` where a step could change another's numbers."""
    if operand.batch is None and updates.batch is None:
        return
    numbers = stablehlo.ScatterDimensionNumbers(operation.attributes["scatter_dimension_numbers"])
    own = operand.batch in numbers.input_batching_dims
    moved = (*numbers.scattered_dims_to_operand_dims, *numbers.inserted_window_dims)
    whole = operand.batch is not None and updates.batch in numbers.update_window_dims
    if not own and (not whole or operand.batch in moved):
        raise RefusedModule("stablehlo.scatter works along the batch dimension")


def check_order(operation: ir.Operation) -> None:
    """Raises `RefusedModule` unless a sort is stable, and compares the same of both numbers."""
    stable = (
        "is_stable" in operation.attributes and ir.BoolAttr(operation.attributes["is_stable"]).value
    )
    block = operation.regions[0].blocks[0]
    *steps, last = (view.operation for view in block.operations)
    known = all(step.name in _COMPARING for step in steps) and len(steps) <= _MOST_STEPS
    if not (stable and known and len(block.arguments) == 2 and len(last.operands) == 1):
        raise _NO_ORDER
    verdict: ir.OpView | ir.Block = last.operands[0].owner
    if isinstance(verdict, ir.Block) or verdict.operation.name != "stablehlo.compare":
        raise _NO_ORDER
    direction = str(verdict.attributes["comparison_direction"])
    kind = str(verdict.attributes["compare_type"]) if "compare_type" in verdict.attributes else ""
    ordered = " LT>" in direction and any(f" {name}>" in kind for name in _ORDERS)
    first, second = (_form(side, block, own) for own, side in enumerate(verdict.operands))
    if not ordered or first != second:
        raise _NO_ORDER


def _form(value: Value, block: ir.Block, own: int) -> _Form:
    """How a number is made of the comparison's argument `own`, in a form that can be compared."""
    if value == block.arguments[own]:
        return "own"
    if value == block.arguments[1 - own]:
        raise _NO_ORDER
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.operation.block != block:
        return value
    attributes = [
        str(owner.attributes[entry if isinstance(entry, str) else entry.name])
        for entry in owner.attributes
    ]
    return (
        owner.operation.name,
        *attributes,
        *(_form(part, block, own) for part in owner.operands),
    )
