"""What a rollout of a planar robot holds: derived from raw steps, in numpy and JAX alike."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.embodiment import Shapes, action_fields, after_reset, looking_back
from tabrl.control.rollout import CONTACT_MARGIN, CONTROL_DT, Fields, RawSteps
from tabrl.embodiments.planar.shapes import Clearance
from tabrl.robots import Robot

ROOT = 3  # columns of the root in qpos (x, z, pitch) and in qvel
LOOKED_BACK = ("action", "joint_velocity", "foot_contact")


def schema(robot: Robot, channels: int) -> Shapes:
    """Fields of a rollout and their shape in one step of one robot; all float32, SI units.

    World frame: x ahead, z up. `pitch` is positive with the nose down and counts on over full
    turns. Contacts and `fallen` are 0 or 1.
    """
    nj, nf, nb = robot.nu, len(robot.limbs), len(robot.body_names)
    joints = (
        "joint_position", "joint_velocity", "joint_acceleration", "joint_torque", "action",
        "previous_action", "previous_previous_action",
    )  # fmt: skip
    return {
        "time": (),
        "base_position": (3,),
        "forward_speed": (),
        "vertical_speed": (),
        "pitch": (),
        "pitch_rate": (),
        **dict.fromkeys(joints, (nj,)),
        "foot_position": (nf, 3),
        "foot_velocity": (nf, 3),
        "foot_height": (nf,),
        "foot_contact": (nf,),
        "foot_air_time": (nf,),
        "body_position": (nb, 3),
        "body_contact": (nb,),
        "command": (channels,),
        "fallen": (),
    }


def empty_carry(robot: Robot, size: int) -> dict[str, Floats]:
    """What is remembered of robots that were just reset, `[B, …]` each."""
    nj, nf = robot.nu, len(robot.limbs)
    widths = {
        "previous_action": nj,
        "previous_previous_action": nj,
        "previous_joint_velocity": nj,
        "air_time": nf,
    }
    return {name: np.zeros((size, width), np.float32) for name, width in widths.items()}


class RolloutFields:
    """Derives the rollout's fields of one robot from raw steps."""

    def __init__(self, clearance: Clearance, feet: list[int]) -> None:
        """`feet` are the places of the bodies that end the limbs."""
        self._clearance, self._feet = clearance, np.array(feet)

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        """The fields that depend on their own step alone; a pure function, for JAX as well."""
        x, z, pitch = (raw.qpos[..., i] for i in range(ROOT))
        angles = raw.qpos[..., ROOT:]
        turned = self._clearance.turned(pitch, angles)
        gaps = self._clearance.of_bodies(raw.body_position[..., 2], turned, xp)
        contact = (gaps < CONTACT_MARGIN).astype(xp.float32)
        return {
            **action_fields(raw),
            "base_position": xp.stack([x, xp.zeros_like(x), z], axis=-1),
            "forward_speed": raw.qvel[..., 0],
            "vertical_speed": raw.qvel[..., 1],
            "pitch": pitch,
            "pitch_rate": raw.qvel[..., 2],
            "joint_position": angles,
            "joint_velocity": raw.qvel[..., ROOT:],
            "foot_position": raw.end_position,
            "foot_velocity": raw.end_velocity,
            "foot_height": gaps[..., self._feet],
            "foot_contact": contact[..., self._feet],
            "body_contact": contact,
            "command": raw.commanded,
            "fallen": contact[..., 0],
        }

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """One step on: the next carry, and the fields that look back. A pure function."""
        first = {"previous_joint_velocity": now["joint_velocity"]}
        carry = after_reset(carry, just_reset > 0.5, first, xp)
        following, fields = looking_back(carry, now)
        air_time = (carry["air_time"] + CONTROL_DT) * (1.0 - now["foot_contact"])
        return following | {"air_time": air_time}, fields | {"foot_air_time": air_time}
