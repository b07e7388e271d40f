"""A traced reward, and what in it may not depend on what."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from tabrl.rewards.errors import RewardError
from tabrl.rewards.memory import MEMORY, Remembered, Rule
from tabrl.rewards.source import CheckedSource


@dataclass(frozen=True)
class TracedReward:
    """What the author's Python computes in one step.

    Its arguments are the rollout's `fields` and then the `weights`, each in order of their names;
    its results the terms' values and, where something is remembered, the numbers of this step.
    """

    program: ClosedJaxpr
    fields: tuple[str, ...]
    weights: tuple[str, ...]
    terms: tuple[str, ...]
    memory: tuple[Remembered, ...]


def check_dependence(traced: TracedReward, checked: CheckedSource) -> None:
    """Raises `RewardError` for memory made of memory, and for a term that holds its weight.

    A term that was multiplied by its weight would be so twice, and a cost would be a bonus.
    """
    jaxpr, results = traced.program.jaxpr, range(len(traced.program.jaxpr.outvars))
    if traced.memory and _depends(jaxpr, 1, traced.fields.index(MEMORY)):
        message = "what is remembered may not depend on what is remembered"
        raise _wrong(checked, checked.line_of(_remembers), message)
    for place, name in enumerate(traced.weights, len(traced.fields)):
        if any(_depends(jaxpr, result, place) for result in results):
            raise _wrong(
                checked,
                checked.line_of(_reads_weights) or checked.last_line,
                f"what is returned depends on WEIGHTS['{name}']",
                "return the terms without their weights: the weighted sum is formed afterwards",
            )


def _wrong(checked: CheckedSource, line: int | None, message: str, hint: str = "") -> RewardError:
    return RewardError.at(checked.source, line, message, code="reward_failed", hint=hint)


def _remembers(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in tuple(Rule)


def _reads_weights(node: ast.AST) -> bool:
    reads = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    return reads and getattr(node, "id", "") == "WEIGHTS"


def _depends(jaxpr: Jaxpr, output: int, argument: int) -> bool:
    """Whether one result of a traced program may depend on one of its arguments."""
    found = {jaxpr.invars[argument]}
    for equation in jaxpr.eqns:
        if any(not isinstance(v, Literal) and v in found for v in equation.invars):
            found.update(equation.outvars)
    result = jaxpr.outvars[output]
    return not isinstance(result, Literal) and result in found
