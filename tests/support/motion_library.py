"""A motion library of made-up motion."""

from __future__ import annotations

import numpy as np

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.rollout import Rollout
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.motion_library import MotionLibrary
from tests.support.motion import RANDOM, STAND, WALK, Motion, rollout_of

CLIPS = {
    "stand": STAND,
    "walk": WALK,
    "backwards": Motion(vx=-0.5),
    "spin": Motion(yaw=1.2),
    "bow": Motion(pitch=0.3),
    "sway": Motion(rhythms={"roll": (0.2, 1.0)}),
    "fall": Motion(falls_at=0.5),
    "random": RANDOM,
}


def made_up_bank(robot: Robot, seconds: float = 3.0) -> MotionLibrary:
    """All clips, `[T, B]`."""
    rollouts = [rollout_of(motion, robot, seconds) for motion in CLIPS.values()]
    rollout = Rollout(
        {
            name: np.concatenate([t.fields[name] for t in rollouts], axis=1)
            for name in rollouts[0].fields
        }
    )
    embodiment = embodiment_of(robot)
    rest = CommandSchedule.neutral(embodiment.commands)
    schedules = tuple(rest if motion is STAND else None for motion in CLIPS.values())
    qpos = embodiment.qpos_of(rollout)
    return MotionLibrary(robot.id, tuple(CLIPS), schedules, rollout, qpos)
