"""How far line segments are apart (Ericson, Real-Time Collision Detection, 2005, section 5.1.9)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Xp

_SHORT = 1e-9  # m², of a segment that is a point


Ends = tuple[Float[Array, "... 3"], Float[Array, "... 3"]]


def between_segments(one: Ends, other: Ends, xp: Xp = np) -> Float[Array, ...]:
    """The distance of two segments, m."""
    first, second, apart = one[1] - one[0], other[1] - other[0], one[0] - other[0]
    a, e = xp.maximum(_dot(first, first), _SHORT), xp.maximum(_dot(second, second), _SHORT)
    b, c, f = _dot(first, second), _dot(first, apart), _dot(second, apart)
    parallel = a * e - b * b
    free = xp.clip((b * f - c * e) / xp.maximum(parallel, _SHORT**2), 0.0, 1.0)
    s = xp.where(parallel > _SHORT**2, free, 0.0)
    t = (b * s + f) / e
    # Beyond an end of the other segment, the place nearest to that end counts.
    s = xp.where(t < 0.0, xp.clip(-c / a, 0.0, 1.0), s)
    s = xp.where(t > 1.0, xp.clip((b - c) / a, 0.0, 1.0), s)
    t = xp.clip(t, 0.0, 1.0)
    gap = apart + s[..., None] * first - t[..., None] * second
    return xp.sqrt(_dot(gap, gap))


def _dot(left: Array, right: Array) -> Array:
    return (left * right).sum(-1)
