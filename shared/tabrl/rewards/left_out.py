"""What harmless Python says beside what it does: left out before anything runs.

Annotations may name types, and imports what is there anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_NODES = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp),
    *(ast.BitOr, ast.expr_context),
)
_STATEMENTS = ("body", "orelse")  # where a statement holds others
_MODULES = {("jax", "jax"), ("jax.numpy", "jnp"), ("jax.lax", "lax")}  # and their names
_OF_JAX = {("numpy", "jnp"), ("lax", "lax")}
_OF_TYPES = ("typing", "__future__")  # whose names only annotations have


def annotations_of(node: ast.AST) -> Iterator[ast.expr]:
    """The annotations of a function, an argument or a variable; none of anything else."""
    given = (getattr(node, name, None) for name in ("annotation", "returns"))
    yield from (annotation for annotation in given if isinstance(annotation, ast.expr))


def names_types(annotation: ast.expr) -> bool:
    """Whether an annotation is one: names of types, parts of them, and nothing that does
    anything."""
    return all(_harmless(node) for node in ast.walk(annotation))


def leave_out(tree: ast.Module) -> None:
    """Take all annotations and imports of what is there out of a tree, in place.

    `name: type` alone becomes `pass`, and so does such an import.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        for name in _STATEMENTS:
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                setattr(node, name, [_plain(statement) for statement in statements])


def _harmless(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return not node.id.startswith("_")
    if isinstance(node, ast.Attribute):
        return not node.attr.startswith("_")
    return isinstance(node, _NODES)


def _plain(statement: ast.stmt) -> ast.stmt:
    plain: ast.stmt = ast.Pass()
    if isinstance(statement, ast.AnnAssign):
        if statement.value is not None:
            plain = ast.Assign(targets=[statement.target], value=statement.value)
    elif not _is_there(statement):
        return statement
    return ast.copy_location(plain, statement)


def _is_there(statement: ast.stmt) -> bool:
    """Whether a statement imports only what a reward finds under the same names without it."""
    if isinstance(statement, ast.Import):
        given = {(one.name, one.asname or one.name) for one in statement.names}
        return given <= _MODULES
    if not isinstance(statement, ast.ImportFrom) or statement.level:
        return False
    given = {(one.name, one.asname or one.name) for one in statement.names}
    return statement.module in _OF_TYPES or (statement.module == "jax" and given <= _OF_JAX)
