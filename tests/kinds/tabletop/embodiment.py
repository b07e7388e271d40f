"""A tabletop robot as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import mujoco
import numpy as np

from tabrl.contracts.quantities import Catalogue
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import Channel, CommandSpace
from tabrl.control.embodiment import (
    LOOK_AHEAD_S,
    Embodiment,
    Noise,
    Randomisation,
    action_fields,
    after_reset,
    looking_back,
)
from tabrl.control.measures import GENERAL, Measures
from tabrl.control.rollout import Fields, RawSteps, Rollout
from tabrl.control.segments import Segments
from tabrl.control.staged_commands import Commands
from tabrl.rewards.state import RewardState, item
from tabrl.robots import Robot
from tests.kinds.tabletop.catalogue import catalogue, channel

REACH = 0.8  # rad to either side that a joint can be told


class TabletopMeasures(Measures):
    """Nothing but what every kind has: tips are a field of the rollout."""

    derived = GENERAL


class TabletopState(RewardState):
    """The tips, beside what every robot has."""

    __slots__ = ()

    def tip_position(self, name: str | None = None) -> Array:
        return item(self._fields["tip_position"], name, self._names.robot.end_effectors, "tip")


class TabletopRobot(Embodiment):
    """Hinges on a fixed base; every joint has a command channel of its own."""

    measures = TabletopMeasures
    reward_state = TabletopState
    looked_back = ("action", "joint_velocity")

    def __init__(self, robot: Robot, model: mujoco.MjModel) -> None:
        super().__init__(robot, model)
        joints, count = robot.joint_names, robot.nu
        self.commands = CommandSpace(
            tuple(
                Channel(
                    channel(name), "rad", -REACH, REACH, REACH / 2, 0.02, f"{name} from home, rad",
                    f"{name} forth", f"{name} back",
                )
                for name in joints
            )
        )  # fmt: skip
        self.features = Segments((("command", count), ("command_ahead", count), ("modulation", 2)))
        self.recorded = self.features["command"]
        self.observation = Segments(
            (
                ("joint_offset", count), ("joint_velocity", count), ("last_action", count),
                ("command", count), ("command_ahead", count), ("modulation", 2),
            )
        )  # fmt: skip
        self.schema = {
            "time": (),
            **dict.fromkeys(
                (
                    "joint_position", "joint_velocity", "joint_acceleration", "joint_torque",
                    "action", "previous_action", "previous_previous_action", "command",
                ),
                (count,),
            ),
            "body_position": (len(robot.body_names), 3),
            "tip_position": (len(robot.end_effectors), 3),
        }  # fmt: skip
        self.reset_noise = (Noise("joints", count, "normal", 0.1),)
        self.randomisation = Randomisation(
            friction=(0.6, 1.4), stiffness=(0.9, 1.1), late=0.5, noise={"joint_velocity": 0.1}
        )

    def command_features(self, time: Array, commands: Commands, xp: Xp = np) -> Array:
        now, soon = commands.at(time, xp), commands.at(time + LOOK_AHEAD_S, xp)
        angle = xp.broadcast_to(now.modulation_phase(time, xp), time.shape)
        parts = {
            "command": now.command(time, xp),
            "command_ahead": soon.command(time + LOOK_AHEAD_S, xp),
            "modulation": xp.stack([xp.sin(angle), xp.cos(angle)], axis=-1),
        }
        return self.features.join(parts, xp)

    def complete_observation(
        self, features: Array, qpos: Array, qvel: Array, ctrl: Array, origin: Array, xp: Xp = np
    ) -> Array:
        parts = [qpos - self.joints.home, qvel, self.joints.action(ctrl), features]
        return xp.concatenate(parts, axis=-1).astype(xp.float32)

    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        return {
            **action_fields(raw),
            "joint_position": raw.qpos,
            "joint_velocity": raw.qvel,
            "command": raw.commanded,
            "tip_position": raw.end_position,
        }

    def qpos_of(self, rollout: Rollout) -> Floats:
        return rollout.joint_position

    def carry(self, size: int) -> dict[str, Floats]:
        names = ("previous_action", "previous_previous_action", "previous_joint_velocity")
        return {name: np.zeros((size, self.robot.nu), np.float32) for name in names}

    def advance(
        self, carry: Fields, now: Fields, just_reset: Array, xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        first = {"previous_joint_velocity": now["joint_velocity"]}
        return looking_back(after_reset(carry, just_reset > 0.5, first, xp), now)

    def reset_offset(self, noise: Mapping[str, Array], xp: Xp = np) -> tuple[Array, Array]:
        return noise["joints"], xp.zeros_like(noise["joints"])

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.robot)

    @cached_property
    def recipes(self) -> Mapping[str, CommandSchedule]:
        bent = {
            f"{name} {words}": CommandSchedule.asking(self.commands, **{channel(name): value})
            for name in self.robot.joint_names
            for words, value in (("forth", 0.5), ("back", -0.5), ("to and fro", (0.0, 0.4)))
        }
        return {"home": CommandSchedule.neutral(self.commands), **bent}

    @property
    def failing_action(self) -> Floats | None:
        return None


def embodiment(robot: Robot, model: mujoco.MjModel) -> Embodiment:
    """The kind's entry point."""
    return TabletopRobot(robot, model)
