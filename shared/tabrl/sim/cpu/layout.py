"""Where the numbers of the CPU simulator's robots are: one row a robot, one buffer a chunk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.kinematics import Pose
from tabrl.control.rollout import RawSteps
from tabrl.control.staged_commands import StagedCommands


@dataclass(frozen=True)
class Layout:
    """Columns of a robot's row: `qpos`, `qvel`, `ctrl`, time, origin, schedule.

    Hashable, so that graphs may be made for it.
    """

    embodiment: Embodiment

    @cached_property
    def nq(self) -> int:
        """Generalised positions."""
        return self.embodiment.nq

    @cached_property
    def nv(self) -> int:
        """Generalised velocities."""
        return self.embodiment.nv

    @cached_property
    def motion(self) -> slice:
        """`qpos` and `qvel`."""
        return slice(0, self.nq + self.nv)

    @cached_property
    def ctrl(self) -> slice:
        """Actuator targets."""
        return slice(self.nq + self.nv, self.time)

    @cached_property
    def moving(self) -> slice:
        """`qpos`, `qvel` and `ctrl`."""
        return slice(0, self.time)

    @cached_property
    def time(self) -> int:
        """Seconds of the schedule."""
        return self.nq + self.nv + self.embodiment.robot.nu

    @cached_property
    def buffered(self) -> slice:
        """What a buffer keeps: `moving`, then the time."""
        return slice(0, self.time + 1)

    @cached_property
    def origin(self) -> slice:
        """What the start of the episode fixed."""
        return slice(self.time + 1, self.time + 1 + self.embodiment.origin_size)

    @cached_property
    def schedules(self) -> slice:
        """The arrays of `StagedCommands`, in order: those of the stages, then the durations."""
        return slice(self.origin.stop, self.width)

    @cached_property
    def width(self) -> int:
        """Length of a row."""
        space = self.embodiment.commands
        begin: int = self.origin.stop
        rest = space.harmonic_width + space.path_width
        return begin + MAX_PHASES * (3 * len(space) + 1 + len(space.settings) + rest + 1)

    def parts(
        self, rows: Float[Array, "*B _"]
    ) -> tuple[Float[Array, "*B nq"], Float[Array, "*B nv"], Float[Array, "*B nu"]]:
        """`qpos`, `qvel` and `ctrl` of rows."""
        return rows[..., : self.nq], rows[..., self.nq : self.nq + self.nv], rows[..., self.ctrl]

    def followed(self, rows: Float[Array, "*B width"], xp: Xp = np) -> StagedCommands:
        """The schedules of rows.

        Args:
            rows: whole ones.
            xp: numpy or jax.numpy.
        """
        space = self.embodiment.commands
        flat = rows[..., self.schedules]
        wide, lead = MAX_PHASES * len(space), flat.shape[:-1]
        constant, amplitude, phase = (
            flat[..., i * wide : (i + 1) * wide].reshape(*lead, MAX_PHASES, len(space))
            for i in range(3)
        )
        frequency, *settings = (
            flat[..., 3 * wide + i * MAX_PHASES :][..., :MAX_PHASES]
            for i in range(len(space.settings) + 1)
        )
        widths = (space.harmonic_width, space.path_width)
        duration, rest = flat[..., -MAX_PHASES:], flat[..., :-MAX_PHASES]
        begin = rest.shape[-1] - MAX_PHASES * sum(widths)
        harmonic, path = (
            rest[..., begin + MAX_PHASES * skipped :][..., : MAX_PHASES * width].reshape(
                *lead, MAX_PHASES, width
            )
            for skipped, width in zip((0, widths[0]), widths, strict=True)
        )
        named = {
            setting.name: values.astype(xp.int32) if setting.choices else values
            for setting, values in zip(space.settings, settings, strict=True)
        }
        stages = CommandBatch(space, constant, amplitude, phase, frequency, named, harmonic, path)
        return StagedCommands(stages, duration)

    @staticmethod
    def columns(schedules: StagedCommands) -> Float[np.ndarray, "B _"]:
        """What belongs into the columns `schedules`."""
        arrays = schedules.arrays()
        return np.concatenate([array.reshape(len(schedules), -1) for array in arrays], axis=1)


@dataclass
class RolloutBuffer:
    """A chunk of steps as MuJoCo has them, float32; see `RawSteps`.

    numpy while it is filled, JAX where the rollout is derived.
    """

    # What `Layout.buffered` says of the robots after the step, before resets and new schedules.
    rows: Float[Array, "T B buffered"]
    commanded: Float[Array, "T B R"]
    qfrc_actuator: Float[Array, "T B nv"]
    qfrc_constraint: Float[Array, "T B nv"]
    just_reset: Float[Array, "T B"]
    last_ctrl: Float[Array, "T B _"]  # the targets before, where these are integrated

    @classmethod
    def empty(cls, steps: int, size: int, layout: Layout) -> RolloutBuffer:
        """Room for `steps` of `size` robots, to be filled."""

        def room(*shape: int) -> Float[np.ndarray, "T B ..."]:
            return np.empty((steps, size, *shape), np.float32)

        recorded, joints = layout.embodiment.recorded, layout.embodiment.joints
        return cls(
            rows=room(layout.buffered.stop),
            commanded=room(recorded.stop - recorded.start),
            qfrc_actuator=room(layout.nv),
            qfrc_constraint=room(layout.nv),
            just_reset=room(),
            last_ctrl=room(len(joints.home) if joints.integrated else 0),
        )

    def steps(self, layout: Layout, pose: Pose, xp: Xp = np) -> RawSteps:
        """The buffer as the rollout is derived from it.

        Args:
            layout: of its rows.
            pose: where bodies and end effectors were, `[T, B, …]`.
            xp: numpy or jax.numpy.
        """
        qpos, qvel, ctrl = layout.parts(self.rows)
        embodiment = layout.embodiment
        return RawSteps(
            time=self.rows[..., layout.time],
            qpos=qpos,
            qvel=qvel,
            action=xp.nan_to_num(embodiment.joints.action(ctrl, self.last_ctrl)),
            joint_torque=embodiment.skeleton.joint_velocity(self.qfrc_actuator),
            constraint_force=embodiment.skeleton.joint_velocity(self.qfrc_constraint),
            **pose._asdict(),
            commanded=self.commanded,
            just_reset=self.just_reset,
        )
