"""From actions to joint targets and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import mujoco
import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.rollout import CONTROL_DT
from tabrl.robots import Joint, Robot

_NO_LIMIT = 1e9  # of a motor that nothing is said of; finite, so that no infinity meets another one


@dataclass(frozen=True)
class MotorLines:
    """The torque-speed lines of all motors, `[nu]` each: N·m and rad/s (see `Motor`)."""

    torque: Floats
    corner_speed: Floats
    no_load_speed: Floats

    @classmethod
    def of(cls, robot: Robot) -> MotorLines:
        """Lines of a robot, float32; a joint without a motor has no limit."""
        return cls(*np.array([_line(joint) for joint in robot.joints], np.float32).T)

    def most(self, velocity: Float[Array, "... nu"], xp: Xp = np) -> Float[Array, "... nu"]:
        """The largest torque at joint velocities in rad/s; the smallest is `-most(-velocity)`."""
        slope = self.torque / (self.no_load_speed - self.corner_speed)
        return xp.clip((self.no_load_speed - velocity) * slope, 0.0, self.torque)

    def exceeded(
        self, torque: Float[Array, "... nu"], velocity: Float[Array, "... nu"], xp: Xp = np
    ) -> Float[Array, "... nu"]:
        """How far torques (N·m) at velocities (rad/s) are outside of the lines, N·m; else 0."""
        above = xp.maximum(torque - self.most(velocity, xp), 0.0)
        return above + xp.maximum(-torque - self.most(-velocity, xp), 0.0)

    def overspeed(self, velocity: Float[Array, "... nu"], xp: Xp = np) -> Float[Array, "... nu"]:
        """How much faster joints turn than their motors can, as shares of that speed; else 0."""
        return xp.maximum(xp.abs(velocity) / self.no_load_speed - 1.0, 0.0)


@dataclass(frozen=True)
class Joints:
    """The robot's joint constants `[nu]`: home, action scale and limits in rad, its motors.

    An actuator is a spring and a damper, in N·m/rad and N·m·s/rad: its torque is
    stiffness * (target - angle) - damping * velocity.
    """

    integrated: ClassVar[bool] = False  # whether an action says how targets go on from the last

    home: Floats
    scale: Floats
    lower: Floats
    upper: Floats
    stiffness: Floats
    damping: Floats
    motors: MotorLines

    @classmethod
    def of(cls, robot: Robot, model: mujoco.MjModel) -> Self:
        """Constants of a robot, float32; stiffness and damping are those of its scene."""
        limits = np.array(robot.joint_range, np.float32)
        return cls(
            np.array(robot.home, np.float32),
            np.array(robot.action_scale, np.float32),
            limits[:, 0],
            limits[:, 1],
            -model.actuator_biasprm[:, 1].astype(np.float32),
            -model.actuator_biasprm[:, 2].astype(np.float32),
            MotorLines.of(robot),
        )

    def targets(
        self,
        action: Float[Array, "... nu"],
        position: Float[Array, "... nu"],
        velocity: Float[Array, "... nu"],
        xp: Xp = np,
        last: Float[Array, "... nu"] | None = None,
    ) -> Float[Array, "... nu"]:
        """Actuator targets of an action, rad: those of `ctrl`, within what can be done.

        That is the joints' limits, and torques that the motors have at the speed at which the step
        begins: the target moves until the actuator asks for no more.

        Args:
            action: of the policy.
            position: angles of the joints now, rad.
            velocity: of the joints now, rad/s.
            xp: numpy or jax.numpy.
            last: targets so far, rad; only of use where they are integrated.
        """
        damped = self.damping * velocity
        most = position + (self.motors.most(velocity, xp) + damped) / self.stiffness
        least = position - (self.motors.most(-velocity, xp) - damped) / self.stiffness
        wanted = xp.clip(self.ctrl(action, last), least, most)
        return xp.clip(wanted, self.lower, self.upper)

    def aimed(
        self,
        action: Float[Array, "... nu"],
        qpos: Float[Array, "... nq"],
        qvel: Float[Array, "... nv"],
        xp: Xp = np,
        last: Float[Array, "... nu"] | None = None,
    ) -> Float[Array, "... nu"]:
        """`targets` in a state as MuJoCo has it: a robot's joints come last."""
        count = len(self.home)
        return self.targets(action, qpos[..., -count:], qvel[..., -count:], xp, last)

    def ctrl(
        self, action: Float[Array, "... nu"], last: Float[Array, "... nu"] | None = None
    ) -> Float[Array, "... nu"]:
        """The actuator targets of an action that is within all limits, after `last` ones."""
        return self.home + self.scale * action

    def action(
        self, ctrl: Float[Array, "... nu"], last: Float[Array, "... nu"] | None = None
    ) -> Float[Array, "... nu"]:
        """The action that stands behind actuator targets, which follow `last` ones."""
        return (ctrl - self.home) / self.scale


class IntegratedJoints(Joints):
    """Joints whose actions are speeds of their targets: no error of what they lead to stays.

    The scale is in rad/s a unit of action. `last` is needed everywhere.
    """

    integrated: ClassVar[bool] = True

    def ctrl(
        self, action: Float[Array, "... nu"], last: Float[Array, "... nu"] | None = None
    ) -> Float[Array, "... nu"]:
        return _known(last) + (self.scale * CONTROL_DT) * action

    def action(
        self, ctrl: Float[Array, "... nu"], last: Float[Array, "... nu"] | None = None
    ) -> Float[Array, "... nu"]:
        return (ctrl - _known(last)) / (self.scale * CONTROL_DT)


def _known(last: Array | None) -> Array:
    if last is None:
        raise ValueError("joints whose targets are integrated need the last ones")
    return last


def _line(joint: Joint) -> tuple[float, float, float]:
    if joint.motor is None:
        return _NO_LIMIT, 0.0, _NO_LIMIT
    return joint.motor.torque, joint.motor.corner_speed, joint.motor.no_load_speed
