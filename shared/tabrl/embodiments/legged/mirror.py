"""The mirror of a legged robot: left and right legs change places."""

from __future__ import annotations

import mujoco
import numpy as np

from tabrl.control.command_space import CommandSpace
from tabrl.control.mirror import Mirror, Reflection
from tabrl.control.segments import Segments
from tabrl.embodiments.legged.limbs import lift_channel
from tabrl.robots import Limb, Robot

# In a mirror a turn to the left is one to the right: axes are reflected the other way than points.
_POINT, _TURN = (1.0, -1.0, 1.0), (-1.0, 1.0, -1.0)
_SIDEWAYS = ("vy", "yaw", "roll")  # channels that change their sign
_OTHER = {"left": "right", "right": "left"}


def mirror(
    robot: Robot, model: mujoco.MjModel, space: CommandSpace, observation: Segments
) -> Mirror | None:
    """The mirror of a robot; None if it looks different in one."""
    partners = [_partner(limb, robot) for limb in robot.limbs]
    if None in partners:
        return None
    feet = [place for place in partners if place is not None]
    joints = _joints(robot, model, feet)
    if joints is None:
        return None
    commands = _commands(robot, space, feet)
    parts = {
        "gravity": Reflection.of(range(3), _POINT),
        "angular_velocity": Reflection.of(range(3), _TURN),
        "linear_velocity": Reflection.of(range(3), _POINT),
        "heading_error": Reflection.of([0], [-1.0]),
        "path_error": Reflection.of(range(2), _POINT[:2]),
        **dict.fromkeys(("joint_offset", "joint_velocity", "last_action"), joints),
        **dict.fromkeys(("command", "command_ahead"), commands),
        **dict.fromkeys(("gait_sin", "gait_cos"), Reflection.of(feet, [1.0] * len(feet))),
    }
    return Mirror(_joined(observation, parts), joints)


def _partner(limb: Limb, robot: Robot) -> int | None:
    """The place of the leg that takes this one's in the mirror; one in the middle is its own."""
    place = {_OTHER.get(word, word) for word in limb.place}
    alike = [i for i, other in enumerate(robot.limbs) if set(other.place) == place]
    return alike[0] if len(alike) == 1 else None


def _joints(robot: Robot, model: mujoco.MjModel, feet: list[int]) -> Reflection | None:
    """Of joint angles, by the joints' axes in the home pose; None if the legs differ."""
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    sources, signs = [0] * robot.nu, [0.0] * robot.nu
    for limb, other in zip(robot.limbs, (robot.limbs[place] for place in feet), strict=True):
        if len(limb.joints) != len(other.joints):
            return None
        for name, opposite in zip(limb.joints, other.joints, strict=True):
            reflected = np.array(_TURN) * data.joint(opposite).xaxis
            sign = float(np.dot(reflected, data.joint(name).xaxis))
            mine, its = (robot.joint_names.index(joint) for joint in (name, opposite))
            if abs(abs(sign) - 1.0) > 1e-3 or abs(robot.home[mine] - sign * robot.home[its]) > 1e-3:
                return None
            sources[mine], signs[mine] = its, round(sign)
    return Reflection.of(sources, signs)


def _commands(robot: Robot, space: CommandSpace, feet: list[int]) -> Reflection:
    sources = list(range(len(space)))
    for limb, place in zip(robot.limbs, feet, strict=True):
        sources[space.column(lift_channel(limb))] = space.column(lift_channel(robot.limbs[place]))
    return Reflection.of(sources, [-1.0 if name in _SIDEWAYS else 1.0 for name in space.names])


def _joined(segments: Segments, parts: dict[str, Reflection]) -> Reflection:
    """Of a whole vector; segments without a part look the same in the mirror."""
    index, sign = [], []
    for name, width in segments.widths:
        part = parts.get(name, Reflection.of(range(width), [1.0] * width))
        index.append(segments[name].start + part.index)
        sign.append(part.sign)
    return Reflection(np.concatenate(index), np.concatenate(sign))
