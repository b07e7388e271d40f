"""What drives each joint: read as a position servo at the joint, or made into one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import mujoco
import numpy as np

from tabrl.robot_import.model.source import Source
from tabrl.robot_import.refusal import refusal

# Of servos that are made: they are no quicker than this (rad/s, of physics steps of 10 ms) and
# overshoot little.
FASTEST, DAMPING_RATIO = 60.0, 0.7
_CLOSE = 1e-6
_FILTERS = (mujoco.mjtDyn.mjDYN_FILTER, mujoco.mjtDyn.mjDYN_FILTEREXACT)


@dataclass(frozen=True)
class Servo:
    """A position actuator, at its joint: N·m/rad, N·m·s/rad, N·m, and the targets it takes, rad."""

    stiffness: float
    damping: float
    torque: float | None  # its limit; None: there is none
    targets: tuple[float, float] | None
    made: bool = False


@dataclass(frozen=True)
class Drives:
    """The servos of some joints, in their order."""

    servos: tuple[Servo, ...]
    notes: tuple[str, ...] = ()


def drives_of(
    source: Source,
    joints: Sequence[int],
    inertia: Sequence[float],
    full_torque_at: float | None,
) -> Drives:
    """A servo for every joint.

    Args:
        source: the model.
        joints: that need one.
        inertia: what each of them moves at home, kg·m².
        full_torque_at: servos are made of motors, and where there are none, which give all their
            torque at this error, rad; None: none are made.

    Raises:
        Invalid: a joint has none, or something else, and none are made.
    """
    servos, notes, order = [], [], []
    for joint, moved in zip(joints, inertia, strict=True):
        found = _actuators(source.model, joint)
        order += found[:1]
        servo = _joined(source.model, found, joint)
        if servo is None:
            if full_torque_at is None:
                raise refusal(_reason(source, joint, found))
            servo = _made(source, joint, found, moved, full_torque_at)
        servos.append(servo)
    if any(servo.made for servo in servos):
        notes.append(
            "servos are made, all their torque at "
            f"{full_torque_at:g} rad: put the real stiffness and damping into the scene"
        )
    lagging = [a for a in order if int(source.model.actuator_dyntype[a]) in _FILTERS]
    if lagging:
        notes.append(
            f"the lag of {_some([_name(source.model, a) for a in lagging])} is left out: trainings "
            "draw one"
        )
    if order != sorted(order):
        notes.append("the actuators are in another order than the joints: written in the joints'")
    unlimited = [source.name(j) for j, s in zip(joints, servos, strict=True) if s.torque is None]
    if unlimited:
        notes.append(
            f"no torque limit for {_some(unlimited)}: give the actuators a forcerange, or the "
            "simulated motor is as strong as it likes"
        )
    return Drives(tuple(servos), tuple(notes))


def _actuators(model: mujoco.MjModel, joint: int) -> list[int]:
    return [
        actuator
        for actuator in range(model.nactuator)
        if int(model.actuator_trntype[actuator])
        in (mujoco.mjtTrn.mjTRN_JOINT, mujoco.mjtTrn.mjTRN_JOINTINPARENT)
        and model.actuator_trnid[actuator, 0] == joint
    ]


def _joined(model: mujoco.MjModel, actuators: Sequence[int], joint: int) -> Servo | None:
    """A position actuator, of which velocity actuators beside it are the damping."""
    kinds = [kind_of(model, actuator) for actuator in actuators]
    if kinds.count("position") != 1 or len(kinds) != 1 + kinds.count("velocity"):
        return None
    servo = _position(model, actuators[kinds.index("position")], joint)
    dampers = [a for a, kind in zip(actuators, kinds, strict=True) if kind == "velocity"]
    more = sum(
        float(model.actuator_gear[a, 0]) ** 2 * -float(model.actuator_biasprm[a, 2])
        for a in dampers
    )
    return replace(servo, damping=servo.damping + more)


def _position(model: mujoco.MjModel, actuator: int, joint: int) -> Servo:
    """A position actuator as a servo at the joint."""
    gear = float(model.actuator_gear[actuator, 0])
    stiffness = float(model.actuator_gainprm[actuator, 0])
    damping = -float(model.actuator_biasprm[actuator, 2])
    targets = None
    if model.actuator_ctrllimited[actuator]:
        low, high = sorted(float(limit) / gear for limit in _control_range(model, actuator))
        targets = low, high
    return Servo(
        gear**2 * stiffness, gear**2 * damping, _torque_limit(model, actuator, joint), targets
    )


def kind_of(model: mujoco.MjModel, actuator: int) -> str:
    """What an actuator is by its formula: `position`, `motor`, `velocity` or `other`."""
    gain, bias = model.actuator_gainprm[actuator], model.actuator_biasprm[actuator]
    fixed = model.actuator_gaintype[actuator] == mujoco.mjtGain.mjGAIN_FIXED
    state = int(model.actuator_dyntype[actuator])
    if not fixed or state not in (mujoco.mjtDyn.mjDYN_NONE, *_FILTERS):
        return "other"
    if model.actuator_biastype[actuator] == mujoco.mjtBias.mjBIAS_NONE:
        return "motor"
    if model.actuator_biastype[actuator] != mujoco.mjtBias.mjBIAS_AFFINE or abs(bias[0]) > _CLOSE:
        return "other"
    if gain[0] > 0.0 and abs(gain[0] + bias[1]) <= _CLOSE * gain[0]:
        return "position"
    return "velocity" if bias[1] == 0.0 and bias[2] < 0.0 else "other"


def _torque_limit(model: mujoco.MjModel, actuator: int | None, joint: int) -> float | None:
    """The least of what limits the torque at the joint, N·m."""
    limits = []
    if actuator is not None:
        gear = abs(float(model.actuator_gear[actuator, 0]))
        if model.actuator_forcelimited[actuator]:
            limits.append(gear * float(np.abs(model.actuator_forcerange[actuator]).min()))
        if kind_of(model, actuator) == "motor" and model.actuator_ctrllimited[actuator]:
            gain = abs(float(model.actuator_gainprm[actuator, 0]))
            most = float(np.abs(_control_range(model, actuator)).min())
            limits.append(gear * gain * most)
    if model.jnt_actfrclimited[joint]:
        limits.append(float(np.abs(model.jnt_actfrcrange[joint]).min()))
    return min((limit for limit in limits if limit > 0.0), default=None)


def _control_range(model: mujoco.MjModel, actuator: int) -> np.ndarray:
    return np.asarray(model.actuator_ctrlrange[actuator], np.float64)


def _made(
    source: Source, joint: int, found: Sequence[int], inertia: float, full_torque_at: float
) -> Servo:
    limits = [
        limit
        for actuator in (*found, None)
        if (limit := _torque_limit(source.model, actuator, joint)) is not None
    ]
    if not limits:
        raise refusal(
            f"no servo can be made for the joint {source.name(joint)}, whose torque nobody says: "
            "give the joint an actuatorfrcrange"
        )
    torque = min(limits)
    stiffness = min(torque / full_torque_at, inertia * FASTEST**2)
    damping = 2.0 * DAMPING_RATIO * math.sqrt(stiffness * inertia)
    return Servo(_round(stiffness), _round(damping), torque, None, made=True)


def _reason(source: Source, joint: int, found: Sequence[int]) -> str:
    name = source.name(joint)
    if not found:
        return f"nothing drives the joint {name}: add a position actuator, or let --servos make one"
    if len(found) > 1:
        names = ", ".join(_name(source.model, actuator) for actuator in found)
        return f"several actuators ({names}) drive the joint {name}: leave one, a position"
    kind, actuator = kind_of(source.model, found[0]), _name(source.model, found[0])
    what = {
        "motor": "a motor that takes torques",
        "velocity": "a velocity actuator that takes speeds",
    }.get(kind, "something else")
    return (
        f"the actuator {actuator} is {what}, not a position actuator, and policies send joint "
        "targets: make it one, or let --servos do it"
    )


def _name(model: mujoco.MjModel, actuator: int) -> str:
    return str(model.actuator(actuator).name) or f"number {actuator + 1}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _round(value: float) -> float:
    return float(f"{value:.3g}")
