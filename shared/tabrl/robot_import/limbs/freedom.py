"""What of its tool an arm can move at will, from where its joints are and how their axes lie."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from tabrl.control import rotation
from tabrl.embodiments.arm import elbow
from tabrl.embodiments.arm.names import ELBOW, MIN_JOINTS, PLACE, POINTING
from tabrl.robot_import.limbs.found import unit
from tabrl.robot_import.model.home import Home
from tabrl.robot_import.model.source import Doubles, Source

_AZIMUTH, _ELEVATION, _ROLL = POINTING
# Of channels that go together by the joints' axes the first are kept.
_IN_ORDER = (*PLACE, _ELEVATION, _AZIMUTH, _ROLL)
_TRIED, _AWAY = 32, 0.5  # poses about home, and how far from it joints are, rad: home is special
_STEEP = 0.2  # of a tool's axis, level: of one that is steeper an azimuth says nothing
_LEAST = 0.02  # reaches, or radians, that a channel moves by itself for a radian of the joints
_ALIKE = 1.0 - 1e-4  # cosine between parallel axes
_LEVEL = 0.1  # sine of an axis that is about level


def lacking(
    source: Source, home: Home, joints: Sequence[int], body: int, point: Doubles, turn: Doubles,
    reach: float,
) -> tuple[str, ...]:  # fmt: skip
    """Channels and settings of the kind that an arm has not.

    A channel is there if it can be moved while those before it are held. As many joints as there
    are channels are needed for that, and axes that lie in different ways.

    Args:
        source: the model.
        home: its pose.
        joints: of the arm, from the base on.
        body: that carries the tool.
        point: the tool's place at home, in the world, m.
        turn: how it is turned there, wxyz; its z axis is what points.
        reach: of the arm, m.
    """
    at_home = source.posed(home.qpos)
    poses = _rates(source, home, joints, body, point, turn, reach)
    kept: list[int] = []
    for name in _IN_ORDER:
        channel = (*PLACE, *POINTING).index(name)
        if any(_least(rates[[*kept, channel]]) > _LEAST for rates in poses):
            kept.append(channel)
    missing = [name for c, name in enumerate((*PLACE, *POINTING)) if c not in kept]
    bends = len(joints) < MIN_JOINTS or _has_elbow(at_home, joints)
    return tuple(missing) if bends else (*missing, ELBOW)


def _has_elbow(at_home: mujoco.MjData, joints: Sequence[int]) -> bool:
    """Whether shoulder, elbow and wrist turn about parallel level axes, as the kind's elbow does:
    only then it can change sides without moving the tool."""
    axes = at_home.xaxis[[joints[elbow.SHOULDER], joints[elbow.ELBOW], joints[elbow.WRIST]]]
    alike = np.abs(axes @ axes[1])
    return bool((alike > _ALIKE).all() and abs(axes[1][2]) < _LEVEL)


def _rates(
    source: Source, home: Home, joints: Sequence[int], body: int, point: Doubles, turn: Doubles,
    reach: float,
) -> list[Doubles]:  # fmt: skip
    """How fast each channel moves for each joint, `[6, nj]`, in poses about home."""
    at_home = source.posed(home.qpos)
    local = rotation.rotate_inverse(at_home.xquat[body], point - at_home.xpos[body])
    pointing = rotation.rotate_inverse(
        at_home.xquat[body], rotation.rotate(turn, np.array([0.0, 0.0, 1.0]))
    )
    away = (point - at_home.xanchor[joints[0]]) * (1.0, 1.0, 0.0)
    ahead = unit(away) if np.linalg.norm(away) > _LEAST * reach else np.array([1.0, 0.0, 0.0])
    up = np.array([0.0, 0.0, 1.0])
    frame = np.stack([ahead, np.cross(up, ahead), up])
    rng, found = np.random.default_rng(0), []
    for _ in range(_TRIED):
        qpos = home.qpos.copy()
        qpos[[source.address(joint) for joint in joints]] += rng.uniform(-_AWAY, _AWAY, len(joints))
        data = source.posed(qpos)
        tool = data.xpos[body] + rotation.rotate(data.xquat[body], local)
        axis = rotation.rotate(data.xquat[body], pointing)
        turns = data.xaxis[list(joints)]
        moves = np.cross(turns, tool - data.xanchor[list(joints)])
        pointed = np.zeros((len(POINTING), len(joints)))
        if np.hypot(axis[0], axis[1]) < _STEEP:
            pointed[POINTING.index(_ROLL)] = turns @ axis
        else:
            about = np.stack([up, unit(np.cross(axis, up)), axis])  # in the order of `POINTING`
            pointed = np.linalg.solve(about.T, turns.T)
        found.append(np.vstack([frame @ moves.T / reach, pointed]))
    return found


def _least(rates: Doubles) -> float:
    """The least that the channels of some rows can be moved by themselves."""
    count, joints = rates.shape
    return float(np.linalg.svd(rates, compute_uv=False)[-1]) if count <= joints else 0.0
