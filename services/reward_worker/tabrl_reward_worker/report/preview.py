"""The motion to show of a candidate: recorded clips, one after the other where there are phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.kinematics import FREE, PLANE
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.report import MotionPreview
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.motion_library import MotionLibrary

Floats = NDArray[np.float64]


def preview_of(clips: Sequence[str], score: float, bank: MotionLibrary) -> MotionPreview:
    """The clips played in order; a robot that moves goes on where the clip before ended."""
    played = _each_once(clips)
    root = embodiment_of(get_robot(bank.robot)).skeleton.root
    going_on = {FREE: _continued, PLANE: _continued_in_plane}.get(root)
    parts = [bank.qpos[:, bank.clips.index(clip)].astype(np.float64) for clip in played]
    motion = parts[0]
    for part in parts[1:]:
        motion = np.concatenate([motion, going_on(motion[-1], part) if going_on else part])
    return MotionPreview(
        clip=", then ".join(played),
        score=score,
        hz=round(1.0 / CONTROL_DT, 3),
        qpos=np.round(motion, 4).tolist(),
    )


def _each_once(clips: Sequence[str]) -> list[str]:
    """The clips without repetitions next to each other."""
    return [clip for n, clip in enumerate(clips) if n == 0 or clips[n - 1] != clip]


def _continued(last: Floats, part: Floats) -> Floats:
    """A motion `[T, nq]` moved over the floor and turned so that it begins where `last` was."""
    moved = part.copy()
    turn = float(rotation.yaw(last[3:7]) - rotation.yaw(part[0, 3:7]))
    cos, sin = np.cos(turn), np.sin(turn)
    way = part[:, :2] - part[0, :2]
    moved[:, 0] = last[0] + cos * way[:, 0] - sin * way[:, 1]
    moved[:, 1] = last[1] + sin * way[:, 0] + cos * way[:, 1]
    c, s = np.cos(turn / 2.0), np.sin(turn / 2.0)  # quaternion (c, 0, 0, s) times the part's own
    w, x, y, z = part[:, 3:7].T
    moved[:, 3:7] = np.stack([c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w], axis=-1)
    return moved


def _continued_in_plane(last: Floats, part: Floats) -> Floats:
    """A motion `[T, nq]` moved ahead or back so that it begins where `last` was."""
    moved = part.copy()
    moved[:, 0] += last[0] - part[0, 0]
    return moved
