"""A motion as it would be elsewhere on the floor, looking another way."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout
from tabrl.embodiments.legged.path import turn

_PLACES = ("base_position", "foot_position", "body_position")  # in the world
_ARROWS = ("foot_velocity", "foot_force")  # likewise
_UP = np.array([0.0, 0.0, 1.0], np.float32)


def transported(
    rollout: Rollout,
    turned: Float[np.ndarray, "T B"],
    pivot: Float[np.ndarray, "T B 2"],
    place: Float[np.ndarray, "T B 2"],
) -> Rollout:
    """The motion turned left by `turned` rad about `pivot`, which is then put to `place`, m.

    Where the robot was reset (`initial_position`) stays as it is.
    """
    fields = dict(rollout.fields)
    for name in _PLACES:
        found = fields[name]
        angle, about, to = (_spread(one, found.ndim) for one in (turned, pivot, place))
        fields[name] = _floor(found, turn(angle[..., 0], found[..., :2] - about) + to)
    for name in _ARROWS:
        found = fields[name]
        angle = _spread(turned, found.ndim)[..., 0]
        fields[name] = _floor(found, turn(angle, found[..., :2]))
    attitude = rotation.multiply(rotation.about(_UP, turned), fields["base_quaternion"])
    fields["base_quaternion"] = attitude.astype(np.float32)
    fields["heading"] = (fields["heading"] + turned).astype(np.float32)
    return Rollout(fields)


def _spread(one: Floats, dimensions: int) -> Floats:
    """`[T, B]` or `[T, B, 2]` beside `[T, B, …, 3]`."""
    row = one[..., None] if one.ndim == 2 else one
    middle = (1,) * (dimensions - row.ndim)
    return row.reshape(*row.shape[:2], *middle, row.shape[-1])


def _floor(vector: Floats, along: Floats) -> Floats:
    """The vector with another part along the floor."""
    return np.concatenate([along, vector[..., 2:]], axis=-1).astype(np.float32)
