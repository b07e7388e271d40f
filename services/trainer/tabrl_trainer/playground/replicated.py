"""What brax 0.14.2, the newest there is, calls in JAX, and JAX 0.10 has no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

_NAME = "device_put_replicated"


@contextmanager
def as_brax_expects() -> Iterator[None]:
    """JAX with the function that brax calls, for as long as it is called."""
    if _NAME in vars(jax):
        yield
        return
    setattr(jax, _NAME, _replicated)
    try:
        yield
    finally:
        delattr(jax, _NAME)


def _replicated(tree: Any, devices: list[Any]) -> Any:
    """A copy of every array for each device, along a new first axis, which `pmap` shares out."""
    return jax.tree.map(lambda leaf: jnp.stack([leaf] * len(devices)), tree)
