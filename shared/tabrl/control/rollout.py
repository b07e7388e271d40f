"""The rollout: what happened to a batch of robots, as named float32 arrays `[T, B, …]`.

A simulator records raw MuJoCo quantities step by step; `RolloutBuilder.derive` turns a chunk of
them into the reward contract's fields. Quantities that look back (air time, previous actions,
filtered velocity) go on across chunks through `Carry`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.commands import COUNT
from tabrl.robots import Robot

Floats = NDArray[np.float32]
CONTROL_DT = 0.02  # s, two physics steps of 10 ms
FILTER_TIME_S = 0.2  # time constant of `base_linear_velocity_filtered`
CONTACT_MARGIN = 0.002  # m above the floor at which a sphere still counts as touching
# Fields of a step that the next ones look back at.
LOOKED_BACK = (
    "action", "base_position", "base_linear_velocity", "joint_velocity", "foot_position",
    "foot_contact",
)  # fmt: skip


@dataclass(frozen=True)
class Rollout:
    """Fields of the rollout by name, each `[T, B, …]` float32 (see `tabrl.rewards.schema`)."""

    fields: dict[str, Floats]

    def __getattr__(self, name: str) -> Floats:
        try:
            return self.__dict__["fields"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"the rollout has no field {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    @property
    def shape(self) -> tuple[int, int]:
        """Steps and robots: (T, B)."""
        steps, size = self.fields["time"].shape
        return steps, size

    def flat(self) -> dict[str, Floats]:
        """The fields with time and robots merged, `[T * B, …]`, as a reward artifact takes them."""
        steps, size = self.shape
        return {
            name: np.ascontiguousarray(field.reshape(steps * size, *field.shape[2:]))
            for name, field in self.fields.items()
        }

    def robots(self, index: slice | NDArray[np.intp]) -> Rollout:
        """The rollout of some of the robots."""
        return Rollout({name: field[:, index] for name, field in self.fields.items()})


def concatenate(rollouts: list[Rollout]) -> Rollout:
    """Blocks of the same robots, one after the other in time."""
    return Rollout(
        {name: np.concatenate([t.fields[name] for t in rollouts]) for name in rollouts[0].fields}
    )


@dataclass
class RawSteps:
    """Raw quantities of a block of control steps, each `[T, B, …]` float32.

    `just_reset [T, B]` is 1 where the robot was reset just before the step. `body_position` and the
    axes are in the world; `constraint_force` are generalised forces of contacts and limits.
    """

    time: Floats
    qpos: Floats
    qvel: Floats
    action: Floats
    joint_torque: Floats
    constraint_force: Floats
    foot_position: Floats
    foot_velocity: Floats
    body_position: Floats
    joint_axis: Floats
    command: Floats
    gait_phase: Floats
    just_reset: Floats

    @classmethod
    def empty(cls, steps: int, size: int, robot: Robot) -> RawSteps:
        """Room for `steps` of `size` robots."""
        nj, nf, nb = robot.nu, len(robot.foot_names), len(robot.body_names)
        shapes: dict[str, tuple[int, ...]] = {
            "time": (),
            "qpos": (7 + nj,),
            "qvel": (6 + nj,),
            "action": (nj,),
            "joint_torque": (nj,),
            "constraint_force": (nj,),
            "foot_position": (nf, 3),
            "foot_velocity": (nf, 3),
            "body_position": (nb, 3),
            "joint_axis": (nj, 3),
            "command": (COUNT,),
            "gait_phase": (nf,),
            "just_reset": (),
        }
        return cls(
            **{name: np.empty((steps, size, *shape), np.float32) for name, shape in shapes.items()}
        )


@dataclass
class Carry:
    """What the rollout must remember from step to step, per robot."""

    previous_action: Floats  # [B, nu]
    previous_previous_action: Floats
    previous_velocity: Floats  # [B, 3] body frame
    filtered_velocity: Floats
    previous_joint_velocity: Floats  # [B, nj]
    initial_position: Floats  # [B, 3]
    contact: Floats  # [B, nf]
    air_time: Floats
    contact_time: Floats
    last_air_time: Floats
    peak_height: Floats

    @classmethod
    def zeros(cls, size: int, robot: Robot) -> Carry:
        """The carry of robots that were just reset."""
        nj, nf = robot.nu, len(robot.foot_names)
        widths = (nj, nj, 3, 3, nj, 3, nf, nf, nf, nf, nf)
        return cls(*(np.zeros((size, width), np.float32) for width in widths))

    def copy(self) -> Carry:
        """The same carry in arrays of its own."""
        return Carry(**{name: np.array(field) for name, field in vars(self).items()})

    def restarted(
        self, now: dict[str, Floats], just_reset: NDArray[np.bool_], xp: Any = np
    ) -> Carry:
        """The carry with the robots that were reset begun anew; feet start on the ground.

        `now` are the fields of the first step after the reset.
        """
        reset = just_reset[:, None]
        begun = {
            name: xp.where(reset, xp.float32(0.0), field) for name, field in vars(self).items()
        }
        first = {
            "initial_position": now["base_position"],
            "previous_velocity": now["base_linear_velocity"],
            "filtered_velocity": now["base_linear_velocity"],
            "previous_joint_velocity": now["joint_velocity"],
            "contact": xp.float32(1.0),
        }
        return Carry(**begun | {n: xp.where(reset, v, begun[n]) for n, v in first.items()})


class RolloutBuilder:
    """Derives the rollout of one robot from raw steps."""

    def __init__(self, robot: Robot, body_reach: dict[str, NDArray[np.float64]]) -> None:
        """`body_reach`: for each of the trunk's touching shapes `(x, y, z, hx, hy, hz, r)`, m."""
        self._robot = robot
        shapes = np.array(list(body_reach.values()), np.float32)
        self._shapes = centre, half, radius = shapes[:, :3].T, shapes[:, 3:6].T, shapes[:, 6]
        # How far the shapes reach beside the trunk's origin and below it.
        self._aside = (np.hypot(centre[0], centre[1]) + np.hypot(half[0], half[1])).max()
        self._below = (np.abs(centre[2]) + half[2] + radius).max()
        self._calves = np.array(
            [robot.body_names.index(f"{foot}_calf") for foot in robot.foot_names]
        )
        self._legs, self._leg_bodies = (
            [
                np.array([names.index(f"{foot}_{part}") for part in ("hip", "thigh", "calf")])
                for foot in robot.foot_names
            ]
            for names in (robot.joint_names, robot.body_names)
        )

    def trunk_clearance(self, height: Floats, up: Floats, xp: Any = np) -> Floats:
        """Gap between the floor and the lowest point of the trunk's shapes, m; exact.

        `height [...]` of the trunk's origin, `up [..., 3]` the world's up in the trunk's frame.
        """
        centre, half, radius = self._shapes
        gaps = height[..., None] + up @ centre - xp.abs(up) @ half - radius
        lowest: Floats = gaps.min(-1)
        return lowest

    def trunk_reach(self, leaning: Floats) -> Floats:
        """How far below its origin the trunk may reach at most, m, however it is turned about z.

        `leaning [...]` is half of one minus the z of the up direction, the sine of half the tilt
        squared.
        """
        # The sine of the tilt is at most twice that of its half.
        reach: Floats = self._below + 2.0 * self._aside * np.sqrt(leaning)
        return reach

    def derive(self, raw: RawSteps, carry: Carry) -> Rollout:
        """The rollout `[T, B]` of a block; `carry` is moved on to the block's end."""
        return self.remember(self.instant(raw), raw.just_reset, carry)

    def instant(self, raw: RawSteps, xp: Any = np) -> dict[str, Floats]:
        """The fields that depend on their own step alone; a pure function, for JAX as well."""
        quaternion = raw.qpos[..., 3:7]
        up = rotation.up_in_body(quaternion, xp)
        linear = rotation.rotate_inverse(quaternion, raw.qvel[..., 0:3], xp)
        clearance = raw.foot_position[..., 2] - self._robot.foot_radius
        contact = (clearance < CONTACT_MARGIN).astype(xp.float32)
        trunk_gap = self.trunk_clearance(raw.qpos[..., 2], up, xp)
        fallen = ((trunk_gap < CONTACT_MARGIN) | (up[..., 2] < 0.0)).astype(xp.float32)
        return {
            "time": raw.time,
            "base_position": raw.qpos[..., 0:3],
            "base_quaternion": quaternion,
            "base_linear_velocity": linear,
            "base_angular_velocity": raw.qvel[..., 3:6],
            "gravity": -up,
            "joint_position": raw.qpos[..., 7:],
            "joint_velocity": raw.qvel[..., 6:],
            "joint_torque": raw.joint_torque,
            "action": raw.action,
            "foot_position": raw.foot_position,
            "foot_velocity": raw.foot_velocity,
            "foot_force": self._foot_force(raw, contact, xp),
            "foot_contact": contact,
            "body_position": raw.body_position,
            "body_contact": self._body_contact(raw, contact, trunk_gap, xp),
            "self_collision": self._self_collision(raw, xp),
            "command": raw.command,
            "gait_phase": raw.gait_phase,
            "fallen": fallen,
        }

    def remember(self, fields: dict[str, Floats], just_reset: Floats, carry: Carry) -> Rollout:
        """The rollout of the `instant` fields: adds those with a memory, which is moved on."""
        rows: list[dict[str, Floats]] = []
        moved = carry
        for t in range(len(just_reset)):
            moved, row = self.advance(moved, {n: fields[n][t] for n in LOOKED_BACK}, just_reset[t])
            rows.append(row)
        # Copies, or the carry would hold on to all of the block.
        vars(carry).update(vars(moved.copy()))
        return Rollout(fields | {name: np.stack([row[name] for row in rows]) for name in rows[0]})

    def advance(
        self, carry: Carry, now: dict[str, Floats], just_reset: Floats, xp: Any = np
    ) -> tuple[Carry, dict[str, Floats]]:
        """One step on: the next carry, and the fields that have one. A pure function.

        `now` are the step's own fields `[B, …]`, `just_reset [B]` is 1 just after a reset.
        """
        linear, joint_velocity = now["base_linear_velocity"], now["joint_velocity"]
        if xp is not np or (just_reset > 0.5).any():
            carry = carry.restarted(now, just_reset > 0.5, xp)
        blend = np.float32(1.0 - np.exp(-CONTROL_DT / FILTER_TIME_S))
        filtered = carry.filtered_velocity + blend * (linear - carry.filtered_velocity)
        feet, steps = self._feet(carry, now, xp)
        row = {
            "previous_action": carry.previous_action,
            "previous_previous_action": carry.previous_previous_action,
            "base_linear_velocity_filtered": filtered,
            "base_acceleration": (linear - carry.previous_velocity) / CONTROL_DT,
            "joint_acceleration": (joint_velocity - carry.previous_joint_velocity) / CONTROL_DT,
            "initial_position": carry.initial_position,
        }
        following = Carry(
            previous_action=now["action"],
            previous_previous_action=carry.previous_action,
            previous_velocity=linear,
            filtered_velocity=filtered,
            previous_joint_velocity=joint_velocity,
            initial_position=carry.initial_position,
            contact=now["foot_contact"],
            **feet,
        )
        shown = {f"foot_{name}": field for name, field in feet.items()}
        return following, row | steps | shown

    def _feet(
        self, carry: Carry, now: dict[str, Floats], xp: Any
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """The feet's next carry, and which of them touch down or lift off."""
        contact, before = now["foot_contact"], carry.contact
        clearance = now["foot_position"][..., 2] - self._robot.foot_radius
        touchdown, liftoff = contact * (1.0 - before), before * (1.0 - contact)
        swing_peak = xp.maximum(carry.peak_height * (1.0 - liftoff), clearance)
        feet = {
            "air_time": (carry.air_time + CONTROL_DT) * (1.0 - contact),
            "contact_time": (carry.contact_time + CONTROL_DT) * contact,
            "last_air_time": xp.where(touchdown > 0.5, carry.air_time, carry.last_air_time),
            "peak_height": xp.where(contact > 0.5, carry.peak_height, swing_peak),
        }
        return feet, {"foot_touchdown": touchdown, "foot_liftoff": liftoff}

    def _foot_force(self, raw: RawSteps, contact: Floats, xp: Any) -> Floats:
        """Ground force on each foot, world, N: solves Jᵀ f = τ of the leg's three joints.

        τ are the constraint's generalised forces; a leg at a joint limit counts that torque too.
        """
        forces = []
        for foot, (joints, bodies) in enumerate(zip(self._legs, self._leg_bodies, strict=True)):
            axis = raw.joint_axis[..., joints, :]
            arm = raw.foot_position[..., foot, None, :] - raw.body_position[..., bodies, :]
            columns = xp.cross(axis, arm)  # rows of Jᵀ, [T, B, 3 joints, 3]
            torque = raw.constraint_force[..., joints]
            first, second, third = (columns[..., i, :] for i in range(3))
            minors = (xp.cross(second, third), xp.cross(third, first), xp.cross(first, second))
            determinant = xp.einsum("...i,...i->...", first, minors[0])
            total = sum(torque[..., i, None] * minors[i] for i in range(3))
            safe = xp.where(xp.abs(determinant) > 1e-5, determinant, xp.inf)
            forces.append(total / safe[..., None] * contact[..., foot, None])
        stacked: Floats = xp.stack(forces, axis=-2)
        return stacked

    def _body_contact(self, raw: RawSteps, contact: Floats, trunk_gap: Floats, xp: Any) -> Floats:
        """Which bodies touch the floor: the trunk's shapes, knees, feet (with their shanks)."""
        knee = raw.body_position[..., self._calves, 2] - 0.025 < CONTACT_MARGIN
        shank = xp.maximum(contact, knee)
        columns = [xp.zeros_like(trunk_gap)] * len(self._robot.body_names)
        columns[0] = (trunk_gap < CONTACT_MARGIN).astype(xp.float32)
        for foot, calf in enumerate(self._calves):
            columns[calf] = shank[..., foot]
        touching: Floats = xp.stack(columns, axis=-1)
        return touching

    def _self_collision(self, raw: RawSteps, xp: Any) -> Floats:
        """1 where two feet, or a foot and another leg's knee, are closer than 4 cm."""
        knees = raw.body_position[..., self._calves, :]
        points = (raw.foot_position, knees)
        closest = xp.full(raw.time.shape, xp.inf, xp.float32)
        count = raw.foot_position.shape[-2]
        for i in range(count):
            for j in range(count):
                for other in points:
                    if i == j or (other is raw.foot_position and j < i):
                        continue
                    gap = raw.foot_position[..., i, :] - other[..., j, :]
                    closest = xp.minimum(closest, xp.einsum("...i,...i->...", gap, gap))
        colliding: Floats = (closest < 0.04**2).astype(xp.float32)
        return colliding
