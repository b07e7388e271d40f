"""The fourth layer: reads what a reward computes, after tracing and before anything is exported.

An allow-list of primitives and number types, no effects, and bounds on size and work. It works on
the traced program, so nothing the author's Python did to get there matters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import cast

from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, Var

from tabrl.rewards.errors import RewardError
from tabrl.rewards.limits import (
    MAX_CALL_DEPTH,
    MAX_CONSTANT_BYTES,
    MAX_ELEMENTS,
    MAX_EQUATIONS,
    MAX_RANK,
    MAX_WORK,
)
from tabrl.rewards.source import FILENAME

_PRIMITIVES = """
    abs acos acosh add and argmax argmin asin asinh atan atan2 atanh broadcast_in_dim cbrt ceil
    clamp concatenate convert_element_type copy cos cosh cumsum custom_jvp_call div dot_general
    dynamic_slice eq exp exp2 expm1 floor gather ge gt integer_pow iota is_finite jit le log log1p
    logistic lt max min mul ne neg not or pad pow reduce_and reduce_max reduce_min reduce_or
    reduce_prod reduce_sum rem reshape rev round rsqrt scatter select_n sign sin sinh slice sort
    split sqrt square squeeze stack stop_gradient sub tan tanh transpose xor
"""
PRIMITIVES = frozenset(_PRIMITIVES.split())
TYPES = frozenset({"float32", "int32", "bool"})


def check_jaxpr(closed: ClosedJaxpr, source: str) -> None:
    """Raises `RewardError` (codes `reward_primitive`, `reward_type`, `reward_too_large`,
    `reward_impure`) with the author's line where the trace still knows it."""
    _Reader(source).read(closed)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._equations = 0
        self._work = 0

    def read(self, closed: ClosedJaxpr) -> None:
        if closed.effects:
            raise RewardError("a reward is pure: it may have no effects", code="reward_impure")
        size = sum(getattr(constant, "nbytes", 8) for constant in closed.consts)
        if size > MAX_CONSTANT_BYTES:
            raise RewardError(
                f"{size} bytes of constants are too many: at most {MAX_CONSTANT_BYTES}",
                code="reward_too_large",
            )
        self._jaxpr(closed.jaxpr, 0)

    def _jaxpr(self, jaxpr: Jaxpr, depth: int) -> None:
        if depth > MAX_CALL_DEPTH:
            raise RewardError("calls are nested too deeply", code="reward_too_large")
        for variable in jaxpr.constvars:
            self._array(variable, None)
        for equation in jaxpr.eqns:
            self._equation(equation)
            for inner in inner_jaxprs(equation.params.values()):
                self._jaxpr(inner, depth + 1)

    def _equation(self, equation: JaxprEqn) -> None:
        self._equations += 1
        name = equation.primitive.name
        if name not in PRIMITIVES or equation.effects:
            raise self._at(equation, f"'{name}' is not part of the contract", "reward_primitive")
        if name == "dot_general" and not _is_plain(equation.params["precision"]):
            message = "a product may not choose its own arithmetic"
            raise self._at(equation, message, "reward_type")
        for variable in equation.outvars:
            self._array(variable, equation)
        self._work += _work(equation)
        if self._equations > MAX_EQUATIONS:
            message = f"more than {MAX_EQUATIONS} operations a step are too many"
            raise self._at(equation, message, "reward_too_large")
        if self._work > MAX_WORK:
            message = f"more than {MAX_WORK} additions and multiplications a step are too many"
            raise self._at(equation, message, "reward_too_large")

    def _array(self, variable: Var, equation: JaxprEqn | None) -> None:
        shape = shape_of(variable)
        if len(shape) > MAX_RANK:
            message = f"an array of {len(shape)} dimensions is too large: at most {MAX_RANK}"
            raise self._at(equation, message, "reward_too_large")
        size = math.prod(max(length, 1) for length in shape)  # nothing, a billion times, is not 0
        if size > MAX_ELEMENTS:
            message = f"an array of {size} numbers a step is too large: at most {MAX_ELEMENTS}"
            raise self._at(equation, message, "reward_too_large")
        kind = str(getattr(variable.aval, "dtype", type(variable.aval).__name__))
        if kind not in TYPES:
            message = f"numbers of type {kind} are not part of the contract"
            raise self._at(equation, message, "reward_type")

    def _at(self, equation: JaxprEqn | None, message: str, code: str) -> RewardError:
        line = None if equation is None else author_line(equation)
        return RewardError.at(self._source, line, message, code=code)


def _is_plain(precision: object) -> bool:
    """Whether a product's precision is a level for each side, and no algorithm."""
    levels = precision if isinstance(precision, tuple) else (precision,)
    return all(level is None or isinstance(level, lax.Precision) for level in levels)


def author_line(equation: JaxprEqn) -> int | None:
    """The innermost line of the author's source that an equation came from, if known."""
    traceback = getattr(equation.source_info, "traceback", None)
    for frame in getattr(traceback, "frames", ()):
        if frame.file_name == FILENAME:
            return int(frame.line_num)
    return None


def inner_jaxprs(parameters: Iterable[object]) -> Iterator[Jaxpr]:
    """The programs within an equation's parameters."""
    for parameter in parameters:
        if isinstance(parameter, tuple | list):
            yield from inner_jaxprs(parameter)
            continue
        inner = getattr(parameter, "jaxpr", parameter)
        if hasattr(inner, "eqns"):
            yield cast(Jaxpr, inner)


def shape_of(variable: Var | Literal) -> tuple[int, ...]:
    """The shape of an argument or a result."""
    shape: tuple[int, ...] = getattr(variable.aval, "shape", ())
    return shape


def _work(equation: JaxprEqn) -> int:
    """Elementary operations of one equation, roughly."""
    made = sum(math.prod(shape_of(v)) for v in equation.outvars)
    taken = sum(math.prod(shape_of(v)) for v in equation.invars)
    name = equation.primitive.name
    if name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        shape = shape_of(equation.invars[0])
        return made * int(math.prod(shape[axis] for axis in contracted))
    if name == "cumsum":
        return made * int(shape_of(equation.invars[0])[equation.params["axis"]])
    if name == "sort":
        return taken * max(taken.bit_length(), 1)
    return max(made, taken)
