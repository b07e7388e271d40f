"""A pose to stand in, for models that have none: straight legs are bent a little.

A robot on straight legs cannot rise, and which way its knees fold is anybody's guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import mujoco
import numpy as np

from tabrl.robot_import.limbs.folding import thigh_and_knee
from tabrl.robot_import.limbs.found import FoundLimb, Survey
from tabrl.robot_import.model.home import Home, set_down
from tabrl.robot_import.model.source import Doubles, Source

_STRAIGHT, _BENT = 0.93, 0.85  # of a leg's length: what is straight, and how long it is then
_START = 0.8  # rad by which the knee is bent before the rest is solved
_STEPS, _LARGEST_STEP = 60, 0.2  # rad
_CLOSE = 0.005  # m
_PLANE = [0, 2]  # ahead and up
_MOST_JOINTS = 3  # longer legs have ankles, which would have to follow


def bend_legs(source: Source, home: Home, survey: Survey) -> Home:
    """The home pose with bent legs, feet below the thighs' joints; as it was if that fails.

    Args:
        source: the model.
        home: an initial pose in which it stands.
        survey: its legs there, with the signs that say which way they fold.
    """
    qpos, data = home.qpos.copy(), source.posed(home.qpos)
    tasks = []
    for limb in survey.limbs:
        pitching = [j for j in limb.joints if np.argmax(np.abs(data.xaxis[j])) == 1]
        thigh, knee = thigh_and_knee(data, pitching, limb.point)
        if thigh is None or knee is None or len(limb.joints) > _MOST_JOINTS:
            return home
        top, middle = data.xanchor[thigh], data.xanchor[knee]
        length = _in_plane(middle - top) + _in_plane(limb.point - middle)
        if _in_plane(limb.point - top) < _STRAIGHT * length:
            return home
        signs = dict(zip(limb.joints, limb.signs, strict=True))
        qpos[source.address(knee)] -= _START * signs[knee]
        qpos[source.address(thigh)] += 0.5 * _START * signs[thigh]
        below = top - np.array([0.0, 0.0, _BENT * length])
        foot = data.xmat[limb.body].reshape(3, 3).T @ (limb.point - data.xpos[limb.body])
        tasks.append((limb, thigh, knee, foot, below))
    if not all(_solve(source, qpos, *task) for task in tasks):
        return home
    bent, _ = set_down(source, qpos)
    note = (
        f"there is no keyframe: the initial pose, its legs bent to {100 * _BENT:.0f} % of their "
        'length, is home; <key name="home"> says another'
    )
    return replace(home, qpos=bent, notes=(note,))


def _solve(
    source: Source,
    qpos: Doubles,
    limb: FoundLimb,
    thigh: int,
    knee: int,
    foot: Doubles,
    target: Doubles,
) -> bool:
    """Turn thigh and knee in `qpos` until a foot, given in its body's frame, is at a height and
    as far ahead as it shall be."""
    data, error = mujoco.MjData(source.model), np.full(2, np.inf)
    for _ in range(_STEPS):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(source.model, data)
        now = data.xpos[limb.body] + data.xmat[limb.body].reshape(3, 3) @ foot
        error = (target - now)[_PLANE]
        columns = [np.cross(data.xaxis[j], now - data.xanchor[j])[_PLANE] for j in (thigh, knee)]
        step = np.linalg.lstsq(np.column_stack(columns), error, rcond=None)[0]
        for joint, turn in zip((thigh, knee), step, strict=True):
            qpos[source.address(joint)] += np.clip(turn, -_LARGEST_STEP, _LARGEST_STEP)
    return bool(np.linalg.norm(error) < _CLOSE) and _within(source, qpos, (thigh, knee))


def _within(source: Source, qpos: Doubles, joints: Sequence[int]) -> bool:
    for joint in joints:
        low, high = source.model.jnt_range[joint]
        if source.model.jnt_limited[joint] and not low <= qpos[source.address(joint)] <= high:
            return False
    return True


def _in_plane(vector: Doubles) -> float:
    """Its length as seen from the side."""
    return float(np.linalg.norm(vector[_PLANE]))
