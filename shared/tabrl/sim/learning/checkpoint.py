"""Training states as safetensors: every leaf under its path, restored into a template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

import jax
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tabrl.domain.errors import Invalid

Tree = TypeVar("Tree")


def dump_tree(tree: object, metadata: Mapping[str, str] | None = None) -> bytes:
    """A file of all leaves by path, exactly.

    Args:
        tree: of arrays and numbers.
        metadata: to be noted beside them.
    """
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    arrays = {
        jax.tree_util.keystr(path): np.array(jax.numpy.asarray(leaf), order="C")
        for path, leaf in leaves
    }
    return save(arrays, dict(metadata or {}))


def read_metadata(data: bytes) -> dict[str, str]:
    """What `dump_tree` was told to note. Raises `Invalid` (`bad_checkpoint`)."""
    size = int.from_bytes(data[:8], "little")
    try:
        noted: dict[str, str] = json.loads(data[8 : 8 + size])["__metadata__"]
    except (ValueError, KeyError) as error:
        raise Invalid("this is not a readable checkpoint", code="bad_checkpoint") from error
    return noted


def load_tree(data: bytes, template: Tree) -> Tree:
    """The tree of a file.

    Args:
        data: what `dump_tree` made.
        template: a tree of the same structure, shapes and types.

    Raises:
        Invalid: `bad_checkpoint`, on any difference.
    """
    try:
        arrays = load(data)
    except SafetensorError as error:
        raise Invalid("this is not a readable checkpoint", code="bad_checkpoint") from error
    leaves, structure = jax.tree_util.tree_flatten_with_path(template)
    restored = []
    for path, leaf in leaves:
        name, like = jax.tree_util.keystr(path), jax.numpy.asarray(leaf)
        array = arrays.get(name)
        if array is None or array.shape != like.shape or array.dtype != like.dtype:
            raise Invalid(f"the checkpoint does not fit at {name}", code="bad_checkpoint")
        restored.append(jax.numpy.asarray(array))
    if len(arrays) != len(leaves):
        raise Invalid("the checkpoint holds more than its template", code="bad_checkpoint")
    tree: Tree = jax.tree_util.tree_unflatten(structure, restored)
    return tree
