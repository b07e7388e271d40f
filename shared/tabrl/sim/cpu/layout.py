"""Where the numbers of the CPU simulator's robots are: one row per robot, one record per block."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, Self

import mujoco
import numpy as np

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.commands import COUNT, CommandBatch
from tabrl.control.kinematics import Pose, Skeleton
from tabrl.control.observation import Joints
from tabrl.control.rollout import Floats, RawSteps
from tabrl.control.staged import StagedCommands
from tabrl.robots import Robot


@dataclass(frozen=True)
class Layout:
    """Columns of a robot's row: `qpos`, `qvel`, `ctrl`, time, heading origin, schedule.

    Hashable, so that graphs may be made for it.
    """

    nq: int
    nv: int
    nu: int
    skeleton: Skeleton

    @classmethod
    def of(cls, robot: Robot, model: mujoco.MjModel) -> Self:
        """The layout of a robot's model."""
        return cls(model.nq, model.nv, model.nu, Skeleton.of(robot, model))

    @property
    def motion(self) -> slice:
        """`qpos` and `qvel`."""
        return slice(0, self.nq + self.nv)

    @property
    def ctrl(self) -> slice:
        """Actuator targets."""
        return slice(self.nq + self.nv, self.time)

    @property
    def moving(self) -> slice:
        """`qpos`, `qvel` and `ctrl`."""
        return slice(0, self.time)

    @property
    def time(self) -> int:
        """Seconds of the schedule."""
        return self.nq + self.nv + self.nu

    @property
    def recorded(self) -> slice:
        """What a record keeps: `moving`, then the time."""
        return slice(0, self.time + 1)

    @property
    def heading_origin(self) -> int:
        """Heading at the program's time zero."""
        return self.time + 1

    @property
    def schedules(self) -> slice:
        """The fields of `StagedCommands`, in order: those of the phases, then the durations."""
        return slice(self.time + 2, self.width)

    @property
    def width(self) -> int:
        """Length of a row."""
        return self.time + 2 + MAX_PHASES * (3 * COUNT + 4)

    def parts(self, rows: Any) -> tuple[Any, Any, Any]:
        """`qpos`, `qvel` and `ctrl` of rows `[..., width]`."""
        return rows[..., : self.nq], rows[..., self.nq : self.nq + self.nv], rows[..., self.ctrl]

    def followed(self, rows: Any, xp: Any = np) -> StagedCommands:
        """The schedules of rows `[..., width]`."""
        flat = rows[..., self.schedules]
        wide, lead = MAX_PHASES * COUNT, flat.shape[:-1]
        constant, amplitude, phase = (
            flat[..., i * wide : (i + 1) * wide].reshape(*lead, MAX_PHASES, COUNT) for i in range(3)
        )
        beat_frequency, gait, gait_frequency, duration = (
            flat[..., 3 * wide + i * MAX_PHASES :][..., :MAX_PHASES] for i in range(4)
        )
        phases = CommandBatch(
            constant, amplitude, phase, beat_frequency, gait.astype(xp.int32), gait_frequency
        )
        return StagedCommands(phases, duration)

    @staticmethod
    def columns(schedules: StagedCommands) -> Floats:
        """What belongs into the columns `schedules`, `[B, …]`."""
        columns = [*astuple(schedules.phases), schedules.duration]
        return np.concatenate([column.reshape(len(schedules), -1) for column in columns], axis=1)


@dataclass
class RolloutBuffer:
    """A block of steps as MuJoCo has them, each `[T, B, …]` float32; see `RawSteps`.

    `rows` are what `Layout.recorded` says of the robots after the step, before resets and new
    schedules.
    """

    rows: Floats
    command: Floats
    gait_phase: Floats
    qfrc_actuator: Floats
    qfrc_constraint: Floats
    just_reset: Floats

    @classmethod
    def empty(cls, steps: int, size: int, robot: Robot, layout: Layout) -> Self:
        """Room for `steps` of `size` robots."""

        def room(*shape: int) -> Floats:
            return np.empty((steps, size, *shape), np.float32)

        return cls(
            rows=room(layout.recorded.stop),
            command=room(COUNT),
            gait_phase=room(len(robot.foot_names)),
            qfrc_actuator=room(layout.nv),
            qfrc_constraint=room(layout.nv),
            just_reset=room(),
        )

    def steps(self, layout: Layout, joints: Joints, pose: Pose, xp: Any = np) -> RawSteps:
        """The record, and the pose of its states, as the rollout is derived from them."""
        qpos, qvel, ctrl = layout.parts(self.rows)
        return RawSteps(
            time=self.rows[..., layout.time],
            qpos=qpos,
            qvel=qvel,
            action=xp.nan_to_num(joints.action(ctrl)),
            joint_torque=self.qfrc_actuator[..., 6:],
            constraint_force=self.qfrc_constraint[..., 6:],
            **pose._asdict(),
            command=self.command,
            gait_phase=self.gait_phase,
            just_reset=self.just_reset,
        )
