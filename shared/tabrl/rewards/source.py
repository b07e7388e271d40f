"""The static check: reads a reward without running it.

An allow-list of syntax, names and attribute names. It makes mistakes readable and mischief
tedious; that the code also runs in a child process without secrets is somebody else's job.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import CodeType

from tabrl.rewards import vocabulary as words
from tabrl.rewards.annotations import annotations_of, leave_out_annotations, names_types
from tabrl.rewards.errors import RewardError, did_you_mean
from tabrl.rewards.literals import NoLiteralError, assignment, constants, literal

FILENAME = "<reward>"  # under which an author's source is compiled
TERM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}\Z")

_NODES: tuple[type[ast.AST], ...] = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign),
    *(ast.Expr, ast.For, ast.If, ast.IfExp, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp),
    *(ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict),
    *(ast.Subscript, ast.Slice, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.comprehension),
    *(ast.Lambda, ast.JoinedStr, ast.FormattedValue, ast.Pass, ast.Starred),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop),
)
_FORBIDDEN: dict[type[ast.AST], str] = {
    ast.Import: "imports are not allowed; jnp, lax and rl are already there",
    ast.ImportFrom: "imports are not allowed; jnp, lax and rl are already there",
    ast.While: "a reward may not use while; use jnp.where, or for over range(…)",
    ast.ClassDef: "a reward may not define classes",
    ast.Try: "a reward may not use try",
    ast.With: "a reward may not use with",
    ast.Global: "a reward is pure: global is not allowed",
    ast.Nonlocal: "a reward is pure: nonlocal is not allowed",
    ast.Delete: "a reward may not use del",
    ast.AsyncFunctionDef: "a reward may not be async",
}
_CONSTANTS = (bool, int, float, str, type(None))
_ONLY_LITERALS = "outside a function only NAME = literal is allowed"
THROWAWAY = "_"


@dataclass(frozen=True)
class CheckedSource:
    """A reward that passed the static check; `weights` and `clip_total` were read, not run.

    `weights` are those of WEIGHTS; see `tabrl.rewards.weights` for terms that it does not name.
    """

    source: str
    tree: ast.Module
    weights: dict[str, float]
    has_weights: bool
    clip_total: bool = False


def check_source(source: str, state_methods: Collection[str], kind: str = "") -> CheckedSource:
    """Check a reward's source for robots of a kind, whose `state` has these methods.

    Raises `RewardError` with the line to blame.
    """
    tree = _parsed(source)
    _Checker(source, tree, state_methods, kind).run()
    checked = _read(source, tree)
    compiled(checked)
    return checked


def read_source(source: str) -> CheckedSource:
    """Syntax and weights alone, nothing about what the code may do. Raises `RewardError`.

    For the verifier, which reads the weights again and runs nothing.
    """
    return _read(source, _parsed(source))


def compiled(checked: CheckedSource) -> CodeType:
    """Its code. Raises `RewardError`: some mistakes of syntax are found only here."""
    try:
        return compile(checked.tree, FILENAME, "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _syntax(checked.source, error) from None


def _parsed(source: str) -> ast.Module:
    if len(source) > words.MAX_SOURCE:
        raise RewardError(
            f"a reward may have at most {words.MAX_SOURCE} characters", code="reward_too_long"
        )
    try:
        return ast.parse(source, filename=FILENAME)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _syntax(source, error) from None


def _syntax(source: str, error: Exception) -> RewardError:
    line = error.lineno if isinstance(error, SyntaxError) else None
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    if isinstance(error, RecursionError | MemoryError):
        message = "it is nested too deeply"
    return RewardError.at(source, line, f"not valid Python: {message}", code="reward_syntax")


def _read(source: str, tree: ast.Module) -> CheckedSource:
    reader = _Checker(source, tree)
    weights = reader.weights()
    return CheckedSource(source, tree, weights or {}, weights is not None, reader.clip_total())


class _Checker:
    def __init__(
        self, source: str, tree: ast.Module, state_methods: Collection[str] = (), kind: str = ""
    ) -> None:
        self._source = source
        self._tree = tree
        self._kind = kind
        self._namespaces = {**words.NAMESPACES, "state": frozenset(state_methods)}
        self._attributes = words.ATTRIBUTES | self._namespaces["state"]
        self._names = set(words.BUILTINS) | words.NAMESPACES.keys()

    def run(self) -> None:
        nodes = list(ast.walk(self._tree))
        if len(nodes) > words.MAX_NODES:
            message = f"a reward may have at most {words.MAX_NODES} syntax nodes"
            raise RewardError(message, code="reward_too_long")
        for node in nodes:
            self._annotations(node)
        leave_out_annotations(self._tree)
        nodes = list(ast.walk(self._tree))
        self._module()
        for node in nodes:
            self._collect(node)
        for node in nodes:
            self._node(node)

    def fail(self, node: ast.AST, message: str, *, code: str = "reward_not_allowed") -> RewardError:
        return RewardError.at(self._source, getattr(node, "lineno", None), message, code=code)

    def _module(self) -> None:
        rewards = 0
        for node in self._tree.body:
            if isinstance(node, ast.FunctionDef):
                if node.name != "reward":
                    continue
                rewards += 1
                if [a.arg for a in node.args.args] != ["state", "action"]:
                    raise self.fail(node, "write it as: def reward(state, action):")
            elif isinstance(node, ast.Assign):
                name, value = assignment(node)
                if name is None or value is None:
                    raise self.fail(node, _ONLY_LITERALS)
                self._literal(name, value, constants(self._tree.body, node))
            elif not (
                isinstance(node, ast.Pass)
                or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            ):
                raise self.fail(node, _FORBIDDEN.get(type(node), _ONLY_LITERALS))
        if rewards != 1:
            raise RewardError(
                "a reward needs exactly one function: def reward(state, action):",
                code="reward_missing_function",
            )

    def _annotations(self, node: ast.AST) -> None:
        for annotation in annotations_of(node):
            if not names_types(annotation):
                raise self.fail(annotation, "an annotation may only name types")

    def _literal(self, name: str, value: ast.expr, known: Mapping[str, object]) -> object:
        try:
            return literal(value, known)
        except NoLiteralError:
            message = f"{name} must be a literal, with arithmetic of numbers at most"
            raise self.fail(value, message) from None

    def _collect(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if node.id == THROWAWAY:
                return
            if node.id in self._namespaces or node.id in words.BUILTINS:
                raise self.fail(node, f"'{node.id}' may not be replaced")
            self._names.add(node.id)
        elif isinstance(node, ast.arg):
            if node.arg in words.NAMESPACES:
                raise self.fail(node, f"'{node.arg}' may not be replaced")
            if node.arg != THROWAWAY:
                self._names.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            if node.decorator_list:
                raise self.fail(node, "decorators are not allowed")
            if node.name in self._namespaces or node.name in words.BUILTINS:
                raise self.fail(node, f"'{node.name}' may not be replaced")
            self._names.add(node.name)

    def _node(self, node: ast.AST) -> None:
        if not isinstance(node, _NODES):
            kind = type(node)
            raise self.fail(node, _FORBIDDEN.get(kind, f"{kind.__name__} is not allowed here"))
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, _CONSTANTS):
                raise self.fail(node, f"{type(node.value).__name__} literals are not allowed")
        elif isinstance(node, ast.FormattedValue):
            if node.format_spec is not None or node.conversion != -1:
                raise self.fail(node, "only plain {name} is allowed in an f-string")
        elif isinstance(node, ast.Name):
            self._name(node)
        elif isinstance(node, ast.Attribute):
            self._attribute(node)

    def _name(self, node: ast.Name) -> None:
        if node.id == THROWAWAY:
            if isinstance(node.ctx, ast.Load):
                raise self.fail(node, "'_' is for what is thrown away: give it a name to use it")
            return
        if node.id.startswith("_"):
            raise self.fail(node, "names may not begin with an underscore")
        if isinstance(node.ctx, ast.Load) and node.id not in self._names:
            hint = did_you_mean(node.id, self._names)
            raise self.fail(node, f"unknown name '{node.id}': {hint}", code="reward_unknown_name")

    def _attribute(self, node: ast.Attribute) -> None:
        if node.attr.startswith("_"):
            raise self.fail(node, "attributes may not begin with an underscore")
        if isinstance(node.ctx, ast.Store | ast.Del):
            raise self.fail(node, "attributes may not be assigned: a reward is pure")
        owner = node.value.id if isinstance(node.value, ast.Name) else None
        known = self._namespaces.get(owner, self._attributes) if owner else self._attributes
        if node.attr not in known:
            label = f"{owner}.{node.attr}" if owner in self._namespaces else node.attr
            hint = did_you_mean(node.attr, known)
            of = f" for a {self._kind} robot" if self._kind and owner == "state" else ""
            message = f"'{label}' is not part of the contract{of}: {hint}"
            raise self.fail(node, message, code="reward_unknown_name")

    def weights(self) -> dict[str, float] | None:
        found = self._given("WEIGHTS")
        return None if found is None else self._weights(*found)

    def clip_total(self) -> bool:
        found = self._given("CLIP_TOTAL")
        if found is None:
            return False
        node, value = found
        if not isinstance(value, bool):
            raise self.fail(node, "CLIP_TOTAL is True or False")
        return value

    def _given(self, name: str) -> tuple[ast.stmt, object] | None:
        """The statement that gives `name` a value, and that value; None if there is none."""
        found = [node for node in self._tree.body if _assigns(node, name)]
        if len(found) > 1:
            raise self.fail(found[1], f"{name} may be given once only")
        if not found:
            return None
        node, (target, value) = found[0], assignment(found[0])
        if target != name or value is None:
            raise self.fail(node, f"{name} must be a literal")
        return node, self._literal(name, value, constants(self._tree.body, node))

    def _weights(self, node: ast.stmt, value: object) -> dict[str, float]:
        if not isinstance(value, dict):
            raise self.fail(node, 'WEIGHTS must be a dict such as {"forward": 1.0}')
        if not 1 <= len(value) <= words.MAX_TERMS:
            raise self.fail(node, f"a reward has 1 to {words.MAX_TERMS} terms, not {len(value)}")
        for name, weight in value.items():
            if not (isinstance(name, str) and TERM_NAME.match(name)):
                raise self.fail(node, f"{name!r} is no term name: letters, digits, _ (at most 32)")
            if not isinstance(weight, int | float) or isinstance(weight, bool):
                raise self.fail(node, f"the weight of '{name}' must be a number")
            if not abs(weight) <= 1e6:  # which is false for NaN, and knows integers of any size
                raise self.fail(node, f"the weight of '{name}' must be finite and at most 1e6")
        return {name: float(weight) for name, weight in value.items()}


def _assigns(node: ast.stmt, name: str) -> bool:
    """Whether a statement of the module gives `name` a value in whatever way."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name == name
    return any(
        isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store)
        for inner in ast.walk(node)
    )
