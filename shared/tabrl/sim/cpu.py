"""The CPU simulator: MuJoCo's own batch stepping on all cores."""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from tabrl.control import rotation
from tabrl.control.observation import Joints, build_observation
from tabrl.control.program import Programs
from tabrl.control.tape import CONTROL_DT, Floats, Memory, RawSteps, TapeBuilder
from tabrl.robots import Robot, scene_xml
from tabrl.sim.simulator import EpisodeRules, PolicyFn, Rollout

SUBSTEPS = 2
_VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)
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


def physics_model(robot: Robot) -> mujoco.MjModel:
    """The scene without its visual geoms: they weigh and touch nothing, but cost kinematics."""
    spec = mujoco.MjSpec.from_string(scene_xml(robot.id).decode())
    spec.compiler.discardvisual = True
    model: mujoco.MjModel = spec.compile()
    return model


def trunk_shapes(model: mujoco.MjModel) -> dict[str, NDArray[np.float64]]:
    """Boxes and spheres of the root body as `(x, y, z, hx, hy, hz, r)`, for exact floor clearance.

    Raises `ValueError` for another or a rotated shape.
    """
    shapes = {}
    for geom in range(model.ngeom):
        if model.geom_bodyid[geom] != 1 or model.geom_conaffinity[geom] == 0:
            continue
        kind, size = model.geom_type[geom], model.geom_size[geom]
        half, radius = np.zeros(3), 0.0
        if kind == mujoco.mjtGeom.mjGEOM_BOX and abs(model.geom_quat[geom][0]) > 1 - 1e-9:
            half = size.copy()
        elif kind == mujoco.mjtGeom.mjGEOM_SPHERE:
            radius = float(size[0])
        else:
            raise ValueError(f"{model.geom(geom).name}: only unrotated boxes and spheres may touch")
        shapes[model.geom(geom).name] = np.array([*model.geom_pos[geom], *half, radius])
    return shapes


class CpuSimulator:
    """`Simulator` on `mujoco.batch.Batch`: `size` robots on `threads` threads (0: all cores)."""

    def __init__(
        self, robot: Robot, size: int, *, threads: int = 0, randomise: bool = False, seed: int = 0
    ) -> None:
        self._robot = robot
        self._model = physics_model(robot)
        self._batch = Batch(self._model, size, threads, persistent=True)
        self._builder = TapeBuilder(robot, trunk_shapes(self._model))
        self._joints = Joints.of(robot)
        self._rng = np.random.default_rng(seed)
        self._rules = EpisodeRules()
        self._programs = Programs.neutral(size)
        self._memory = Memory.zeros(size, robot)
        self._time = np.zeros(size, np.float32)
        self._age = np.zeros(size, np.float32)
        self._heading_origin = np.zeros(size, np.float32)
        self._fresh = np.ones(size, np.bool_)
        feet = range(len(robot.foot_names))
        self._foot_slices = [
            [self._sensor(f"{robot.foot_names[i]}_{kind}") for i in feet]
            for kind in ("position", "velocity")
        ]
        if randomise:
            self._randomise()

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return int(self._batch.nsim)

    def reset(self, programs: Programs, rules: EpisodeRules, seed: int) -> None:
        """Start all robots anew with `programs [B]`."""
        if len(programs) != self.size:
            raise ValueError(f"{len(programs)} programs for {self.size} robots")
        self._rules = rules
        self._rng = np.random.default_rng(seed)
        self._programs = programs.copy()
        self._reset(np.arange(self.size))
        if rules.auto_reset:
            # Else all episodes would end in the same block, and the next one see only starts.
            self._age = self._rng.uniform(0.0, rules.episode_s, self.size).astype(np.float32)

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Nothing: this simulator compiles nothing."""

    def rollout(self, policy: PolicyFn, steps: int) -> Rollout:
        """Go on for `steps` control steps of 20 ms."""
        raw = RawSteps.empty(steps, self.size, self._robot)
        observations, actions = [], []
        ended = np.zeros((2, steps, self.size), np.float32)
        for t in range(steps):
            observation = self._observe()
            action = policy(observation)
            self._step(action)
            self._record(raw, t)
            terminated, truncated = self._ends(raw.qpos[t])
            ended[0, t], ended[1, t] = terminated, truncated
            observations.append(observation)
            actions.append(action)
            self._between(terminated | truncated)
        observations.append(self._observe())
        return Rollout(
            tape=self._builder.derive(raw, self._memory),
            observation=np.stack(observations),
            action=np.stack(actions),
            terminated=ended[0],
            truncated=ended[1],
        )

    def state(self) -> tuple[Floats, Floats]:
        """Copies of `qpos [B, nq]` and `qvel [B, nv]`."""
        return self._batch.qpos.astype(np.float32), self._batch.qvel.astype(np.float32)

    def place(self, qpos: Floats, qvel: Floats) -> None:
        """Put the robots into states `qpos [B, nq]`, `qvel [B, nv]`; their clocks go on."""
        self._batch.qpos[:], self._batch.qvel[:] = qpos, qvel
        self._batch.forward(stage=_VELOCITY_STAGE)

    def _sensor(self, name: str) -> slice:
        sensor = self._model.sensor(name)
        return slice(int(sensor.adr[0]), int(sensor.adr[0] + sensor.dim[0]))

    def _observe(self) -> Floats:
        observation: Floats = build_observation(
            self._time,
            self._batch.qpos.astype(np.float32),
            self._batch.qvel.astype(np.float32),
            self._batch.ctrl.astype(np.float32),
            self._programs,
            self._joints,
            self._heading_origin,
        )
        return observation

    def _step(self, action: Floats) -> None:
        self._batch.ctrl[:] = self._joints.targets(action)
        self._batch.step(nstep=SUBSTEPS, stage=_VELOCITY_STAGE)
        self._time += CONTROL_DT
        self._age += CONTROL_DT

    def _record(self, raw: RawSteps, t: int) -> None:
        batch = self._batch
        sensors = batch.sensordata
        raw.time[t] = self._time
        raw.qpos[t], raw.qvel[t] = batch.qpos, batch.qvel
        broken = self._broken()
        raw.qpos[t, broken] = raw.qvel[t, broken] = 0.0  # in the floor: a fall for the tape too
        raw.action[t] = np.nan_to_num(self._joints.action(batch.ctrl))
        raw.joint_torque[t] = batch.qfrc_actuator[:, 6:]
        raw.constraint_force[t] = batch.qfrc_constraint[:, 6:]
        for foot, (position, velocity) in enumerate(zip(*self._foot_slices, strict=True)):
            raw.foot_position[t, :, foot] = sensors[:, position]
            raw.foot_velocity[t, :, foot] = sensors[:, velocity]
        raw.body_position[t] = batch.xpos[:, 1:]
        raw.joint_axis[t] = batch.xaxis[:, 1:]
        raw.command[t] = self._programs.command(self._time)
        raw.gait_phase[t] = self._programs.gait_phase(self._time)
        raw.fresh[t] = self._fresh
        self._fresh = np.zeros(self.size, np.bool_)

    def _ends(self, qpos: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        up = rotation.up_in_body(qpos[:, 3:7])
        gap = self._builder.trunk_clearance(qpos[:, 2], up)
        terminated = (gap < 0.002) | (up[:, 2] < 0.0) | self._broken()
        truncated = ~terminated & (self._age >= self._rules.episode_s - 1e-4)
        return terminated, truncated

    def _broken(self) -> NDArray[np.bool_]:
        """Robots whose state was not finite or huge since their reset, `[B]`."""
        blown_up: NDArray[np.bool_] = self._batch.warning[:, _BLOW_UPS, 1].any(1)
        return blown_up

    def _between(self, done: NDArray[np.bool_]) -> None:
        rules = self._rules
        if rules.push_every_s > 0.0:
            pushed = np.flatnonzero(self._rng.random(self.size) < CONTROL_DT / rules.push_every_s)
            angle = self._rng.uniform(0.0, 2.0 * np.pi, len(pushed))
            kick = rules.push_speed * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
            self._batch.qvel[pushed, :2] += kick
        if rules.sampler is not None and rules.resample_s > 0.0:
            chosen = np.flatnonzero(self._rng.random(self.size) < CONTROL_DT / rules.resample_s)
            self._draw_programs(chosen)
        if rules.auto_reset and done.any():
            self._reset(np.flatnonzero(done))

    def _draw_programs(self, ids: NDArray[np.intp]) -> None:
        if self._rules.sampler is None or not len(ids):
            return
        self._programs.replace_at(ids, self._rules.sampler(self._rng, len(ids)))
        self._start_clock(ids)

    def _start_clock(self, ids: NDArray[np.intp]) -> None:
        """Begin the programs at a random time within the spread, heading where the robot looks."""
        start = self._rng.random(len(ids)) * self._rules.start_spread_s
        self._time[ids] = np.round(start / CONTROL_DT) * CONTROL_DT
        turned = self._programs.pick(ids).heading(self._time[ids])
        self._heading_origin[ids] = rotation.yaw(self._batch.qpos[ids, 3:7]) - turned

    def _reset(self, ids: NDArray[np.intp]) -> None:
        noise, rng, count = self._rules.reset_noise, self._rng, len(ids)
        self._batch.reset(ids, keyframe=0, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
        if noise > 0.0:
            joints = rng.normal(0.0, 0.1, (count, self._robot.nu)) * noise
            self._batch.qpos[ids, 7:] += joints
            self._batch.qpos[ids, 2] += rng.uniform(0.0, 0.03, count) * noise
            self._batch.qvel[ids, :6] += rng.normal(0.0, 0.15, (count, 6)) * noise
        self._batch.ctrl[ids] = self._joints.home
        self._batch.forward(ids, stage=_VELOCITY_STAGE)
        self._age[ids] = 0.0
        self._fresh[ids] = True
        self._start_clock(ids)
        self._draw_programs(ids)

    def _randomise(self) -> None:
        """Friction 0.5-1.1, trunk mass ±0.8 kg, motor gains ±10 %, fixed per robot."""
        rng, size = self._rng, self.size
        friction = self._batch.expand("geom_friction")
        friction[:, :, 0] = rng.uniform(0.5, 1.1, (size, 1))
        strength = rng.uniform(0.9, 1.1, (size, 1))
        self._batch.expand("actuator_gainprm")[:, :, 0] *= strength
        self._batch.expand("actuator_biasprm")[:, :, 1] *= strength
        mass = self._batch.expand("body_mass")
        mass[:, 1] += rng.uniform(-0.8, 0.8, size)
        self._batch.set_const()
