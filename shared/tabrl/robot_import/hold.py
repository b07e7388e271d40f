"""Does the robot hold its home pose, with which torques, and what does a control step cost?"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np

from tabrl.control import rotation
from tabrl.control.physics import SUBSTEPS
from tabrl.control.rollout import CONTACT_MARGIN, CONTROL_DT
from tabrl.robot_import.model.extent import lowest
from tabrl.robot_import.model.source import Doubles
from tabrl.robot_import.refusal import refusal

SECONDS = 2.0
_STEPS = round(SECONDS / CONTROL_DT)
_SETTLED = _STEPS // 2  # torques count from here on
_MOST_SAG, _ABSURD = 0.35, 2.0 * np.pi  # rad from the target: too far; of a broken simulation
_MOST_SINKING = 0.3  # of the height at home
_SELF_STANDING = 3  # limbs; on fewer, standing is balancing
_IN_TABLE = 0.01  # m that a tool's tip, which may touch the table, may be in it
_TIMED, _ROUNDS = 50, 7
_WARNINGS = (
    mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADQVEL,
    mujoco.mjtWarning.mjWARN_BADQACC,
)  # fmt: skip


@dataclass(frozen=True)
class _Root:
    """A root that moves: its columns in `qpos`, which of them (and of `qvel`) is its height, a
    nudge (m/s, rad/s: upright by luck is not standing), and how far a state is from upright, rad.
    """

    columns: int
    height: int
    nudge: tuple[float, ...]
    tilt: Callable[[Doubles], float]


def _tilt(qpos: Doubles) -> float:
    up = float(np.clip(rotation.up_in_body(qpos[3:7])[2], -1.0, 1.0))
    return float(np.arccos(up))


_FREE = _Root(7, 2, (0.05, 0.03, 0.0, 0.05, 0.05, 0.0), _tilt)
_IN_PLANE = _Root(3, 1, (0.05, 0.0, 0.05), lambda qpos: float(abs(qpos[2])))


@dataclass(frozen=True, eq=False)
class Held:
    """How home was held for `SECONDS` after a nudge: with targets that say no more than home.

    `torque [nu]` is the largest of the second half, N·m; `sag [nu]` how far each joint ended from
    home, rad. Of a floating robot `height` (m) and `tilt` (rad) at the end, and how far it `sank`;
    `balanced`: without being kept from tipping over.
    """

    torque: Doubles
    sag: Doubles
    height: float = 0.0
    sank: float = 0.0
    tilt: float = 0.0
    balanced: bool = True


def hold_home(model: mujoco.MjModel, failed: Callable[[Doubles], bool], limbs: int) -> Held:
    """Let the robot hold its home pose.

    A robot on two legs that tips over is tried again with its trunk kept upright: what its legs
    can carry is then seen, and balancing is left to be learnt.

    Args:
        model: the scene as simulators step it.
        failed: whether the kind calls a state `qpos` failed.
        limbs: how many it has.

    Raises:
        Invalid: it does not hold it; says since when, and which joint gave way.
    """
    try:
        return _hold(model, failed, upright=False)
    except _FallError as error:
        if limbs >= _SELF_STANDING:
            raise refusal(str(error)) from None
    try:
        return _hold(model, failed, upright=True)
    except _FallError as error:
        raise refusal(str(error)) from None


class _FallError(Exception):
    """How a robot fell."""


def _hold(model: mujoco.MjModel, failed: Callable[[Doubles], bool], *, upright: bool) -> Held:
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    home, first = data.ctrl.copy(), data.qpos.copy()
    columns = model.nq - model.nu
    floating = columns > 0
    root = _IN_PLANE if columns == _IN_PLANE.columns else _FREE
    if floating:
        data.qvel[: len(root.nudge)] = root.nudge
    elif min(_heights(model, data).values(), default=0.0) < -_IN_TABLE:
        raise refusal(_touches_table(model, data))
    torque, sag = np.zeros(model.nu), np.zeros(model.nu)
    for step in range(_STEPS):
        _control_step(model, data, first if upright else None, root)
        after = (step + 1) * CONTROL_DT
        sag = data.qpos[-model.nu :] - home
        if not np.abs(sag).max() < _ABSURD or any(data.warning[w].number for w in _WARNINGS):
            raise refusal(_diverges(model, after))
        if failed(data.qpos) and not floating:
            raise refusal(_touches_table(model, data))
        if floating and (failed(data.qpos) or _sunken(data.qpos[root.height], first[root.height])):
            raise _FallError(_falls(model, after, sag, data.actuator_force))
        if step >= _SETTLED:
            torque = np.maximum(torque, np.abs(data.actuator_force))
    if np.abs(sag).max() > _MOST_SAG:
        raise refusal(_sags(model, sag, data.actuator_force))
    if not floating:
        return Held(torque, np.abs(sag))
    height = float(data.qpos[root.height])
    sank, tilt = float(first[root.height]) - height, root.tilt(data.qpos)
    return Held(torque, np.abs(sag), height, sank, tilt, not upright)


def _control_step(
    model: mujoco.MjModel, data: mujoco.MjData, kept: Doubles | None, root: _Root
) -> None:
    """One control step; with the trunk upright over where it was in `kept`, free to sink."""
    places = np.array([i for i in range(root.columns) if i != root.height])
    speeds = np.array([i for i in range(len(root.nudge)) if i != root.height])
    for _ in range(SUBSTEPS):
        mujoco.mj_step(model, data)
        if kept is not None:
            data.qpos[places], data.qvel[speeds] = kept[places], 0.0


def microseconds(model: mujoco.MjModel) -> float:
    """What a control step of one robot takes a core, µs: the quickest of some rounds at home."""
    data = mujoco.MjData(model)
    best = np.inf
    for _ in range(_ROUNDS):
        mujoco.mj_resetDataKeyframe(model, data, 0)
        begun = time.thread_time()
        mujoco.mj_step(model, data, nstep=SUBSTEPS * _TIMED)
        best = min(best, (time.thread_time() - begun) / _TIMED)
    return 1e6 * float(best)


def _sunken(height: float, first: float) -> bool:
    return bool(first - height > _MOST_SINKING * first)


def _falls(model: mujoco.MjModel, after: float, sag: Doubles, torque: Doubles) -> str:
    joint = int(np.abs(sag).argmax())
    return (
        f"the robot does not stand at home, it falls after {after:.1f} s, the joint "
        f"{model.joint(model.njnt - model.nu + joint).name} {abs(sag[joint]):.2f} rad from its "
        f"target at {abs(torque[joint]):.3g} N·m: give the actuators more stiffness or torque, or "
        "choose another home"
    )


def _heights(model: mujoco.MjModel, data: mujoco.MjData) -> dict[int, float]:
    """How high the lowest points of the shapes are that move and touch, m by geom."""
    mujoco.mj_kinematics(model, data)
    return {
        geom: lowest(model, data, geom)
        for geom in range(model.ngeom)
        if model.geom_conaffinity[geom] and model.body_weldid[model.geom_bodyid[geom]]
    }


def _touches_table(model: mujoco.MjModel, data: mujoco.MjData) -> str:
    """Which body of a robot on a fixed base is too low, and by how much."""
    heights = _heights(model, data)
    low = [geom for geom, height in heights.items() if height < CONTACT_MARGIN]
    if not low:
        return "the robot fails at home: choose another home"
    # At the tool one shape may touch, so that others are to blame before it.
    others = [geom for geom in low if model.geom_bodyid[geom] != model.site_bodyid[0]] or low
    worst = min(others, key=heights.__getitem__)
    missing = CONTACT_MARGIN - heights[worst]
    return (
        f"at home the body {model.body(model.geom_bodyid[worst]).name} reaches down to "
        f"{1000 * heights[worst]:.0f} mm and touches the table, which is at 0: raise the arm's "
        f"base by {max(math.ceil(1000 * missing), 1)} mm or more, make the shapes smaller by which "
        "that body touches, or choose another home"
    )


def _sags(model: mujoco.MjModel, sag: Doubles, torque: Doubles) -> str:
    joint = int(np.abs(sag).argmax())
    return (
        f"home is not held: the joint {model.joint(model.njnt - model.nu + joint).name} ends "
        f"{abs(sag[joint]):.2f} rad from its target at {abs(torque[joint]):.3g} N·m: give its "
        "actuator more stiffness or torque, or choose another home"
    )


def _diverges(model: mujoco.MjModel, after: float) -> str:
    """The joint whose servo is too stiff for what it moves has the highest frequency."""
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_forward(model, data)
    full = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    inertia = np.diag(full)[-model.nu :]
    rate = np.sqrt(np.maximum(-model.actuator_biasprm[:, 1], 0.0) / inertia)
    joint = model.joint(model.njnt - model.nu + int(rate.argmax())).name
    return (
        f"in physics steps of {1000 * model.opt.timestep:.0f} ms the simulation diverges after "
        f"{after:.2f} s: lower the stiffness of {joint}, or give the joint more armature"
    )
