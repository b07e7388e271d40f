"""Which way the joints of a leg turn, against the kind's convention.

The kind's leg: positive hip swings the foot to the left, positive thigh swings it back, positive
knee stretches the leg, which folds with its knee behind.
"""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from tabrl.robot_import.limbs.found import unit
from tabrl.robot_import.model.source import Doubles, Source

_STRAIGHT = 0.05  # of the leg's length a rad of the knee; below, the range says which way it folds
_PITCH = np.array([0.0, 1.0, 0.0])


def leg_signs(
    source: Source, data: mujoco.MjData, joints: Sequence[int], foot: Doubles
) -> tuple[float, ...]:
    """1 for each joint that turns as the kind's does, else -1.

    Args:
        source: the model.
        data: at home, with the trunk facing along x.
        joints: of the leg, from the trunk on.
        foot: where it stands in the world, m.
    """
    moves = {joint: _moves(data, joint, foot) for joint in joints}
    pitching = [j for j in joints if np.argmax(np.abs(data.xaxis[j])) == 1]
    thigh, knee = thigh_and_knee(data, pitching, foot)
    signs = dict.fromkeys(joints, 1.0)
    for joint in joints:
        axis = data.xaxis[joint]
        if joint not in pitching:
            signs[joint] = _sign(moves[joint][1] if abs(axis[0]) > abs(axis[2]) else axis[2])
        else:
            signs[joint] = _sign(axis[1])
    if thigh is None or knee is None:
        return tuple(signs.values())
    signs[knee] = _stretching(source, data, thigh, knee, foot)
    along = unit(foot - data.xanchor[thigh])
    aside = moves[knee] - along * (moves[knee] @ along)
    forward = float(moves[thigh] @ aside) * signs[knee]
    if abs(forward) > 1e-9:
        signs[thigh] = _sign(forward)
    return tuple(signs.values())


def thigh_and_knee(
    data: mujoco.MjData, pitching: Sequence[int], foot: Doubles
) -> tuple[int | None, int | None]:
    """Of the joints that turn in the leg's plane, the first and that which folds it most."""
    if not pitching:
        return None, None
    thigh, *others = pitching
    if not others:
        return thigh, None
    along = unit(foot - data.xanchor[thigh])
    folds = [abs(float(_moves(data, joint, foot) @ along)) for joint in others]
    far = [float(np.linalg.norm(foot - data.xanchor[joint])) for joint in others]
    # Of a straight leg none folds; then it is the one with most of the leg below it.
    return thigh, others[int(np.argmax(folds))] if max(folds) > 1e-6 else others[np.argmax(far)]


def _moves(data: mujoco.MjData, joint: int, foot: Doubles) -> Doubles:
    """How the foot moves with a joint, m/rad."""
    return np.cross(data.xaxis[joint], foot - data.xanchor[joint])


def _stretching(source: Source, data: mujoco.MjData, thigh: int, knee: int, foot: Doubles) -> float:
    """The sign of angles that stretch the leg; of a straight leg, the way it can fold farther."""
    way = foot - data.xanchor[thigh]
    length = float(np.linalg.norm(way))
    stretch = float(_moves(data, knee, foot) @ unit(way))
    if abs(stretch) > _STRAIGHT * length:
        return _sign(stretch)
    low, high = source.model.jnt_range[knee] - data.qpos[source.address(knee)]
    if source.model.jnt_limited[knee] and abs(high + low) > 0.1 * (high - low):
        return -_sign(low + high)
    return _sign(float(data.xaxis[knee] @ _PITCH))


def _sign(value: float) -> float:
    return -1.0 if value < 0.0 else 1.0
