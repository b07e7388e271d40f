"""What a reward returned, as its terms: numbers of one step, by name."""

from __future__ import annotations

import ast

import jax
import jax.numpy as jnp
from jaxtyping import Float

from tabrl.rewards.declared import TERM_NAME
from tabrl.rewards.errors import RewardError
from tabrl.rewards.source import CheckedSource
from tabrl.rewards.vocabulary import MAX_TERMS
from tabrl.rewards.weights import SCALAR

_MAX_SHOWN = 40  # characters of a name


def terms_of(result: object, checked: CheckedSource) -> dict[str, Float[jax.Array, ""]]:
    """One step's terms as float32 scalars. Raises `RewardError` for a wrong shape or count."""
    if result is None:
        raise _wrong(checked, None, "reward(state, action) returned nothing")
    values = _returned(result)
    if not 1 <= len(values) <= MAX_TERMS:
        raise _wrong(checked, None, f"a reward has 1 to {MAX_TERMS} terms, not {len(values)}")
    return {name: _number(checked, name, value) for name, value in _named(checked, values)}


def _returned(result: object) -> dict[object, object]:
    """The terms of what a reward returned: of a total and terms, in either order, the terms.

    A total is what the trainer forms with the weights in force, which change while it learns.
    """
    if isinstance(result, tuple | list) and len(result) == 2:
        found = [part for part in result if isinstance(part, dict)]
        if len(found) == 1:
            result = found[0]
    return result if isinstance(result, dict) else {SCALAR: result}


def _named(checked: CheckedSource, values: dict[object, object]) -> list[tuple[str, object]]:
    named = []
    for name, value in values.items():
        if not isinstance(name, str):
            raise _wrong(checked, None, f"a term's name is a text, not {type(name).__name__}")
        if not TERM_NAME.match(name):
            message = f"{name[:_MAX_SHOWN]!r} is no term name: letters, digits, _"
            raise _wrong(checked, name, message)
        named.append((name, value))
    return named


def _number(checked: CheckedSource, name: str, value: object) -> Float[jax.Array, ""]:
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        message = f"term '{name}' is {kind}; a term is one number a step"
        raise _wrong(checked, name, message, "return one dict of terms") from None
    if array.shape != ():
        message = f"term '{name}' has shape {array.shape}; a term is one number a step"
        raise _wrong(checked, name, message, "take jnp.sum or jnp.mean of it")
    return array.astype(jnp.float32)


def _wrong(checked: CheckedSource, term: str | None, message: str, hint: str = "") -> RewardError:
    line = _line(checked, term)
    return RewardError.at(checked.source, line, message, code="reward_shape", hint=hint)


def _line(checked: CheckedSource, term: str | None) -> int | None:
    """Where a reward names a term, or else ends."""

    def names(node: ast.AST) -> bool:
        text = node.value if isinstance(node, ast.Constant) else getattr(node, "arg", None)
        return term is not None and text == term

    return checked.line_of(names) or checked.last_line
