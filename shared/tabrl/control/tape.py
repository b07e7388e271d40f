"""The tape: what happened in a rollout, as named float32 arrays `[T, B, …]`.

A simulator records raw MuJoCo quantities step by step; `TapeBuilder.derive` turns a block of them
into the reward contract's fields. Quantities with memory (air time, previous actions, filtered
velocity) go on across blocks through `Memory`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.program import COUNT
from tabrl.robots import Robot

Floats = NDArray[np.float32]
CONTROL_DT = 0.02  # s, two physics steps of 10 ms
FILTER_TIME_S = 0.2  # time constant of `base_linear_velocity_filtered`
CONTACT_MARGIN = 0.002  # m above the floor at which a sphere still counts as touching


@dataclass(frozen=True)
class Tape:
    """Fields of the tape by name, each `[T, B, …]` float32 (see `tabrl.rewards.schema`)."""

    fields: dict[str, Floats]

    def __getattr__(self, name: str) -> Floats:
        try:
            return self.__dict__["fields"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"the tape has no field {name!r}") from None

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

    def robots(self, index: slice | NDArray[np.intp]) -> Tape:
        """The tape of some of the robots."""
        return Tape({name: field[:, index] for name, field in self.fields.items()})


def concatenate(tapes: list[Tape]) -> Tape:
    """Blocks of the same robots, one after the other in time."""
    return Tape({name: np.concatenate([t.fields[name] for t in tapes]) for name in tapes[0].fields})


@dataclass
class RawSteps:
    """Raw quantities of a block of control steps, each `[T, B, …]` float32.

    `fresh [T, B]` is 1 where the robot was reset just before the step. `body_position` and the axes
    are in the world; `constraint_force` are generalised forces of contacts and limits.
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
    fresh: Floats

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
            "fresh": (),
        }
        return cls(
            **{name: np.empty((steps, size, *shape), np.float32) for name, shape in shapes.items()}
        )


@dataclass
class Memory:
    """What the tape must remember from step to step, per robot."""

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
    def zeros(cls, size: int, robot: Robot) -> Memory:
        """The memory of robots that were just reset."""
        nj, nf = robot.nu, len(robot.foot_names)
        widths = (nj, nj, 3, 3, nj, 3, nf, nf, nf, nf, nf)
        return cls(*(np.zeros((size, width), np.float32) for width in widths))

    def forget(self, fresh: NDArray[np.bool_]) -> None:
        """Clear the robots that were reset; feet start on the ground."""
        for name, field in vars(self).items():
            # A new array: the tape's rows of the last step may still hold the old one.
            setattr(self, name, np.where(fresh[:, None], np.float32(0.0), field))
        self.contact[fresh] = 1.0


class TapeBuilder:
    """Derives the tape of one robot from raw steps."""

    def __init__(self, robot: Robot, body_reach: dict[str, NDArray[np.float64]]) -> None:
        """`body_reach`: for each of the trunk's touching shapes `(x, y, z, hx, hy, hz, r)`, m."""
        self._robot = robot
        self._shapes = list(body_reach.values())
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
        gaps = [
            height
            + up @ shape[:3].astype(np.float32)
            - xp.abs(up) @ shape[3:6].astype(np.float32)
            - np.float32(shape[6])
            for shape in self._shapes
        ]
        lowest: Floats = reduce(xp.minimum, gaps)
        return lowest

    def derive(self, raw: RawSteps, memory: Memory) -> Tape:
        """The tape `[T, B]` of a block; `memory` is moved on to the block's end."""
        return self.remember(self.instant(raw), raw.fresh, memory)

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

    def remember(self, fields: dict[str, Floats], fresh: Floats, memory: Memory) -> Tape:
        """The tape of the `instant` fields: adds those with a memory, which is moved on."""
        return Tape(fields | self._remembered(fields, fresh, memory))

    def _remembered(
        self, fields: dict[str, Floats], all_fresh: Floats, memory: Memory
    ) -> dict[str, Floats]:
        linear, contact = fields["base_linear_velocity"], fields["foot_contact"]
        clearance = fields["foot_position"][..., 2] - self._robot.foot_radius
        names = (
            "previous_action", "previous_previous_action", "base_linear_velocity_filtered",
            "base_acceleration", "joint_acceleration", "initial_position", "foot_touchdown",
            "foot_liftoff", "foot_air_time", "foot_contact_time", "foot_last_air_time",
            "foot_peak_height",
        )  # fmt: skip
        steps = len(all_fresh)
        rows: dict[str, list[Floats]] = {name: [] for name in names}
        blend = np.float32(1.0 - np.exp(-CONTROL_DT / FILTER_TIME_S))
        for t in range(steps):
            fresh = all_fresh[t] > 0.5
            joint_velocity = fields["joint_velocity"][t]
            if fresh.any():
                memory.forget(fresh)
                memory.initial_position[fresh] = fields["base_position"][t, fresh]
                memory.previous_velocity[fresh] = linear[t, fresh]
                memory.filtered_velocity[fresh] = linear[t, fresh]
                memory.previous_joint_velocity[fresh] = joint_velocity[fresh]
            rows["previous_action"].append(memory.previous_action)
            rows["previous_previous_action"].append(memory.previous_previous_action)
            rows["base_acceleration"].append((linear[t] - memory.previous_velocity) / CONTROL_DT)
            rows["joint_acceleration"].append(
                (joint_velocity - memory.previous_joint_velocity) / CONTROL_DT
            )
            memory.filtered_velocity = memory.filtered_velocity + blend * (
                linear[t] - memory.filtered_velocity
            )
            rows["base_linear_velocity_filtered"].append(memory.filtered_velocity)
            rows["initial_position"].append(memory.initial_position.copy())
            self._feet(memory, contact[t], clearance[t], rows)
            memory.previous_previous_action = memory.previous_action
            memory.previous_action = fields["action"][t].copy()
            memory.previous_velocity = linear[t].copy()
            memory.previous_joint_velocity = joint_velocity.copy()
        return {name: np.stack(values) for name, values in rows.items()}

    @staticmethod
    def _feet(
        memory: Memory, now: Floats, clearance: Floats, rows: dict[str, list[Floats]]
    ) -> None:
        before = memory.contact
        touchdown, liftoff = now * (1.0 - before), before * (1.0 - now)
        flown = memory.air_time + CONTROL_DT
        memory.last_air_time = np.where(touchdown > 0.5, memory.air_time, memory.last_air_time)
        memory.air_time = (flown * (1.0 - now)).astype(np.float32)
        memory.contact_time = ((memory.contact_time + CONTROL_DT) * now).astype(np.float32)
        swing_peak = np.maximum(memory.peak_height * (1.0 - liftoff), clearance)
        memory.peak_height = np.where(now > 0.5, memory.peak_height, swing_peak)
        memory.contact = now.copy()
        rows["foot_touchdown"].append(touchdown)
        rows["foot_liftoff"].append(liftoff)
        rows["foot_air_time"].append(memory.air_time)
        rows["foot_contact_time"].append(memory.contact_time)
        rows["foot_last_air_time"].append(memory.last_air_time)
        rows["foot_peak_height"].append(memory.peak_height)

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
