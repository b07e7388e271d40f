"""A planar robot as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from tabrl.contracts.quantities import Catalogue
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.embodiment import Disturbance, Embodiment, Noise, Randomisation
from tabrl.control.kinematics import PLANE
from tabrl.control.rollout import CONTACT_MARGIN, Fields, RawSteps, Rollout
from tabrl.control.staged_commands import Commands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.planar import fields, observation
from tabrl.embodiments.planar.catalogue import catalogue
from tabrl.embodiments.planar.channels import command_space, speed_unit
from tabrl.embodiments.planar.measures import PlanarMeasures
from tabrl.embodiments.planar.names import SPEED
from tabrl.embodiments.planar.reward_state import PlanarRewardState
from tabrl.embodiments.planar.shapes import Clearance
from tabrl.robots import Robot

_SLOWEST = 0.1  # of sqrt(g h): slower is no speed to be off by a share of


class PlanarRobot(Embodiment):
    """Limbs on a trunk in a plane. Raises `Invalid` (code `bad_robot`) for a scene without."""

    measures = PlanarMeasures
    reward_state = PlanarRewardState
    looked_back = fields.LOOKED_BACK
    failure = "fallen"

    def __init__(self, robot: Robot, model: mujoco.MjModel) -> None:
        super().__init__(robot, model)
        if self.skeleton.root != PLANE:
            raise Invalid(
                "a planar robot's trunk needs slides along x and z and a hinge about y, in this "
                "order",
                code="bad_robot",
            )
        self.commands = command_space(robot)
        self.features = observation.feature_segments(self.commands)
        self.recorded = self.features["command"]
        self.observation = observation.observation_segments(robot, self.commands)
        self.schema = fields.schema(robot, len(self.commands))
        self._clearance = Clearance(model, robot.nu)
        feet = [int(model.site(name).bodyid[0]) - 1 for name in robot.end_effectors]
        self._fields = fields.RolloutFields(self._clearance, feet)
        length, speed = robot.characteristic_length, speed_unit(robot)
        self.reset_noise = (
            Noise("joints", robot.nu, "normal", 0.05),
            Noise("pitch", None, "normal", 0.03),
            Noise("height", None, "uniform", 0.05 * length),
            Noise("speeds", fields.ROOT, "normal", 0.05 * speed),
        )
        self.push_noise = (Noise("way", None, "uniform", 1.0, -1.0),)
        noise = {"joint_offset": 0.01, "joint_velocity": 0.3, "attitude": 0.01, "pitch_rate": 0.1}
        self.randomisation = Randomisation(
            friction=(0.7, 1.3), stiffness=(0.85, 1.15), damping=(0.8, 1.2), noise=noise
        )
        self.disturbances = (
            Disturbance("nominal", "as in the scene"),
            Disturbance("late", "acts 20 ms late", Randomisation(late=1.0)),
            Disturbance("noise", "sensor noise", Randomisation(noise=noise)),
            Disturbance(
                "slippery", "slippery floor: friction halved", Randomisation(friction=(0.5, 0.5))
            ),
            Disturbance(
                "soft", "motors at 70 % of their stiffness", Randomisation(stiffness=(0.7, 0.7))
            ),
        )

    def command_features(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B F"]:
        return observation.command_features(self.features, time, commands, xp)

    def complete_observation(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B O"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        stands = self.robot.characteristic_length
        return observation.observation(self.joints, stands, features, qpos, qvel, ctrl, xp)

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        return self._fields.instant(raw, xp)

    def qpos_of(self, rollout: Rollout) -> Float[np.ndarray, "T B nq"]:
        root = np.stack(
            [rollout.base_position[..., 0], rollout.base_position[..., 2], rollout.pitch], axis=-1
        )
        return np.concatenate([root, rollout.joint_position], axis=-1)

    def carry(self, size: int) -> dict[str, Floats]:
        return fields.empty_carry(self.robot, size)

    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        return self._fields.advance(carry, now, just_reset, xp)

    def reset_offset(
        self, noise: Mapping[str, Array], xp: Xp = np
    ) -> tuple[Float[Array, "n nq"], Float[Array, "n nv"]]:
        """Joints a little away from home, the trunk a little higher, tilted and moving."""
        height, pitch, joints = noise["height"][:, None], noise["pitch"][:, None], noise["joints"]
        qpos = xp.concatenate([xp.zeros_like(height), height, pitch, joints], axis=-1)
        return qpos, xp.concatenate([noise["speeds"], xp.zeros_like(joints)], axis=-1)

    def push(
        self, noise: Mapping[str, Array], speed: float | Array, xp: Xp = np
    ) -> Float[Array, "n nv"]:
        """A kick of the trunk ahead or back."""
        kick = (speed * xp.sign(noise["way"]))[:, None]
        return xp.concatenate([kick, xp.zeros((len(kick), self.nv - 1), kick.dtype)], axis=-1)

    def failed(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Whose trunk touches the floor."""
        gap: Array = self._clearance.of_root(qpos[..., 1], qpos[..., 2], xp)
        return gap < CONTACT_MARGIN

    def speed_error(self, rollout: Rollout) -> Floats:
        """Ahead; NaN where no speed is asked for."""
        asked = rollout.command[..., self.commands.column(SPEED)].mean(0)
        off = np.abs(rollout.forward_speed.mean(0) - asked)
        known = np.abs(asked) > _SLOWEST * speed_unit(self.robot)
        error: Floats = np.where(known, off / np.where(known, np.abs(asked), 1.0), np.nan)
        return error.astype(np.float32)

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.robot)

    @cached_property
    def recipes(self) -> Mapping[str, CommandSchedule]:
        """Standing, and every channel to both ends and to and fro."""
        shown = {"stand": CommandSchedule.neutral(self.commands)}
        for channel in self.commands.channels:
            ends = ((channel.positive, channel.upper), (channel.negative, channel.lower))
            for words, end in ends:
                for share in (0.3, 0.6, 1.0):
                    shown[f"{words} {share:g}"] = self._asking(channel.name, Wave(share * end))
            swung = Wave(amplitude=channel.amplitude)
            shown[f"{channel.name} to and fro"] = self._asking(channel.name, swung)
        return shown

    def _asking(self, channel: str, wave: Wave) -> CommandSchedule:
        return CommandSchedule.neutral(self.commands).with_wave(channel, wave)

    @property
    def failing_action(self) -> Floats | None:
        """No single action brings every such robot down."""
        return None

    @property
    def exported(self) -> Mapping[str, object]:
        return {"stands": self.robot.characteristic_length}


def embodiment(robot: Robot, model: mujoco.MjModel) -> Embodiment:
    """The kind's entry point."""
    return PlanarRobot(robot, model)
