"""On which side of an arm its elbow is, and how it gets to the other one.

Damped least squares never bend an elbow through: on its way the tool would leave the place where it
is to be. Where upper arm and forearm turn about parallel axes the other side is known in closed
form: both are mirrored about the line from the shoulder to the wrist, and the wrist turns back.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Xp
from tabrl.control.rotation import cross
from tabrl.embodiments.arm.chain import Chain

SHOULDER, ELBOW, WRIST = 1, 2, 3  # of a limb's joints; the first turns the whole arm
BENT_RAD = 1.0


def height(
    shoulder: Float[Array, "*B 3"], elbow: Float[Array, "*B 3"], wrist: Float[Array, "*B 3"]
) -> Float[Array, "*B"]:
    """How far an elbow is above the line from the shoulder to the wrist, m.

    Zero where the arm is straight, however it is tilted.
    """
    line, upper = wrist - shoulder, elbow - shoulder
    share = (upper * line).sum(-1) / ((line * line).sum(-1) + 1e-9)
    return upper[..., 2] - share * line[..., 2]


def joints_of(frames: Float[Array, "*B nl 4 4"]) -> tuple[Array, Array, Array]:
    """World positions `[*B, 3]` of shoulder, elbow and wrist, from a chain's frames."""
    shoulder, elbow, wrist = (frames[..., joint + 1, :3, 3] for joint in (SHOULDER, ELBOW, WRIST))
    return shoulder, elbow, wrist


def to_other_side(
    chain: Chain, frames: Float[Array, "*B nl 4 4"], xp: Xp = np
) -> Float[Array, "*B nj"]:
    """Turns of the joints, rad as in qpos, that put the elbow on the other side of the arm.

    Exact for joints at shoulder, elbow and wrist with parallel axes: the tool's pose is as before.
    An elbow bent by less than `BENT_RAD` is led so far beyond the straight arm: the mirror image of
    an arm that is almost straight would hold it there.
    """
    shoulder, elbow, wrist = joints_of(frames)
    axes = (frames[..., 1:, :3, :3] * chain.axes[:, None, :]).sum(-1)
    about = axes[..., ELBOW, :]
    bent = _angle(elbow - shoulder, wrist - elbow, about, xp)
    aside = _angle(elbow - shoulder, wrist - shoulder, about, xp)
    straight = xp.abs(bent) < 1e-3
    share = xp.where(straight, 0.5, aside / xp.where(straight, 1.0, bent))
    beyond = xp.where(bent < 0.0, -1.0, 1.0) * xp.maximum(xp.abs(bent), BENT_RAD)
    upper, lower = aside + share * beyond, -bent - beyond
    turns = {SHOULDER: upper, ELBOW: lower, WRIST: -upper - lower}
    still = xp.zeros_like(bent)
    way = [
        turns[joint] * xp.sign((axes[..., joint, :] * about).sum(-1)) if joint in turns else still
        for joint in range(len(chain.columns))
    ]
    return xp.stack(way, axis=-1)[..., np.argsort(chain.columns)]


def _angle(first: Array, second: Array, about: Array, xp: Xp) -> Array:
    """From one vector to another as seen along an axis, rad."""
    across = (cross(first, second, xp) * about).sum(-1)
    along = (first * second).sum(-1) - (first * about).sum(-1) * (second * about).sum(-1)
    return xp.arctan2(across, along)
