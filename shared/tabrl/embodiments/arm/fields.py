"""What a rollout of an arm holds: derived from raw steps, in numpy and JAX alike."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.embodiment import Shapes as FieldShapes
from tabrl.control.embodiment import action_fields, after_reset, looking_back
from tabrl.control.rollout import CONTACT_MARGIN, Fields, RawSteps
from tabrl.control.segments import Segments
from tabrl.embodiments.arm.chain import Chain
from tabrl.embodiments.arm.shapes import Shapes
from tabrl.robots import Robot

LOOKED_BACK = ("action", "joint_velocity", "tool_position")


def schema(robot: Robot, recorded: Segments) -> FieldShapes:
    """Fields of a rollout and their shape in one step of one robot; all float32, SI units.

    The table is at z = 0. The tool's axis is the z axis of its site, its twist the turn about that
    axis from home. Contacts and `collided` are 0 or 1; a contact of the tool's tip with the table
    is none that an episode ends by.
    """
    nj, nb = robot.nu, len(robot.body_names)
    return {
        "time": (),
        **dict.fromkeys(
            (
                "joint_position", "joint_velocity", "joint_acceleration", "joint_torque",
                "action", "previous_action", "previous_previous_action",
            ),
            (nj,),
        ),
        "body_position": (nb, 3),
        "tool_position": (3,),
        "initial_tool_position": (3,),
        "tool_velocity": (3,),
        "tool_quaternion": (4,),
        "tool_axis": (3,),
        "tool_twist": (),
        "table_gap": (),
        "self_gap": (),
        "table_contact": (),
        "self_contact": (),
        "collided": (),
        **{name: (width,) for name, width in recorded.widths},
    }  # fmt: skip


def empty_carry(robot: Robot, size: int) -> dict[str, Floats]:
    """What is remembered of robots that were just reset, `[B, …]` each."""
    widths = {
        "previous_action": robot.nu,
        "previous_previous_action": robot.nu,
        "previous_joint_velocity": robot.nu,
        "initial_tool_position": 3,
    }
    return {name: np.zeros((size, width), np.float32) for name, width in widths.items()}


class RolloutFields:
    """Derives the rollout's fields of one arm from raw steps."""

    def __init__(self, chain: Chain, shapes: Shapes, home_axes: Floats, recorded: Segments) -> None:
        self._chain, self._shapes, self._recorded = chain, shapes, recorded
        back = np.array([1.0, -1.0, -1.0, -1.0], np.float32)
        self._from_home = rotation.from_matrix(home_axes) * back

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        """The fields that depend on their own step alone; a pure function, for JAX as well."""
        frames = self._chain.frames(raw.qpos, xp)
        _, axes = self._chain.point(frames)
        quaternion = rotation.from_matrix(axes, xp)
        turned = rotation.multiply(self._from_home, quaternion, xp)
        ends = self._shapes.ends(frames, xp)
        table = self._shapes.table_gap(ends, xp)
        limbs = self._shapes.table_gap(ends, xp, limbs_only=True)
        apart = self._shapes.self_gap(ends, xp)
        diverged = (raw.qpos == 0.0).all(-1)  # simulators put zeros there
        collided = (limbs < CONTACT_MARGIN) | (apart < CONTACT_MARGIN) | diverged
        return {
            **action_fields(raw),
            "joint_position": raw.qpos,
            "joint_velocity": raw.qvel,
            "tool_position": raw.end_position[..., 0, :],
            "tool_velocity": raw.end_velocity[..., 0, :],
            "tool_quaternion": quaternion,
            "tool_axis": axes[..., :, 2],
            "tool_twist": rotation.wrap(2.0 * xp.arctan2(turned[..., 3], turned[..., 0]), xp),
            "table_gap": table,
            "self_gap": apart,
            "table_contact": (table < CONTACT_MARGIN).astype(xp.float32),
            "self_contact": (apart < CONTACT_MARGIN).astype(xp.float32),
            "collided": collided.astype(xp.float32),
            **{name: raw.commanded[..., self._recorded[name]] for name in self._recorded.names},
        }

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """One step on: the next carry, and the fields that look back. A pure function."""
        if xp is not np or (just_reset > 0.5).any():
            first = {
                "previous_joint_velocity": now["joint_velocity"],
                "initial_tool_position": now["tool_position"],
            }
            carry = after_reset(carry, just_reset > 0.5, first, xp)
        general, row = looking_back(carry, now)
        initial = {"initial_tool_position": carry["initial_tool_position"]}
        return general | initial, row | initial
