"""Functions of `jnp` that a reward gets from us: JAX's own loop, or know no bounds."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Float

from tabrl.rewards.limits import MAX_WORK
from tabrl.rewards.vocabulary import MAX_OPERANDS, MAX_SUBSCRIPTS


def interp(
    x: Float[ArrayLike, ...],
    xp: Float[ArrayLike, " n"],
    fp: Float[ArrayLike, " n"],
    left: float | None = None,
    right: float | None = None,
) -> Float[jax.Array, ...]:
    """Linear between points, as `jax.numpy.interp`, without a loop.

    Args:
        x: where.
        xp: the points' places, rising.
        fp: the points' values.
        left: the value before the first point; the first point's own if not given.
        right: the value after the last point; the last point's own if not given.
    """
    place = jnp.asarray(x, jnp.float32)
    places, values = jnp.asarray(xp, jnp.float32), jnp.asarray(fp, jnp.float32)
    if places.ndim != 1 or places.shape != values.shape or not len(places):
        raise ValueError("interp takes as many values as places, one row of each")
    after = jnp.sum(place[..., None] >= places, axis=-1)
    after = jnp.clip(after, min(1, len(places) - 1), len(places) - 1)
    before = jnp.maximum(after - 1, 0)
    width = places[after] - places[before]
    share = jnp.where(width > 0.0, (place - places[before]) / jnp.where(width > 0.0, width, 1.0), 0)
    between = values[before] + share * (values[after] - values[before])
    first, last = values[0] if left is None else left, values[-1] if right is None else right
    return jnp.where(place < places[0], first, jnp.where(place > places[-1], last, between))


def einsum(subscripts: str, *operands: Float[ArrayLike, ...]) -> Float[jax.Array, ...]:
    """A sum of products, as `jax.numpy.einsum`, of few arrays and a bounded number of products.

    Args:
        subscripts: letters, each at most once an array, commas and an arrow; no ellipsis.
        operands: the arrays.
    """
    if not isinstance(subscripts, str) or len(subscripts) > MAX_SUBSCRIPTS:
        raise ValueError(f"einsum takes at most {MAX_SUBSCRIPTS} characters of subscripts first")
    if not 1 <= len(operands) <= MAX_OPERANDS:
        raise ValueError(f"einsum takes 1 to {MAX_OPERANDS} arrays")
    text = subscripts.replace(" ", "")
    given, _, _ = text.partition("->")
    arrays = [jnp.asarray(operand) for operand in operands]
    letters = given.split(",")
    fits = len(letters) == len(arrays) and all(
        len(part) == len(set(part)) == array.ndim and part.isascii() and f"{part}a".isalpha()
        for part, array in zip(letters, arrays, strict=True)
    )
    if not fits:
        raise ValueError("the subscripts of einsum name each axis, every letter once an array")
    sizes = {
        letter: size
        for part, array in zip(letters, arrays, strict=True)
        for letter, size in zip(part, array.shape, strict=True)
    }
    if math.prod(max(size, 1) for size in sizes.values()) > MAX_WORK:
        raise ValueError(f"an einsum of more than {MAX_WORK} products is too large")
    return jnp.einsum(text, *arrays)
