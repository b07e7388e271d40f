"""The reward of pretraining: follow the command, step to the gait clock, move gently.

Term shapes after "Walk These Ways" (Margolis and Agrawal, 2022), constants tuned here on the
reference robot (see `scale`): for others, lengths, speeds, frequencies and torques are measured
in units of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.control import rotation
from tabrl.control.arrays import Floats
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import physics_model
from tabrl.control.rollout import Rollout
from tabrl.embodiments.legged.fields import legs_of
from tabrl.embodiments.legged.gait import DUTY_FACTOR, REARED, GaitAmounts
from tabrl.embodiments.legged.limbs import front, lift_channel
from tabrl.embodiments.legged.scale import Scale
from tabrl.embodiments.legged.velocity import heading_velocity, world_velocity
from tabrl_trainer.pretraining.legged.rearing import RearingPose

USUAL_SWING_HEIGHT = 0.07  # m, clearance of a swing foot at its highest, unless commanded
HEADING_GAIN = 1.5  # rad/s of extra yaw rate a rad of heading error
# Behind by more than this a heavy robot was asked for more than it could see pay, and never turned.
CATCH_UP = 0.4  # rad
PATH_GAIN = 1.0  # m/s of extra speed a metre from the path
FAST = 0.85  # of the no-load speed: from here on, speed of a motor costs
TUCKED_M = 0.04  # feet stay so far below the trunk's origin unless they are to be higher
LEANING = 0.02  # rad: who leans more has one side lower than the other
REAR_CLEARANCE = 0.2  # m, at least, of both front feet of a robot that has reared
REFERENCE_MASS = 12.743448  # kg
# Shares of the pay for turning, and the squared errors in rad²/s² within which they are earned.
_TURNING = ((0.3, 1.2), (0.45, 0.25), (0.25, 0.03))


@dataclass(frozen=True)
class RewardWeights:
    """Weights of the tracking terms; a curriculum puts velocity first."""

    velocity: float = 2.5
    yaw: float = 1.3
    orientation: float = 1.6
    height: float = 1.2
    feet: float = 1.5
    schedule: float = 1.0
    clearance: float = 100.0
    fall: float = 10.0
    power: float = 4e-4  # a watt of the reference robot
    overload: float = 0.0  # torques outside of a motor's line, as shares of its torque
    even: float = 0.0  # on the hind legs, and standing


@dataclass(frozen=True)
class Errors:
    """How far robots are from where the schedule wants them; zero of what they do not know."""

    heading: Floats  # rad, `[T, B]`
    path: Floats  # m ahead and left, `[T, B, 2]`


class LeggedReward:
    """The reward of one robot."""

    def __init__(self, embodiment: Embodiment) -> None:
        robot, space = embodiment.robot, embodiment.commands
        model = physics_model(robot)
        legs = legs_of(robot, model)
        self._robot, self._space, self._scale = robot, space, Scale.of(robot)
        self._amounts = GaitAmounts.of(robot)
        # Torques hold weights, on levers as long as the legs.
        self._torque = float(model.body_mass.sum()) / REFERENCE_MASS * self._scale.length
        self._front = np.array(front(robot), np.intp)
        self._lifts = space.columns(lift_channel(limb) for limb in robot.limbs)
        # A leg ends in thigh and calf; what is above them turns it sideways.
        sideways = [joint for leg in legs for joint in leg.joints[:-2]]
        self._sideways = np.array(sideways, np.intp)
        self._sideways_home = embodiment.joints.home[self._sideways]
        self._shanks = [leg.shank for leg in legs]
        self._rearing = RearingPose(robot)
        self._motors = embodiment.joints.motors
        self._mirror = embodiment.mirror

    def terms(
        self, rollout: Rollout, errors: Errors, stepping: Floats, weights: RewardWeights
    ) -> dict[str, Floats]:
        """Weighted terms.

        Args:
            rollout: What happened.
            errors: In heading and place.
            stepping: 1 where the gait clock runs, 0 where it rests, `[T, B]`.
            weights: Of the tracking terms.

        Returns:
            The terms by name, `[T, B]` each.
        """
        command, phase, contact = rollout.command, rollout.gait_phase, rollout.foot_contact
        rearing = np.clip(self._asked(command, "rear"), 0.0, 1.0)
        hopping = (self._asked(command, "jump") > self._amounts.hopping).astype(np.float32)
        clearance = rollout.foot_position[..., 2] - self._robot.end_effector_radius
        return {
            **self._motion(rollout, errors, stepping, rearing, weights),
            "height": weights.height * self._height(rollout, hopping, rearing),
            "pose": 2.0 * rearing * self._rearing.closeness(rollout.joint_position, rearing),
            "even": -weights.even
            * np.maximum(rearing, self._square(command, stepping))
            * self._unevenness(rollout.joint_position),
            "feet": weights.feet * self._held_feet(command, clearance, rearing),
            **self._gait(rollout, hopping, weights),
            "clearance": -weights.clearance
            / self._scale.length**2
            * self._clearance_error(command, phase, clearance),
            **self._gentleness(rollout, stepping, hopping),
            **self._hardware(rollout, weights),
            "tucked": -4.0 / self._scale.length * self._tucked(rollout, rearing),
            "self_contact": -1.0 * rollout.self_collision,
            "knees": -0.5 * np.sum(self._shank_contact(rollout) * (1.0 - contact), axis=-1),
            "fall": -weights.fall * rollout.fallen,
        }

    def _asked(self, command: Floats, channel: str) -> Floats:
        """A channel of commands `[T, B, C]`; nothing is asked of one that the robot has not."""
        if channel not in self._space:
            return np.zeros_like(command[..., 0])
        asked: Floats = command[..., self._space.column(channel)]
        return asked

    def _shank_contact(self, rollout: Rollout) -> Floats:
        """Which shanks touch the floor, `[T, B, nf]`."""
        return np.take(rollout.body_contact, self._shanks, axis=-1)

    def _motion(
        self,
        rollout: Rollout,
        errors: Errors,
        stepping: Floats,
        rearing: Floats,
        weights: RewardWeights,
    ) -> dict[str, Floats]:
        """How the trunk moves and is held."""
        roll, pitch = rotation.roll_pitch(rollout.base_quaternion)
        forward, left = heading_velocity(rollout)
        command, speed, turn = rollout.command, self._scale.speed**2, self._scale.frequency**2
        vx, vy, yaw = (self._asked(command, name) for name in ("vx", "vy", "yaw"))
        back = PATH_GAIN * self._scale.frequency * stepping[..., None] * errors.path
        error = (forward - vx - back[..., 0]) ** 2 + (left - vy - back[..., 1]) ** 2
        behind = np.clip(errors.heading, -CATCH_UP, CATCH_UP)
        rate = yaw + HEADING_GAIN * self._scale.frequency * behind
        yaw_error = (rollout.base_angular_velocity[..., 2] - rate) ** 2
        nose = self._asked(command, "pitch") + self._rearing.pitch(rearing)
        lean = (roll - self._asked(command, "roll")) ** 2 + (pitch - nose) ** 2
        return {
            "velocity": weights.velocity
            * (0.7 * np.exp(-error / (0.2 * speed)) + 0.3 * np.exp(-error / (0.02 * speed))),
            "yaw": weights.yaw
            * sum(part * np.exp(-yaw_error / (width * turn)) for part, width in _TURNING),
            "orientation": weights.orientation
            * (0.6 * np.exp(-lean / (0.03 + 0.3 * rearing)) + 0.4 * np.exp(-lean / 0.004)),
        }

    def _height(self, rollout: Rollout, hopping: Floats, rearing: Floats) -> Floats:
        """How well the trunk's height follows, 0..1: in flight along the hop's parabola."""
        command, square = rollout.command, self._scale.length**2
        first = rollout.gait_phase[..., 0]  # of any foot: hopping ones go together
        airborne = np.clip((first - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
        flight = hopping * 4.0 * airborne * (1.0 - airborne)
        wanted = (
            self._asked(command, "height")
            + self._asked(command, "jump") * flight
            + self._rearing.rise(rearing)
        )
        rise = rollout.base_position[..., 2] - self._robot.characteristic_length - wanted
        error = rise**2
        # On the ground a hopper bends its legs to take off and to land: only roughly at its height.
        loose = np.maximum(hopping * (airborne == 0.0), 0.5 * rearing)
        follow: Floats = 0.6 * np.exp(-error / ((0.003 + 0.006 * loose) * square)) + 0.4 * np.exp(
            -error / ((0.0003 + 0.003 * loose) * square)
        )
        return follow

    def _held_feet(self, command: Floats, clearance: Floats, rearing: Floats) -> Floats:
        """How well lifted feet are held up, 0..1; 1 if none is to be."""
        length, square = self._scale.length, self._scale.length**2
        lift = np.take(command, self._lifts, axis=-1)
        error = (clearance - lift) ** 2
        close = 0.6 * np.exp(-error / (0.004 * square)) + 0.4 * np.exp(-error / (0.0004 * square))
        # Front feet of a rearing robot only need to be high enough.
        share = np.clip((rearing - REARED) / (1.0 - REARED), 0.0, 1.0)
        due = REAR_CLEARANCE * length * share
        low = np.maximum(due[..., None] - np.take(clearance, self._front, axis=-1), 0.0)
        reared = np.exp(-(low**2).sum(-1) / (0.02 * square))
        held: Floats = np.where(lift > self._amounts.lifted, close, 1.0).min(-1) * reared
        return held

    def _gait(self, rollout: Rollout, hopping: Floats, weights: RewardWeights) -> dict[str, Floats]:
        """Whether feet are in the air and on the ground when they are due, and stay where they
        are put."""
        contact = rollout.foot_contact
        swing = (rollout.gait_phase > DUTY_FACTOR).astype(np.float32)
        stance = 1.0 - swing
        slip = np.sum(rollout.foot_velocity[..., :2] ** 2, axis=-1)
        slipping = 1.0 - np.exp(-slip / (0.1 * self._scale.speed**2))
        return {
            "swing": -1.4 * weights.schedule * np.mean(swing * contact, axis=-1) * (1.0 + hopping),
            "stance": -1.0 * weights.schedule * np.mean(stance * (1.0 - contact), axis=-1),
            "slip": -0.7 * np.mean(stance * contact * slipping, axis=-1) * 2.0,
        }

    def _clearance_error(self, command: Floats, phase: Floats, clearance: Floats) -> Floats:
        """Squared distance of swinging feet from their arcs, m², summed over the feet."""
        progress = np.clip((phase - DUTY_FACTOR) / (1.0 - DUTY_FACTOR), 0.0, 1.0)
        usual = USUAL_SWING_HEIGHT * self._scale.length
        height = usual + self._asked(command, "swing")[..., None]
        arc = height * np.sin(np.pi * progress)
        lift = np.take(command, self._lifts, axis=-1)
        wanted = np.where(lift > self._amounts.lifted, lift, arc)
        swinging = phase > DUTY_FACTOR
        swinging[..., self._front] &= self._asked(command, "rear")[..., None] <= 0.05
        error: Floats = np.sum(swinging * (clearance - wanted) ** 2, axis=-1)
        return error

    def _gentleness(self, rollout: Rollout, stepping: Floats, hopping: Floats) -> dict[str, Floats]:
        """What motion costs, well though it may follow."""
        scale, still = self._scale, 1.0 - stepping
        sideways = np.take(rollout.joint_position, self._sideways, axis=-1) - self._sideways_home
        change = rollout.action - rollout.previous_action
        jerk = rollout.action - 2.0 * rollout.previous_action + rollout.previous_previous_action
        moved = np.sum(rollout.joint_velocity**2, axis=-1)
        upward = world_velocity(rollout)[..., 2]
        return {
            "hips": -0.3 * np.sum(sideways**2, axis=-1),
            "still": -0.004 / scale.frequency**2 * still * moved * 0.1,
            "smooth": -0.010 * np.sum(change**2, axis=-1) - 0.004 * np.sum(jerk**2, axis=-1),
            "torque": -1e-4 / self._torque**2 * np.sum(rollout.joint_torque**2, axis=-1),
            "bounce": -0.2 / scale.speed**2 * (1.0 - hopping) * upward**2,
        }

    def _hardware(self, rollout: Rollout, weights: RewardWeights) -> dict[str, Floats]:
        """What motors cannot do, or only at a price."""
        torque, velocity, motors = rollout.joint_torque, rollout.joint_velocity, self._motors
        outside = motors.exceeded(torque, velocity) / motors.torque
        fast = np.maximum(np.abs(velocity) / motors.no_load_speed - FAST, 0.0)
        power = self._torque * self._scale.frequency
        return {
            "motors": -2.0 * np.sum(outside**2 + 2.0 * fast**2, axis=-1),
            "overload": -weights.overload * np.sum(outside + fast, axis=-1),
            "power": -weights.power / power * np.sum(np.abs(torque * velocity), axis=-1),
        }

    def _square(self, command: Floats, stepping: Floats) -> Floats:
        """1 where a robot is to stand with its sides alike: on all feet, leaning to none."""
        lift = np.take(command, self._lifts, axis=-1).max(-1)
        leaning = np.abs(self._asked(command, "roll")) > LEANING
        square: Floats = (1.0 - stepping) * (lift <= self._amounts.lifted) * ~leaning
        return square

    def _unevenness(self, joint_position: Floats) -> Floats:
        """How far left and right legs are from each other's mirror images, rad², `[T, B]`."""
        if self._mirror is None:
            return np.zeros_like(joint_position[..., 0])
        apart = joint_position - self._mirror.action(joint_position)
        squared: Floats = 0.5 * np.sum(apart**2, axis=-1)  # of every pair once
        return squared

    def _tucked(self, rollout: Rollout, rearing: Floats) -> Floats:
        """How far feet are up beside the trunk or over it without being asked, m."""
        lift = np.take(rollout.command, self._lifts, axis=-1).max(-1)
        free = (lift <= self._amounts.lifted) & (rearing <= 0.05)
        below = rollout.base_position[..., 2, None] - rollout.foot_position[..., 2]
        close: Floats = np.maximum(TUCKED_M * self._scale.length - below, 0.0)
        summed: Floats = free * close.sum(-1)
        return summed
