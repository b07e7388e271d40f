"""Which weight each term of a reward has: its entry in WEIGHTS, else 1."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from tabrl.rewards.errors import RewardError, did_you_mean, lines_of
from tabrl.rewards.source import CheckedSource

SCALAR = "reward"  # the one term of a reward that returns a bare number


@dataclass(frozen=True)
class TermWeights:
    """The weights of a reward's terms; `assumed` are the terms that WEIGHTS does not name."""

    weights: dict[str, float]
    assumed: tuple[str, ...]


def weights_of(checked: CheckedSource, terms: Sequence[str]) -> TermWeights:
    """The weights of the terms that a source returned.

    A term without an entry weighs 1, but its name must be written in the source: names that the
    author's Python made up have no meaning for anybody who did not run it.

    Raises:
        RewardError: `reward_weights` for a weight without a term, and for such a name.
    """
    _refuse_stray_weights(checked, terms)
    assumed = tuple(term for term in terms if term not in checked.weights)
    written = _texts(checked)
    for term in assumed:
        if term not in written and (checked.has_weights or list(terms) != [SCALAR]):
            message = f"term '{term}' has no weight in WEIGHTS, and its name is not written out"
            raise RewardError.at(checked.source, _line(checked), message, code="reward_weights")
    return TermWeights({term: checked.weights.get(term, 1.0) for term in terms}, assumed)


def _refuse_stray_weights(checked: CheckedSource, terms: Sequence[str]) -> None:
    for name in checked.weights:
        if name not in terms:
            raise RewardError.at(
                checked.source,
                _line(checked),
                f"WEIGHTS names '{name}', which the reward does not return: "
                f"{did_you_mean(name, terms)}",
                code="reward_weights",
            )


def _texts(checked: CheckedSource) -> frozenset[str]:
    """All strings in the source, and the names of keyword arguments: `dict(forward=…)`."""
    texts = set()
    for node in ast.walk(checked.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            texts.add(node.arg)
    return frozenset(texts)


def _line(checked: CheckedSource) -> int | None:
    for number, line in enumerate(lines_of(checked.source), start=1):
        if "WEIGHTS" in line:
            return number
    return checked.last_line
