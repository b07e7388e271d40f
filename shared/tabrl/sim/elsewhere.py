"""A robot in scenes that other projects made of it: does a policy do there what it does here?

Other bodies, contacts, motors and physics steps than ours, and none of it drawn by our trainings.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import mujoco
import numpy as np
from pydantic import BaseModel, ConfigDict

from tabrl.contracts.training import RobustnessRow
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid, NotFound
from tabrl.robots import robot_folder
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.robustness import CHUNK_S, EPISODES, mean_of, settled
from tabrl.sim.simulator import PolicyFn, episode

DOCUMENT = "elsewhere.toml"
SPEED = "forward_speed"  # what kinds that move about measure
_SEED = 6_007


class OtherScene(BaseModel):
    """A scene by the package that holds it; `words` end the sentence "walks …"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    words: str
    package: str  # as the package index calls it
    scene: str  # an MJCF among its files

    def file(self) -> Path:
        """Where it lies; the package is located, not imported.

        Raises `NotFound` (code `scene_not_found`) if it is not installed.
        """
        try:
            path = Path(str(distribution(self.package).locate_file(self.scene)))
        except PackageNotFoundError:
            path = None
        if path is None or not path.is_file():
            raise NotFound(
                f"the package {self.package} with {Path(self.scene).name} is not installed",
                code="scene_not_found",
                hint=f"pip install {self.package}",
            )
        return path


class OtherScenes(BaseModel):
    """A robot's `elsewhere.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenes: tuple[OtherScene, ...] = ()

    @classmethod
    def of(cls, robot_id: str) -> OtherScenes:
        """What is named in a robot's folder; none without such a file."""
        file = robot_folder(robot_id).joinpath(DOCUMENT)
        return cls.model_validate(tomllib.loads(file.read_text())) if file.is_file() else cls()


class ElsewhereRow(RobustnessRow):
    """How a policy did in another scene; mean speeds in m/s there and in the robot's own."""

    speed: float | None
    own_speed: float | None


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Policies of one robot in another scene of it, and in its own from the same starts."""

    embodiment: Embodiment
    scene: OtherScene
    episodes: int

    def measure(self, policy: PolicyFn, schedule: CommandSchedule, seconds: float) -> ElsewhereRow:
        """Let a policy do what it is asked in both scenes.

        Raises:
            NotFound: the other scene is not installed (code `scene_not_found`).
            Invalid: it is of another robot (code `other_robot`).
        """
        model = other_model(self.embodiment, self.scene.file())
        there = self._run(policy, schedule, seconds, model)
        here = self._run(policy, schedule, seconds, None)
        failed = self.embodiment.failures(there).max(0) > 0.5
        rest = settled(there)
        error = self.embodiment.speed_error(rest)
        return ElsewhereRow(
            name=self.scene.name,
            words=self.scene.words,
            reward=None,
            speed_error=mean_of(error[~failed]),
            fall_rate=float(failed.mean()),
            episodes=self.episodes,
            speed=self._speed(rest),
            own_speed=self._speed(settled(here)),
        )

    def _run(
        self,
        policy: PolicyFn,
        schedule: CommandSchedule,
        seconds: float,
        model: mujoco.MjModel | None,
    ) -> Rollout:
        simulator = CpuSimulator(self.embodiment.robot, self.episodes, model=model)
        schedules = StagedCommands.stack([schedule] * self.episodes)
        run = episode(simulator, schedules, policy, seconds, _SEED, EPISODES, block_s=CHUNK_S)
        return run.rollout

    def _speed(self, rollout: Rollout) -> float | None:
        if SPEED not in self.embodiment.catalogue:
            return None
        return float(self.embodiment.measured(rollout.fields).of(SPEED).mean())


def other_model(embodiment: Embodiment, file: Path) -> mujoco.MjModel:
    """A scene as it stands, with our home keyframe and without meshes that are only seen.

    Its own shapes, masses, motors and physics step stay: a control step is as many of these as it
    takes. Raises `Invalid` (code `other_robot`) if its joints and actuators are not the robot's.
    """
    spec = mujoco.MjSpec.from_file(str(file))
    for geom in list(spec.geoms):
        if geom.type == mujoco.mjtGeom.mjGEOM_MESH and not geom.contype | geom.conaffinity:
            spec.delete(geom)
    for mesh in list(spec.meshes):
        spec.delete(mesh)
    for key in list(spec.keys):
        spec.delete(key)
    home = embodiment.joints.home
    spec.add_key(name="home", qpos=embodiment.home_qpos.tolist(), ctrl=home.tolist())
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_SENSOR
    try:
        model: mujoco.MjModel = spec.compile()
    except ValueError as error:
        raise _other(file, str(error).splitlines()[0]) from error
    names = tuple(model.actuator(number).name for number in range(model.nu))
    if names != embodiment.robot.joint_names or model.nq != embodiment.nq:
        raise _other(file, f"its actuators are {', '.join(names) or 'none'}")
    places = model.jnt_qposadr[model.actuator_trnid[:, 0]]
    if not np.array_equal(places, np.arange(model.nq - model.nu, model.nq)):
        raise _other(file, "its actuators are in another order than its joints")
    steps = CONTROL_DT / model.opt.timestep
    if abs(steps - round(steps)) > 1e-6:
        raise _other(file, f"its physics step of {model.opt.timestep} s does not divide 20 ms")
    return model


def _other(file: Path, reason: str) -> Invalid:
    return Invalid(f"{file.name} is no scene of this robot: {reason}", code="other_robot")
