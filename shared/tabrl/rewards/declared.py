"""What a reward declares beside its functions: read, not run, by whoever runs nothing too."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from tabrl.rewards import vocabulary as words
from tabrl.rewards.errors import RewardError
from tabrl.rewards.literals import NoLiteralError, assignment, constants, literal

TERM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}\Z")
DECLARED = ("WEIGHTS", "CLIP_TOTAL")
_MAX_SHOWN = 40  # characters of a name


class Declared:
    """WEIGHTS and CLIP_TOTAL of a source."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self._source = source
        self._tree = tree

    def weights(self) -> dict[str, float] | None:
        found = self._given("WEIGHTS")
        return None if found is None else self._weights(*found)

    def clip_total(self) -> bool:
        found = self._given("CLIP_TOTAL")
        if found is None:
            return False
        node, value = found
        if not isinstance(value, bool):
            raise self._fail(node, "CLIP_TOTAL is True or False")
        return value

    def _given(self, name: str) -> tuple[ast.stmt, object] | None:
        """The statement that gives `name` a value, and that value; None if there is none."""
        found = [node for node in self._tree.body if _assigns(node, name)]
        if len(found) > 1:
            raise self._fail(found[1], f"{name} may be given once only")
        if not found:
            return None
        node, (target, value) = found[0], assignment(found[0])
        if target != name or value is None:
            raise self._fail(node, f"{name} must be a literal")
        return node, literal_at(self._source, name, value, constants(self._tree.body, node))

    def _weights(self, node: ast.stmt, value: object) -> dict[str, float]:
        if not isinstance(value, dict):
            raise self._fail(node, 'WEIGHTS must be a dict such as {"forward": 1.0}')
        if not 1 <= len(value) <= words.MAX_TERMS:
            raise self._fail(node, f"a reward has 1 to {words.MAX_TERMS} terms, not {len(value)}")
        for name, weight in value.items():
            if not (isinstance(name, str) and TERM_NAME.match(name)):
                shown = repr(name)[:_MAX_SHOWN]
                raise self._fail(node, f"{shown} is no term name: letters, digits, _ (at most 32)")
            if not isinstance(weight, int | float) or isinstance(weight, bool):
                raise self._fail(node, f"the weight of '{name}' must be a number")
            if not abs(weight) <= 1e6:  # which is false for NaN, and knows integers of any size
                raise self._fail(node, f"the weight of '{name}' must be finite and at most 1e6")
        return {name: float(weight) for name, weight in value.items()}

    def _fail(self, node: ast.AST, message: str) -> RewardError:
        return RewardError.of(self._source, node, message)


def literal_at(source: str, name: str, value: ast.expr, known: Mapping[str, object]) -> object:
    """The value that a constant is given, with those before it. Raises `RewardError`."""
    try:
        return literal(value, known)
    except NoLiteralError as error:
        reason = f": {error}" if str(error) else ""
        message = f"{name} must be a literal, with arithmetic of numbers at most{reason}"
        raise RewardError.of(source, value, message) from None


def _assigns(node: ast.stmt, name: str) -> bool:
    """Whether a statement of the module gives `name` a value in whatever way."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name == name
    return any(
        isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store)
        for inner in ast.walk(node)
    )
