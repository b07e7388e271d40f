"""An arm as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.quantities import Catalogue
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment, Noise
from tabrl.control.joints import IntegratedJoints
from tabrl.control.rollout import CONTACT_MARGIN, Fields, RawSteps, Rollout
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm import commanding, elbow, fields, observation
from tabrl.embodiments.arm.catalogue import catalogue
from tabrl.embodiments.arm.chain import DAMPING_M, TURN_M, Chain
from tabrl.embodiments.arm.channels import command_space
from tabrl.embodiments.arm.looks import LOOKS, looks
from tabrl.embodiments.arm.measures import ArmMeasures
from tabrl.embodiments.arm.names import DOWN, ELBOW, TEMPO
from tabrl.embodiments.arm.pose import WantedPose
from tabrl.embodiments.arm.randomisation import disturbances, randomisation
from tabrl.embodiments.arm.recipes import recipes
from tabrl.embodiments.arm.reward_state import ArmRewardState
from tabrl.embodiments.arm.shapes import Shapes
from tabrl.robots import Robot

FAILING = 2.0  # action of the joint that drives an arm into its table or itself
_TRIED = np.linspace(0.0, 2.5, 126)  # rad by which joints are moved to find out which one does


class ArmRobot(Embodiment):
    """A chain of hinges on a table. Raises `Invalid` (code `bad_robot`) for a scene that has none.

    Policies say how fast the joints' targets move (`IntegratedJoints`).
    """

    measures = ArmMeasures
    reward_state = ArmRewardState
    looked_back = fields.LOOKED_BACK
    failure = "collided"
    looked_at = LOOKS

    def __init__(self, robot: Robot, model: mujoco.MjModel) -> None:
        super().__init__(robot, model)
        if self.skeleton.root[0] or len(robot.limbs) != 1:
            raise Invalid("an arm is one limb on a fixed base", code="bad_robot")
        self.joints = IntegratedJoints.of(robot, model)
        self.commands = space = command_space(robot)
        limb = robot.limbs[0]
        self.tool = limb.end_effector
        self.chain = Chain.of(model, limb.joints, limb.end_effector)
        self.shapes = Shapes(model, self.chain, limb.end_effector)
        self.wanted = WantedPose.of(self.chain, self.home_qpos, space)
        self.features = observation.feature_segments(robot, space)
        self.recorded = self.features.span("command", "settings")
        self.observation = observation.observation_segments(robot, space)
        self._observer = observation.Observer(
            robot, space, self.features, self.chain, self.joints.home
        )
        recorded = Segments(self.features.widths[:2])
        self.schema = fields.schema(robot, recorded)
        self._fields = fields.RolloutFields(self.chain, self.shapes, self.wanted.axes, recorded)
        self.reset_noise = (
            Noise("joints", robot.nu, "normal", 0.1),
            Noise("speeds", robot.nu, "normal", 0.1),
        )
        self.hidden = observation.HIDDEN
        tool = int(model.site(limb.end_effector).bodyid[0])
        name, mass = model.body(tool).name, float(model.body_mass[tool])
        self.randomisation = randomisation(name, mass)
        self.disturbances = disturbances(name, mass)
        reach = robot.characteristic_length
        self.certified = {"x": 0.1 * reach, "y": 0.2 * reach, "elevation": 0.5}

    def command_features(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B F"]:
        return observation.command_features(self.features, self.wanted, time, commands, xp)

    def complete_observation(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B 0"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        return self._observer(features, qpos, qvel, ctrl, xp)

    def privileged(
        self,
        clean: Float[Array, "*B no"],
        seen: Float[Array, "*B no"],
        qpos: Float[Array, "*B nq"],
        xp: Xp = np,
    ) -> Float[Array, "*B 6"]:
        return observation.privileged(self.observation, clean, xp)

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        return self._fields.instant(raw, xp)

    def qpos_of(self, rollout: Rollout) -> Float[np.ndarray, "T B nq"]:
        return rollout.joint_position

    def carry(self, size: int) -> dict[str, Floats]:
        return fields.empty_carry(self.robot, size)

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        return self._fields.advance(carry, now, just_reset, xp)

    def reset_offset(
        self, noise: Mapping[str, Array], xp: Xp = np
    ) -> tuple[Float[Array, "n nq"], Float[Array, "n nv"]]:
        """Joints a little away from home, and moving."""
        return noise["joints"], noise["speeds"]

    def failed(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Which arms touch themselves, or the table with anything but the tool's tip."""
        return self.shapes.touching(self.chain.frames(qpos, xp), xp)

    def looks(self, rollout: Rollout) -> Mapping[str, float]:
        """Contacts with itself, joints at their limits, jerks."""
        return looks(rollout, self.robot.joint_range)

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.robot)

    @cached_property
    def recipes(self) -> Mapping[str, CommandSchedule]:
        return recipes(self.robot, self.commands)

    @cached_property
    def failing_action(self) -> Floats | None:
        ways = np.concatenate([np.eye(self.nq), -np.eye(self.nq)])
        moved = self.home_qpos + _TRIED[:, None, None] * ways
        frames = self.chain.frames(moved.astype(np.float32))
        failed = self.shapes.touching(frames.reshape(-1, *frames.shape[2:])).reshape(
            moved.shape[:2]
        )
        # A tip on the table would stop it before.
        stopped = self.shapes.table_gap(self.shapes.ends(frames)) < CONTACT_MARGIN
        first = np.where(failed.any(0), failed.argmax(0), len(_TRIED))
        first[stopped.any(0) & (stopped.argmax(0) < first)] = len(_TRIED)
        if first.min() == len(_TRIED):
            return None
        action: Floats = FAILING * ways[first.argmin()].astype(np.float32)
        return action

    @property
    def exported(self) -> Mapping[str, object]:
        chain = self.chain
        return {
            "chain": {
                name: getattr(chain, name).astype(float).tolist()
                for name in ("fixed", "sine", "cosine", "tip", "axes")
            },
            "chain_columns": list(chain.columns),
            "joint_channels": [
                self.commands.column(name) if name in self.commands else None
                for name in observation.joint_channels(self.robot)
            ],
            "on_path": self.commands.on_path,
            "home_place": self.wanted.place.astype(float).tolist(),
            "home_axes": self.wanted.axes.astype(float).tolist(),
            "way": {
                "turn_m": TURN_M,
                "damping_m": DAMPING_M,
                "step_m": observation.STEP_M,
                "step_rad": observation.STEP_RAD,
                "near_rad": observation.NEAR_RAD,
            },
            "elbow": self._exported_elbow,
            "near_m": observation.NEAR_M,
            "far_m": observation.FAR_M,
        }

    @property
    def _exported_elbow(self) -> Mapping[str, object] | None:
        settings = [setting.name for setting in self.commands.settings]
        if ELBOW not in settings:
            return None
        joints = [elbow.SHOULDER, elbow.ELBOW, elbow.WRIST]
        return {"setting": settings.index(ELBOW), "joints": joints, "bent_rad": elbow.BENT_RAD}

    def schedules_of(self, motion: MotionSpec) -> tuple[CommandSchedule, ...]:
        return commanding.schedules_of(motion, self.commands, self.wanted)

    def setting_variants(self) -> list[CommandSchedule]:
        known = {setting.name for setting in self.commands.settings}
        return [CommandSchedule.asking(self.commands, elbow=DOWN)] if ELBOW in known else []

    def mutate_settings(
        self, commands: CommandBatch, row: int, step: float, rng: np.random.Generator
    ) -> None:
        """The elbow on the other side, or another tempo, or none."""
        if ELBOW in commands.settings and rng.random() < 0.3:
            commands.settings[ELBOW][row] = 1 - commands.settings[ELBOW][row]
            return
        tempo, (low, high) = commands.settings[TEMPO], self.commands.setting(TEMPO).range
        if rng.random() < 0.3:
            tempo[row] = 0.0
        elif tempo[row] == 0.0:
            tempo[row] = rng.uniform(low, high)
        else:
            tempo[row] = min(max(tempo[row] + rng.normal(0.0, step * (high - low)), low), high)


def embodiment(robot: Robot, model: mujoco.MjModel) -> Embodiment:
    """The kind's entry point."""
    return ArmRobot(robot, model)
