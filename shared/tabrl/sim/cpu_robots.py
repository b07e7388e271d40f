"""Robots that one thread steps with MuJoCo's batches: their physics, clocks, resets and records."""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.observation import Joints, build_observation
from tabrl.control.program import Programs
from tabrl.control.tape import CONTACT_MARGIN, CONTROL_DT, Floats, Memory, RawSteps, TapeBuilder
from tabrl.robots import Robot
from tabrl.sim.cpu_graph import Moment
from tabrl.sim.simulator import EpisodeRules

SUBSTEPS = 2
VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)
# MuJoCo puts a robot whose state is not finite back into a pose of its own; only these tell.
_BLOW_UPS = [
    int(warning)
    for warning in (
        mujoco.mjtWarning.mjWARN_BADQPOS,
        mujoco.mjtWarning.mjWARN_BADQVEL,
        mujoco.mjtWarning.mjWARN_BADQACC,
        mujoco.mjtWarning.mjWARN_BADCTRL,
    )
]


class CpuRobots:
    """`size` robots of one model on `threads` threads, the caller's included."""

    def __init__(
        self, robot: Robot, model: mujoco.MjModel, builder: TapeBuilder, size: int, threads: int
    ) -> None:
        self._robot = robot
        self._batch = batch = Batch(model, size, threads, persistent=True)
        self._builder = builder
        self._joints = Joints.of(robot)
        self._rng = np.random.default_rng(0)
        self._rules = EpisodeRules()
        self.programs = Programs.neutral(size)
        self.memory = Memory.zeros(size, robot)
        self._time = np.zeros(size, np.float32)
        self._age = np.zeros(size, np.float32)
        self._heading_origin = np.zeros(size, np.float32)
        self._fresh = np.ones(size, np.bool_)
        self._broken = np.zeros(size, np.bool_)
        # Live views; asking the batch for them costs more than reading them.
        self.qpos, self.qvel, self.ctrl = batch.qpos, batch.qvel, batch.ctrl
        self._warnings = batch.warning
        self._sensors = batch.sensordata
        self._torque, self._constraint = (
            field[:, 6:] for field in (batch.qfrc_actuator, batch.qfrc_constraint)
        )
        self._bodies, self._axes = batch.xpos[:, 1:], batch.xaxis[:, 1:]
        self._foot_sensors = [
            np.concatenate([_places(model, f"{foot}_{kind}") for foot in robot.foot_names])
            for kind in ("position", "velocity")
        ]

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return len(self._time)

    def reset(self, programs: Programs, rules: EpisodeRules, rng: np.random.Generator) -> None:
        """Start all robots anew with `programs [B]`."""
        self._rules, self._rng = rules, rng
        self.programs = programs.copy()
        self._reset(np.arange(self.size))
        if rules.auto_reset:
            # Else all episodes would end in the same block, and the next one see only starts.
            self._age = self._rng.uniform(0.0, rules.episode_s, self.size).astype(np.float32)

    def place(self, qpos: Floats, qvel: Floats) -> None:
        """Put the robots into states `qpos [B, nq]`, `qvel [B, nv]`; their clocks go on."""
        self.qpos[:], self.qvel[:] = qpos, qvel
        self._batch.forward(stage=VELOCITY_STAGE)

    def moment(self) -> Moment:
        """What an observation is made of."""
        return Moment(
            self.qpos.astype(np.float32),
            self.qvel.astype(np.float32),
            self.ctrl.astype(np.float32),
            self._time,
            self._heading_origin,
        )

    def observe(self) -> Floats:
        """The observation `[B, no]`."""
        now = self.moment()
        observation: Floats = build_observation(
            now.time, now.qpos, now.qvel, now.ctrl, self.programs, self._joints, now.heading_origin
        )
        return observation

    def asked(self) -> tuple[Floats, Floats]:
        """Command and gait phase after the next step."""
        then = self._time + np.float32(CONTROL_DT)
        return self.programs.command(then), self.programs.gait_phase(then)

    def targets(self, action: Floats) -> Floats:
        """Joint angles `[B, nu]` that an action stands for."""
        targets: Floats = self._joints.targets(action)
        return targets

    def step(self, targets: Floats) -> None:
        """A control step of 20 ms towards joint angles `targets [B, nu]`."""
        self.ctrl[:] = targets
        self._batch.step(nstep=SUBSTEPS, stage=VELOCITY_STAGE)
        self._time += CONTROL_DT
        self._age += CONTROL_DT

    def record(self, raw: RawSteps, t: int, command: Floats, gait_phase: Floats) -> None:
        """Write down the step just made as the block's step `t`."""
        raw.time[t] = self._time
        raw.qpos[t], raw.qvel[t] = self.qpos, self.qvel
        broken = self._broken = self._blown_up()
        if broken.any():
            raw.qpos[t, broken] = raw.qvel[t, broken] = 0.0  # in the floor: a fall for the tape too
        raw.action[t] = np.nan_to_num(self._joints.action(self.ctrl))
        raw.joint_torque[t] = self._torque
        raw.constraint_force[t] = self._constraint
        feet = raw.foot_position.shape[1:]
        position, velocity = self._foot_sensors
        raw.foot_position[t] = self._sensors.take(position, 1).reshape(feet)
        raw.foot_velocity[t] = self._sensors.take(velocity, 1).reshape(feet)
        raw.body_position[t] = self._bodies
        raw.joint_axis[t] = self._axes
        raw.command[t] = command
        raw.gait_phase[t] = gait_phase
        raw.fresh[t] = self._fresh
        self._fresh[:] = False

    def end(self, qpos: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Who has fallen and whose time is up, then pushes, new programs and resets.

        `qpos [B, nq]` as it was recorded.
        """
        terminated, truncated = self._ends(qpos)
        self._between(terminated | truncated)
        return terminated, truncated

    def randomise(self, rng: np.random.Generator) -> None:
        """Friction 0.5-1.1, trunk mass ±0.8 kg, motor gains ±10 %, fixed per robot."""
        size, batch = self.size, self._batch
        friction = batch.expand("geom_friction")
        friction[:, :, 0] = rng.uniform(0.5, 1.1, (size, 1))
        strength = rng.uniform(0.9, 1.1, (size, 1))
        batch.expand("actuator_gainprm")[:, :, 0] *= strength
        batch.expand("actuator_biasprm")[:, :, 1] *= strength
        mass = batch.expand("body_mass")
        mass[:, 1] += rng.uniform(-0.8, 0.8, size)
        batch.set_const()

    def _ends(self, qpos: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        up = rotation.up_in_body(qpos[:, 3:7])
        gap = self._builder.trunk_clearance(qpos[:, 2], up)
        terminated = (gap < CONTACT_MARGIN) | (up[:, 2] < 0.0) | self._broken
        truncated = ~terminated & (self._age >= self._rules.episode_s - 1e-4)
        return terminated, truncated

    def _blown_up(self) -> NDArray[np.bool_]:
        """Robots whose state was not finite or huge since their reset, `[B]`."""
        blown_up: NDArray[np.bool_] = self._warnings[:, _BLOW_UPS, 1].any(1)
        return blown_up

    def _between(self, done: NDArray[np.bool_]) -> None:
        rules = self._rules
        if rules.push_every_s > 0.0:
            pushed = np.flatnonzero(self._rng.random(self.size) < CONTROL_DT / rules.push_every_s)
            if len(pushed):
                angle = self._rng.uniform(0.0, 2.0 * np.pi, len(pushed))
                kick = rules.push_speed * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
                self.qvel[pushed, :2] += kick
        if rules.sampler is not None and rules.resample_s > 0.0:
            chosen = np.flatnonzero(self._rng.random(self.size) < CONTROL_DT / rules.resample_s)
            if len(chosen):
                self.programs.replace_at(chosen, rules.sampler(self._rng, len(chosen)))
                self._start_clock(chosen)
        if rules.auto_reset and done.any():
            self._reset(np.flatnonzero(done))

    def _start_clock(self, ids: NDArray[np.intp]) -> None:
        """Begin the programs at a random time within the spread, heading where the robot looks."""
        start = self._rng.random(len(ids)) * self._rules.start_spread_s
        self._time[ids] = np.round(start / CONTROL_DT) * CONTROL_DT
        turned = self.programs.pick(ids).heading(self._time[ids])
        self._heading_origin[ids] = rotation.yaw(self.qpos[ids, 3:7]) - turned

    def _reset(self, ids: NDArray[np.intp]) -> None:
        rules, rng, count = self._rules, self._rng, len(ids)
        if rules.sampler is not None:
            self.programs.replace_at(ids, rules.sampler(rng, count))
        self._batch.reset(ids, keyframe=0, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
        self.ctrl[ids] = self._joints.home
        if rules.start is not None:
            self._pose(ids, rules.start(rng, self.programs.pick(ids)))
        if rules.reset_noise > 0.0:
            joints = rng.normal(0.0, 0.1, (count, self._robot.nu))
            speeds = rng.normal(0.0, 0.15, (count, 6))
            self.qpos[ids, 7:] += joints * rules.reset_noise
            self.qpos[ids, 2] += rng.uniform(0.0, 0.03, count) * rules.reset_noise
            self.qvel[ids, :6] += speeds * rules.reset_noise
        self._batch.forward(ids, stage=VELOCITY_STAGE)
        self._age[ids] = 0.0
        self._fresh[ids] = True
        self._start_clock(ids)

    def _pose(self, ids: NDArray[np.intp], poses: Floats) -> None:
        """Put robots into `poses [B, nq]` and let their motors hold these; NaN leaves them."""
        chosen = np.isfinite(poses).all(-1)
        self.qpos[ids[chosen]] = poses[chosen]
        self.ctrl[ids[chosen]] = np.clip(poses[chosen, 7:], self._joints.lower, self._joints.upper)


def _places(model: mujoco.MjModel, name: str) -> NDArray[np.intp]:
    """Where a sensor's numbers are."""
    sensor = model.sensor(name)
    return np.arange(int(sensor.adr[0]), int(sensor.adr[0] + sensor.dim[0]))
