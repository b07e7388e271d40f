"""A legged robot as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from tabrl.contracts.quantities import Catalogue
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment, Noise, Randomisation
from tabrl.control.rollout import Fields, RawSteps, Rollout
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged import fields, observation
from tabrl.embodiments.legged.catalogue import catalogue
from tabrl.embodiments.legged.channels import command_space
from tabrl.embodiments.legged.gait import GAITS, Gait, GaitClock, offsets
from tabrl.embodiments.legged.heading import heading
from tabrl.embodiments.legged.limbs import is_left, is_rear, lift_channel
from tabrl.embodiments.legged.measures import LeggedMeasures
from tabrl.embodiments.legged.recipes import recipes, variants
from tabrl.embodiments.legged.reward_state import LeggedRewardState
from tabrl.embodiments.legged.trunk import Trunk
from tabrl.robots import Robot

# Actions of a leg's joints that tip the robot over: one side folded, the other one stretched.
_FOLDED, _STRETCHED = (0.8, 2.0, 0.0), (0.8, -2.0, 2.0)


class LeggedRobot(Embodiment):
    """n legs on a floating trunk. Raises `Invalid` (code `bad_robot`) for a scene that has none."""

    measures = LeggedMeasures
    reward_state = LeggedRewardState
    looked_back = fields.LOOKED_BACK
    origin_size = 1
    failure = "fallen"

    def __init__(self, robot: Robot, model: mujoco.MjModel) -> None:
        super().__init__(robot, model)
        if not self.skeleton.root[0]:
            raise Invalid("a legged robot needs a free joint at its trunk", code="bad_robot")
        self.commands = command_space(robot)
        self.clock = GaitClock(robot)
        self.features = observation.feature_segments(robot, self.commands)
        self.recorded = self.features.span("gait_phase", "command")
        self.observation = observation.observation_segments(robot, self.commands)
        self.schema = fields.schema(robot, len(self.commands))
        self._observer = observation.Observer(self.features, self.joints)
        trunk = int(model.jnt_bodyid[0])
        self._trunk = Trunk(model)
        recorded = Segments(self.features.widths[:2])
        self._fields = fields.RolloutFields(robot, model, self._trunk, recorded)
        self.reset_noise = (
            Noise("joints", robot.nu, "normal", 0.1),
            Noise("speeds", 6, "normal", 0.15),
            Noise("height", None, "uniform", 0.03),
        )
        self.push_noise = (Noise("angle", None, "uniform", 2.0 * np.pi),)
        self.randomisation = Randomisation(
            friction=(0.5, 1.1), motor_gain=(0.9, 1.1), body=model.body(trunk).name,
            body_mass=(-0.8, 0.8),
        )  # fmt: skip

    def command_features(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B F"]:
        return observation.command_features(self.features, self.clock, time, commands, xp)

    def origin(
        self, qpos: Float[Array, "*B nq"], time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B 1"]:
        """The heading at the schedule's time zero."""
        return observation.heading_origin(self.clock, qpos, time, commands, xp)

    def complete_observation(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B 1"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        return self._observer(features, qpos, qvel, ctrl, origin, xp)

    def heading(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B"]:
        """How far a schedule has turned the robot by `time`, rad, not wrapped."""
        return heading(self.clock, commands, time, xp)

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        return self._fields.instant(raw, xp)

    def qpos_of(self, rollout: Rollout) -> Float[np.ndarray, "T B nq"]:
        parts = (rollout.base_position, rollout.base_quaternion, rollout.joint_position)
        return np.concatenate(parts, axis=-1)

    def carry(self, size: int) -> dict[str, Floats]:
        return fields.empty_carry(self.robot, size)

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        return self._fields.advance(carry, now, just_reset, xp)

    def reset_offset(
        self, noise: Mapping[str, Array], xp: Xp = np
    ) -> tuple[Float[Array, "n nq"], Float[Array, "n nv"]]:
        """Joints a little away from home, the trunk a little higher and moving."""
        height, joints, speeds = noise["height"][:, None], noise["joints"], noise["speeds"]
        none = xp.zeros_like(height)
        qpos = xp.concatenate([none, none, height, *[none] * 4, joints], axis=-1)
        return qpos, xp.concatenate([speeds, xp.zeros_like(joints)], axis=-1)

    def push(
        self, noise: Mapping[str, Array], speed: float | Array, xp: Xp = np
    ) -> Float[Array, "n nv"]:
        """A kick of the trunk in a random direction over the floor."""
        angle = noise["angle"]
        kick = speed * xp.stack([xp.cos(angle), xp.sin(angle)], axis=-1)
        rest = xp.zeros((len(angle), self.nv - 2), kick.dtype)
        return xp.concatenate([kick, rest], axis=-1)

    def failed(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Whose trunk touches the floor or is upside down."""
        return self._trunk.fallen(qpos, xp)

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.robot)

    @cached_property
    def recipes(self) -> Mapping[str, CommandSchedule]:
        return recipes(self.robot, self.commands)

    @property
    def failing_action(self) -> Floats:
        action = np.zeros(self.robot.nu, np.float32)
        for limb in self.robot.limbs:
            wanted = _STRETCHED if is_left(limb) else _FOLDED
            for name, value in zip(limb.joints, wanted, strict=False):
                action[self.robot.joint_names.index(name)] = value
        return action

    @property
    def exported(self) -> Mapping[str, object]:
        limbs = self.robot.limbs
        ahead = zip(GAITS, offsets(self.robot).tolist(), strict=True)
        return {
            "feet": [{"lift": lift_channel(limb), "front": not is_rear(limb)} for limb in limbs],
            "gait_offsets": {str(gait): cycles for gait, cycles in ahead},
            "long_swings": [str(Gait.TROT)],
        }

    def setting_variants(self) -> list[CommandSchedule]:
        return list(variants(self.commands))

    def mutate_settings(
        self, commands: CommandBatch, row: int, step: float, rng: np.random.Generator
    ) -> None:
        """Another gait, or another frequency for this one, or both left to the speed again."""
        gait, frequency = commands.settings["gait"], commands.settings["gait_frequency"]
        kind = rng.random()
        if kind < 0.3:
            gait[row], frequency[row] = 0, 0.0
        elif kind < 0.6:
            gait[row] = rng.integers(0, len(GAITS))
        elif frequency[row] == 0.0:
            frequency[row] = rng.uniform(*self.commands.setting("gait_frequency").range)
        else:
            frequency[row] += rng.normal(0.0, step)


def embodiment(robot: Robot, model: mujoco.MjModel) -> Embodiment:
    """The kind's entry point."""
    return LeggedRobot(robot, model)
