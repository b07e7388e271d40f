"""The pose in which the robot begins: a keyframe, set down on the floor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np

from tabrl.control import rotation
from tabrl.robot_import.model.extent import lowest, solid
from tabrl.robot_import.model.source import Doubles, Source, is_hinge
from tabrl.robot_import.refusal import refusal

HOME = "home"
NEAR_FLOOR = 0.005  # m
_TOLERANCE = 1e-3  # rad or m, of keyframes with few decimals
_TURNING = (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE)  # by one number
_UPRIGHT = 0.9  # of the up direction in the root's frame


@dataclass(frozen=True, eq=False)
class Home:
    """The pose `qpos [nq]` of the model, and what to know of it."""

    qpos: Doubles
    keyframe: str | None
    notes: tuple[str, ...] = ()


def home_of(source: Source, keyframe: str | None = None) -> Home:
    """The keyframe of this name, else `home`, else the first one, else the initial pose.

    A floating robot faces along x at the origin and stands on the floor. Raises `Invalid`.
    """
    model, notes = source.model, []
    name, qpos = _chosen(model, keyframe)
    if name is None:
        notes.append(
            'there is no keyframe: the initial pose is home; <key name="home"> says another'
        )
    elif name != HOME:
        notes.append(f"the keyframe {name} is taken as home")
    if not np.isfinite(qpos).all():
        raise refusal("at home something is no number: correct the qpos of the keyframe home")
    qpos = _within_ranges(source, qpos, name)
    if source.floating:
        qpos, moved = set_down(source, qpos)
    elif source.plane is not None:
        qpos, moved = _set_down_in_plane(source, qpos)
    else:
        moved = 0.0
    if abs(moved) > NEAR_FLOOR:
        way = "lowered" if moved < 0.0 else "raised"
        notes.append(f"home is {way} by {1000 * abs(moved):.0f} mm to stand on the floor")
    return Home(qpos, name, tuple(notes))


def set_down(source: Source, qpos: Doubles) -> tuple[Doubles, float]:
    """A floating robot at the origin, heading along x, its lowest point on the floor.

    Returns the pose, and by how much it was raised, m. Raises `Invalid` if it does not stand
    upright.
    """
    qpos = qpos.copy()
    turn = qpos[3:7] / np.linalg.norm(qpos[3:7])
    heading = float(rotation.yaw(turn))
    away = np.array([math.cos(heading / 2), 0.0, 0.0, -math.sin(heading / 2)])
    qpos[0:2], qpos[3:7] = 0.0, rotation.multiply(away, turn)
    up = rotation.up_in_body(qpos[3:7])
    if up[2] < _UPRIGHT:
        raise refusal(
            "at home the root body is not upright: give it a frame with x ahead, y left and z up, "
            "and a keyframe in which it stands"
        )
    raised = _off_the_floor(source, source.posed(qpos))
    qpos[2] += raised
    return qpos, raised


def _set_down_in_plane(source: Source, qpos: Doubles) -> tuple[Doubles, float]:
    """The same of a robot that moves in a plane; its tilt stays."""
    qpos, plane = qpos.copy(), source.plane
    assert plane is not None
    qpos[source.address(plane.ahead)] -= source.posed(qpos).xpos[source.root][0]
    raised = _off_the_floor(source, source.posed(qpos))
    qpos[source.address(plane.up)] += raised
    return qpos, raised


def _off_the_floor(source: Source, data: mujoco.MjData) -> float:
    """By how much a pose must be raised to stand on the floor. Raises `Invalid`."""
    geoms = solid(source)
    if not geoms:
        raise refusal("the robot has no shape that could stand: give its feet geoms")
    return -min(lowest(source.model, data, geom) for geom in geoms)


def _chosen(model: mujoco.MjModel, wanted: str | None) -> tuple[str | None, Doubles]:
    names = [model.key(i).name or f"number {i + 1}" for i in range(model.nkey)]
    if wanted is not None and wanted not in names:
        known = ", ".join(names) or "it has none"
        raise refusal(f"there is no keyframe {wanted}: name another with --home ({known})")
    for name in (wanted, HOME, *names[:1]):
        if name in names:
            return name, model.key_qpos[names.index(name)].astype(np.float64)
    return None, model.qpos0.astype(np.float64)


def _within_ranges(source: Source, qpos: Doubles, keyframe: str | None) -> Doubles:
    """The pose with every joint within its range; a keyframe must say one."""
    qpos = qpos.copy()
    for joint in source.joints:
        if not source.model.jnt_limited[joint] or int(source.model.jnt_type[joint]) not in _TURNING:
            continue
        low, high = source.model.jnt_range[joint]
        angle = qpos[source.address(joint)]
        unit = "rad" if is_hinge(source.model, joint) else "m"
        if keyframe is not None and not low - _TOLERANCE <= angle <= high + _TOLERANCE:
            raise refusal(
                f"in the keyframe {keyframe} the joint {source.name(joint)} is at {angle:.3g} "
                f"{unit}, outside of its range of {low:.3g} to {high:.3g}: correct one of them"
            )
        qpos[source.address(joint)] = min(max(angle, low), high)
    return qpos
