"""Values that are written down, with a little arithmetic: read without running the code.

`2 * 3.14159 * 1.5`, `0.02 * 5` or `2 * jnp.pi / PERIOD` are numbers to their author, and here.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

Number: TypeAlias = "int | float"
_MAX_BITS = 256  # of an integer; no arithmetic grows beyond that
_MAX_POWER = 64
_OPERATIONS: dict[type[ast.operator], Callable[[Number, Number], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_CONSTANTS = {"pi": math.pi, "e": math.e}  # of jnp
_NOTHING: Mapping[str, object] = MappingProxyType({})


class NoLiteralError(ValueError):
    """An expression that would have to be run, or whose number is none; its text says why."""


def literal(node: ast.expr, known: Mapping[str, object] = _NOTHING) -> object:
    """The value of an expression.

    Args:
        node: literals, tuples, lists and dicts of them, and arithmetic of numbers.
        known: constants that were written down before it, by name.

    Raises:
        NoLiteralError: it is anything else.
    """
    try:
        return _value(node, known)
    except RecursionError:
        raise NoLiteralError from None


def constants(body: list[ast.stmt], end: ast.stmt | None = None) -> dict[str, object]:
    """The constants that a module's statements have written down, up to and without `end`."""
    known: dict[str, object] = {}
    for statement in body:
        if statement is end:
            break
        note(statement, known)
    return known


def note(statement: ast.stmt, known: dict[str, object]) -> None:
    """Note in `known` what a statement of a module writes down."""
    if isinstance(statement, ast.FunctionDef):
        known.pop(statement.name, None)
    target, value = assignment(statement)
    if target is None or value is None:
        return
    try:
        known[target] = literal(value, known)
    except NoLiteralError:
        known.pop(target, None)


def assignment(statement: ast.stmt) -> tuple[str | None, ast.expr | None]:
    """Name and value of `NAME = value`, annotated or not; neither of any other statement."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None, None
    return (target.id, statement.value) if isinstance(target, ast.Name) else (None, None)


def _value(node: ast.expr | None, known: Mapping[str, object]) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        return tuple(_value(entry, known) for entry in node.elts)
    if isinstance(node, ast.List):
        return [_value(entry, known) for entry in node.elts]
    if isinstance(node, ast.Dict):
        keys = [_key(key, known) for key in node.keys]
        return dict(zip(keys, (_value(value, known) for value in node.values), strict=True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        operand = _number(_value(node.operand, known))
        return operand if isinstance(node.op, ast.UAdd) else -operand
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, known), _value(node.right, known)
        return _computed(node.op, _number(left), _number(right))
    return _named(node, known)


def _key(node: ast.expr | None, known: Mapping[str, object]) -> object:
    """A key of a dict: nothing that is itself made of other values, for hashing those may take
    for ever."""
    key = _value(node, known)
    if key is not None and not isinstance(key, bool | int | float | str):
        raise NoLiteralError
    return key


def _named(node: ast.expr | None, known: Mapping[str, object]) -> object:
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    of_jnp = (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "jnp"
    )
    if of_jnp and isinstance(node, ast.Attribute) and node.attr in _CONSTANTS:
        return _CONSTANTS[node.attr]
    raise NoLiteralError


def _number(value: object) -> Number:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise NoLiteralError
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise NoLiteralError("its number is too large")
    return value


def _computed(operation: ast.operator, left: Number, right: Number) -> Number:
    compute = _OPERATIONS.get(type(operation))
    if compute is None:
        raise NoLiteralError
    if isinstance(operation, ast.Pow) and not abs(right) <= _MAX_POWER:
        raise NoLiteralError(f"its powers are at most {_MAX_POWER}")
    try:
        return _number(compute(left, right))  # which a complex power is not
    except ArithmeticError:
        raise NoLiteralError("its arithmetic has no result") from None
