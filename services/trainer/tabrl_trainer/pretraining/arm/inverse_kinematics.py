"""What a policy is compared with: differential inverse kinematics, solved at every step by `mink`.

It sees what a policy sees, knows the arm's kinematics and limits, and nothing has to be learnt; it
knows neither tempo nor paths ahead, and does not mind the arm's own parts.
"""

from __future__ import annotations

import mink
import mujoco
import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.physics import physics_model
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.arm.embodiment import ArmRobot

ROBOTS = 32  # of a row: one problem a robot and step is solved after the other
PLACE_COST, TURN_COST, DAMPING = 1.0, 0.3, 1e-3
GAIN = 0.15  # of the error that is made up for in a step
SPEED = 2.8  # rad/s at most of a joint


class InverseKinematics:
    """A policy: from observations to the speeds of the joints' targets."""

    def __init__(self, embodiment: ArmRobot) -> None:
        robot = embodiment.robot
        self._embodiment = embodiment
        model = physics_model(robot)
        self._configuration = mink.Configuration(model)
        self._task = mink.FrameTask(
            robot.limbs[0].end_effector, "site", PLACE_COST, TURN_COST, gain=GAIN
        )
        speeds = dict.fromkeys(robot.joint_names, SPEED)
        self._limits = [
            mink.ConfigurationLimit(model), mink.VelocityLimit(model, speeds)
        ]  # fmt: skip

    def __call__(self, observation: Floats) -> Floats:
        """The actions `[B, nu]` for `observation [B, no]`."""
        embodiment = self._embodiment
        seen = embodiment.observation
        qpos = observation[:, seen["joint_offset"]] + embodiment.joints.home
        wanted = embodiment.wanted(observation[:, seen["command"]])
        axes = np.stack([wanted.side, np.cross(wanted.axis, wanted.side), wanted.axis], axis=-1)
        speed = [self._solve(*one) for one in zip(qpos, wanted.place, axes, strict=True)]
        return np.array(speed, np.float32) / embodiment.joints.scale

    def _solve(self, qpos: Floats, place: Floats, axes: Floats) -> Floats:
        """Joint speeds, rad/s, towards a pose of the tool."""
        self._configuration.update(qpos.astype(np.float64))
        turn = np.zeros(4)
        mujoco.mju_mat2Quat(turn, axes.astype(np.float64).ravel())
        self._task.set_target(
            mink.SE3.from_rotation_and_translation(mink.SO3(turn), place.astype(np.float64))
        )
        speed: Floats = mink.solve_ik(
            self._configuration, [self._task], CONTROL_DT, "daqp", DAMPING, limits=self._limits
        )
        return speed
