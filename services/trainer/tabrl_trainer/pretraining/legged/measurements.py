"""What the model card reads from rollouts of legged robots."""

from __future__ import annotations

import numpy as np

from tabrl.control import rotation
from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.embodiments.legged.gait import DUTY_FACTOR
from tabrl.embodiments.legged.limbs import front, lift_channel
from tabrl.embodiments.legged.velocity import heading_velocity
from tabrl.robots import Robot
from tabrl_trainer.pretraining.benchmark import Measure

STRIDE = 25  # control steps; speeds are means over half a second, about one stride
HOLD_S = 5.0  # how long a foot must stay up


def motion(rollout: Rollout, robot: Robot) -> dict[str, Floats]:
    """The rollout's motion by the command channels that ask for it, `[T, B]` each."""
    roll, pitch = rotation.roll_pitch(rollout.base_quaternion)
    forward, left = heading_velocity(rollout)
    rise: Floats = rollout.base_position[..., 2] - robot.characteristic_length
    return {
        "vx": forward,
        "vy": left,
        "yaw": rollout.base_angular_velocity[..., 2],
        "height": rise,
        "pitch": pitch,
        "roll": roll,
    }


class Measurements:
    """What is measured of one robot; each takes the settled rollout and its schedules."""

    def __init__(self, embodiment: Embodiment) -> None:
        self._robot, self._space = embodiment.robot, embodiment.commands
        self._embodiment = embodiment
        self._front = front(self._robot)
        self._lifts = self._space.columns(lift_channel(limb) for limb in self._robot.limbs)

    def speeds(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """Mean errors of the speeds, m/s and rad/s, each averaged over a stride."""
        moved = motion(rollout, self._robot)
        return {
            name: float(np.abs(_strides(moved[name]) - _strides(self._asked(rollout, name))).mean())
            for name in ("vx", "vy", "yaw")
        }

    def following(self, channel: str) -> Measure:
        """Mean error of a channel; of a sinusoid also correlation and gain."""

        def measure(rollout: Rollout, _: CommandBatch) -> dict[str, float]:
            moved, asked = motion(rollout, self._robot)[channel], self._asked(rollout, channel)
            measured = {"error": float(np.abs(moved - asked).mean())}
            if asked.std(0).max() > 1e-3:
                measured["correlation"] = float(np.mean(_correlation(moved, asked)))
                measured["gain"] = float((moved.std(0) / asked.std(0)).mean())
            return measured

        return measure

    def gait(self, rollout: Rollout, schedules: CommandBatch) -> dict[str, float]:
        """Share of the time in which feet are on the ground or off it as their clocks say."""
        due = rollout.gait_phase < DUTY_FACTOR
        kept = float(((rollout.foot_contact > 0.5) == due).mean())
        return {"kept": kept, **self.speeds(rollout, schedules)}

    def swing_height(self, rollout: Rollout, schedules: CommandBatch) -> dict[str, float]:
        """Mean peak of the swings, m, taken at every touchdown."""
        down = rollout.foot_touchdown > 0.5
        return {
            "peak": float(rollout.foot_peak_height[down].mean()),
            **self.gait(rollout, schedules),
        }

    def held_foot(self, rollout: Rollout, schedules: CommandBatch) -> dict[str, float]:
        """Lowest clearance of the lifted foot over `HOLD_S`, and how much the others stay down."""
        window = slice(0, round(HOLD_S / CONTROL_DT))
        lifted = np.take(schedules.constant, self._lifts, axis=1) > 0.0
        clearance = rollout.foot_position[window, ..., 2] - self._robot.end_effector_radius
        held = np.where(lifted, clearance, np.inf).min(-1)
        down = np.where(lifted, 1.0, rollout.foot_contact[window]).min(-1)
        return {"clearance": float(held.mean()), "lowest": float(np.median(held.min(0))),
                "others_down": float(down.mean())}  # fmt: skip

    def reared(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """How high the lower front foot is, m, and how far up the nose, rad."""
        feet = np.take(rollout.foot_position[..., 2], self._front, axis=-1)
        clearance = (feet - self._robot.end_effector_radius).min(-1)
        _, pitch = rotation.roll_pitch(rollout.base_quaternion)
        return {"front_feet": float(clearance.mean()), "nose_up": float(-pitch.mean())}

    def speed_error(self, rollout: Rollout, _: CommandBatch) -> dict[str, float]:
        """How far mean speeds are from the commanded ones, as a share of these."""
        return {"speed_error": float(self._embodiment.speed_error(rollout).mean())}

    def motors(self, rollout: Rollout, schedules: CommandBatch) -> dict[str, float]:
        """How much of the time joints are within their motors' lines, and the speeds' errors.

        Torques may exceed a line by a hundredth; `fastest` is the highest speed of a joint as a
        share of its motor's.
        """
        lines = self._embodiment.joints.motors
        torque, velocity = rollout.joint_torque, rollout.joint_velocity
        fast = np.abs(velocity) / lines.no_load_speed
        within = (lines.exceeded(torque, velocity) <= 0.01 * lines.torque) & (fast <= 1.0)
        return {
            "within": float(within.mean()),
            "fastest": float(fast.max()),
            **self.speeds(rollout, schedules),
        }

    def _asked(self, rollout: Rollout, channel: str) -> Floats:
        asked: Floats = rollout.command[..., self._space.column(channel)]
        return asked


def hops(rollout: Rollout, _: CommandBatch) -> dict[str, float]:
    """Share of the time with all feet in the air, and take-offs a second."""
    airborne = rollout.foot_contact.max(-1) < 0.5
    takeoffs = (airborne[1:] & ~airborne[:-1]).sum(0)
    seconds = len(airborne) * CONTROL_DT
    return {"airborne": float(airborne.mean()), "hops_per_s": float(takeoffs.mean() / seconds)}


def drift(rollout: Rollout, _: CommandBatch) -> dict[str, float]:
    """How far robots are from where they were, m: at the end and at most."""
    place = rollout.base_position[..., :2]
    return {"drift": float(np.linalg.norm(place[-1] - place[0], axis=-1).mean()),
            "farthest": float(np.linalg.norm(place - place[0], axis=-1).max(0).mean())}  # fmt: skip


def nothing(_: Rollout, __: CommandBatch) -> dict[str, float]:
    """Only failures count."""
    return {}


def _strides(signal: Floats) -> Floats:
    count = len(signal) // STRIDE
    means: Floats = signal[: count * STRIDE].reshape(count, STRIDE, -1).mean(1)
    return means


def _correlation(first: Floats, second: Floats) -> Floats:
    a, b = first - first.mean(0), second - second.mean(0)
    correlation: Floats = (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0) + 1e-12)
    return correlation
