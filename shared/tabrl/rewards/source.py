"""The static check: reads a reward without running it.

An allow-list of syntax, names and attribute names. It makes mistakes readable and mischief
tedious; that the code also runs in a child process without secrets is somebody else's job.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import CodeType

from tabrl.rewards import vocabulary as words
from tabrl.rewards.declared import DECLARED, Declared, literal_at
from tabrl.rewards.errors import RewardError, did_you_mean
from tabrl.rewards.left_out import annotations_of, leave_out, names_types
from tabrl.rewards.literals import assignment, note

FILENAME = "<reward>"  # under which an author's source is compiled
_NODES: tuple[type[ast.AST], ...] = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign),
    *(ast.Expr, ast.For, ast.If, ast.IfExp, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp),
    *(ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict),
    *(ast.Subscript, ast.Slice, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.comprehension),
    *(ast.Lambda, ast.JoinedStr, ast.FormattedValue, ast.Pass, ast.Starred),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop),
)
_NO_IMPORT = "imports are not allowed; jnp, lax, jax.nn and rl are already there"
_FORBIDDEN: dict[type[ast.AST], str] = {
    ast.Import: _NO_IMPORT,
    ast.ImportFrom: _NO_IMPORT,
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

    def line_of(self, fits: Callable[[ast.AST], bool]) -> int | None:
        """The first line within functions that has what fits."""
        functions = (node for node in self.tree.body if isinstance(node, ast.FunctionDef))
        nodes = (node for function in functions for node in ast.walk(function))
        lines = [getattr(node, "lineno", None) for node in nodes if fits(node)]
        return min((line for line in lines if line is not None), default=None)

    @property
    def last_line(self) -> int | None:
        """Where the last statement of the reward begins."""
        functions = (node for node in self.tree.body if isinstance(node, ast.FunctionDef))
        return next((one.body[-1].lineno for one in functions if one.name == "reward"), None)


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
    declared = Declared(source, tree)
    weights = declared.weights()
    return CheckedSource(source, tree, weights or {}, weights is not None, declared.clip_total())


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
        leave_out(self._tree)
        nodes = list(ast.walk(self._tree))
        self._module()
        for node in nodes:
            self._collect(node)
        for node in nodes:
            self._node(node)

    def fail(self, node: ast.AST, message: str, *, code: str = "reward_not_allowed") -> RewardError:
        return RewardError.of(self._source, node, message, code=code)

    def _module(self) -> None:
        rewards, known = 0, dict[str, object]()
        for node in self._tree.body:
            if isinstance(node, ast.FunctionDef):
                self._function(node)
                rewards += node.name == "reward"
            elif isinstance(node, ast.Assign):
                name, value = assignment(node)
                if name is None or value is None:
                    raise self.fail(node, _ONLY_LITERALS)
                literal_at(self._source, name, value, known)
            elif not (
                isinstance(node, ast.Pass)
                or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            ):
                raise self.fail(node, _FORBIDDEN.get(type(node), _ONLY_LITERALS))
            note(node, known)
        if rewards != 1:
            raise RewardError(
                "a reward needs exactly one function: def reward(state, action):",
                code="reward_missing_function",
            )

    def _function(self, function: ast.FunctionDef) -> None:
        named = [argument.arg for argument in function.args.args]
        if function.name == "reward" and named != ["state", "action"]:
            raise self.fail(function, "write it as: def reward(state, action):")
        for node in ast.walk(function):
            name = _stored(node)
            if name in DECLARED:
                raise self.fail(node, f"{name} is given once, outside the functions")

    def _annotations(self, node: ast.AST) -> None:
        for annotation in annotations_of(node):
            if not names_types(annotation):
                raise self.fail(annotation, "an annotation may only name types")

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
                self._public(node, node.arg)
                self._names.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            if node.decorator_list:
                raise self.fail(node, "decorators are not allowed")
            if node.name in self._namespaces or node.name in words.BUILTINS:
                raise self.fail(node, f"'{node.name}' may not be replaced")
            self._public(node, node.name)
            self._names.add(node.name)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            self._public(node, node.arg)

    def _public(self, node: ast.AST, name: str) -> None:
        if name.startswith("_"):
            raise self.fail(node, "names may not begin with an underscore")

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
        self._public(node, node.id)
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


def _stored(node: ast.AST) -> str | None:
    """The name that a piece of code gives another value, whole or in part; None if none."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        return node.value.id if isinstance(node.value, ast.Name) else None
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None
