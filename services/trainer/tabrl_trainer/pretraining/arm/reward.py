"""The reward of pretraining: be where the command wants the tool, move gently, touch nothing.

Lengths are those of an arm with a reach of 0.85 m; for others they are scaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.control import rotation
from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout
from tabrl.embodiments.arm.channels import FASTEST, REFERENCE_REACH
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import BLEND, ELBOW, TEMPO, joint_channel
from tabrl.embodiments.arm.pose import ToolPose
from tabrl_trainer.pretraining.arm.elbow import elbow_height

# Shares of the pay for following, and the errors at which 1/e of each is earned.
_PLACE = ((0.3, 0.30), (0.7, 0.05))  # m
_POINTING = ((0.3, 1.0), (0.3, 0.3), (0.4, 0.06))  # rad
_EXACT_M = 0.005
_JOINTS = ((0.3, 0.8), (0.3, 0.2), (0.4, 0.03))  # rad, of the joints' mean
ROLL_RAD = 0.2
NATURAL = 1.2 * FASTEST  # m/s of the tool where no tempo is asked for
CLEAR_M, APART_M, LIMIT_RAD = 0.012, 0.05, 0.3  # from where on being near costs
ELBOW_M = 0.2  # above which height all is earned: an elbow has a way to go to its other side
WRONG_M = 0.03  # on the other side by more than this it is all wrong


@dataclass(frozen=True)
class RewardWeights:
    """Weights of the terms; a curriculum puts getting there before staying exactly."""

    place: float = 2.0
    exact: float = 1.2  # pay for the last millimetres
    pointing: float = 3.0
    roll: float = 0.4
    joints: float = 5.0
    elbow: float = 1.0
    sided: float = 0.0  # share of the pay for the tool that only an elbow on its side earns
    tempo: float = 2.0
    torque: float = 0.1
    smooth: float = 0.03
    still: float = 0.02
    clearance: float = 1.0
    collision: float = 20.0


class ArmReward:
    """The reward of one arm."""

    def __init__(self, embodiment: ArmRobot) -> None:
        self._embodiment = embodiment
        self._space = space = embodiment.commands
        self._length = embodiment.robot.characteristic_length / REFERENCE_REACH
        names = [joint_channel(name) for name in embodiment.robot.joint_names]
        self._asked_joints = np.array([name in space for name in names])
        self._joints = space.columns(names)
        self._settings = {one.name: place for place, one in enumerate(space.settings)}
        self._limits = np.array(embodiment.robot.joint_range, np.float32)
        self._motors = embodiment.joints.motors

    def terms(self, rollout: Rollout, weights: RewardWeights) -> dict[str, Floats]:
        """Weighted terms `[T, B]` by name."""
        blend = self._blend(rollout)
        height = self._elbow(rollout)
        wrong = np.clip(-height / WRONG_M, np.float32(0.0), np.float32(1.0))
        earned = (1.0 - blend) * (1.0 - weights.sided * wrong)
        return {
            **self._tool(rollout, earned, weights),
            "joints": weights.joints * blend * _kernels(self.joint_error(rollout), _JOINTS),
            "elbow": weights.elbow * (1.0 - blend) * _beyond(height, ELBOW_M),
            "tempo": -weights.tempo * self._hurry(rollout),
            **self._gentleness(rollout, weights),
            **self._hardware(rollout, weights),
            **self._room(rollout, weights),
            "collision": -weights.collision * rollout.collided,
        }

    def joint_error(self, rollout: Rollout) -> Floats:
        """Mean distance of the joints from where their channels want them, rad."""
        home = self._embodiment.joints.home
        asked = np.zeros_like(rollout.joint_position)
        asked[..., self._asked_joints] = rollout.command[..., self._joints]
        error: Floats = np.abs(home + asked - rollout.joint_position).mean(-1)
        return error

    def _tool(self, rollout: Rollout, share: Floats, weights: RewardWeights) -> dict[str, Floats]:
        wanted = self._embodiment.wanted(rollout.command)
        off = np.linalg.norm(wanted.place - rollout.tool_position, axis=-1) / self._length
        angle, roll = angles(rollout, wanted)
        return {
            "place": weights.place * share * _kernels(off, _PLACE),
            "exact": weights.exact * share * np.exp(-off / _EXACT_M),
            "pointing": weights.pointing * share * _kernels(angle, _POINTING),
            "roll": weights.roll * share * np.exp(-np.abs(roll) / ROLL_RAD),
        }

    def _blend(self, rollout: Rollout) -> Floats:
        if BLEND not in self._space:
            return np.zeros_like(rollout.time)
        blend: Floats = np.clip(rollout.command[..., self._space.column(BLEND)], 0.0, 1.0)
        return blend

    def _elbow(self, rollout: Rollout) -> Floats:
        """How far the elbow is on the side that is asked for, m of the reference arm."""
        if ELBOW not in self._settings:
            return np.full_like(rollout.time, np.inf)
        asked = rollout.settings[..., self._settings[ELBOW]]  # 1 up, -1 down
        far: Floats = asked * elbow_height(self._embodiment, rollout) / self._length
        return far

    def _hurry(self, rollout: Rollout) -> Floats:
        """How much faster the tool is than its tempo allows, a square of its share."""
        tempo = rollout.settings[..., self._settings[TEMPO]]
        limit = np.where(tempo > 0.0, tempo, NATURAL * self._length)
        speed = np.linalg.norm(rollout.tool_velocity, axis=-1)
        over: Floats = np.clip(speed / limit - 1.0, 0.0, 2.0) ** 2
        return over

    def _gentleness(self, rollout: Rollout, weights: RewardWeights) -> dict[str, Floats]:
        change = rollout.action - rollout.previous_action
        jerk = rollout.action - 2.0 * rollout.previous_action + rollout.previous_previous_action
        load = rollout.joint_torque / self._motors.torque
        return {
            "smooth": -weights.smooth * (np.sum(change**2, axis=-1) + np.sum(jerk**2, axis=-1)),
            "torque": -weights.torque * np.sum(load**2, axis=-1),
            "still": -weights.still * np.sum(rollout.joint_velocity**2, axis=-1),
        }

    def _hardware(self, rollout: Rollout, weights: RewardWeights) -> dict[str, Floats]:
        outside = self._motors.exceeded(rollout.joint_torque, rollout.joint_velocity)
        lower, upper = self._limits.T
        gap = np.minimum(rollout.joint_position - lower, upper - rollout.joint_position)
        near = np.clip(1.0 - gap / LIMIT_RAD, 0.0, 2.0)
        return {
            "motors": -np.sum((outside / self._motors.torque) ** 2, axis=-1),
            "limits": -weights.clearance * np.sum(near**2, axis=-1),
        }

    def _room(self, rollout: Rollout, weights: RewardWeights) -> dict[str, Floats]:
        """Nearness to the table and to itself, 1 at contact."""
        low = np.clip(1.0 - rollout.table_gap / (CLEAR_M * self._length), 0.0, 2.0)
        near = np.clip(1.0 - rollout.self_gap / (APART_M * self._length), 0.0, 2.0)
        return {
            "table": -weights.clearance * low**2,
            "self": -weights.clearance * near**2,
        }


def angles(rollout: Rollout, wanted: ToolPose) -> tuple[Floats, Floats]:
    """How far the tool points aside, and is turned about its axis, rad `[T, B]`."""
    across = np.linalg.norm(np.cross(rollout.tool_axis, wanted.axis), axis=-1)
    angle = np.arctan2(across, (rollout.tool_axis * wanted.axis).sum(-1))
    ahead = np.broadcast_to(np.array([1.0, 0.0, 0.0], np.float32), rollout.tool_axis.shape)
    side = rotation.rotate(rollout.tool_quaternion, ahead)
    turned = (np.cross(side, wanted.side) * rollout.tool_axis).sum(-1)
    roll = np.arctan2(turned, (side * wanted.side).sum(-1))
    return angle, roll


def _beyond(far: Floats, width: float) -> Floats:
    """From 0 to 1 as something goes from one side to the other, `width` either way."""
    share: Floats = 0.5 + 0.5 * np.clip(far / width, np.float32(-1.0), np.float32(1.0))
    return share


def _kernels(error: Floats, parts: tuple[tuple[float, float], ...]) -> Floats:
    """Shares of 1, each earned within another distance."""
    earned: Floats = sum(
        (share * np.exp(-error / width) for share, width in parts), np.zeros_like(error)
    )
    return earned
