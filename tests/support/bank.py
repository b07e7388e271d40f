"""A behaviour bank of made-up motion."""

from __future__ import annotations

import numpy as np

from tabrl.control.tape import Tape
from tabrl.robots import Robot
from tabrl.sim.bank import Bank
from tests.support.motion import RANDOM, STAND, WALK, Motion, tape_of

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


def made_up_bank(robot: Robot, seconds: float = 3.0) -> Bank:
    """All clips, `[T, B]`."""
    tapes = [tape_of(motion, robot, seconds) for motion in CLIPS.values()]
    tape = Tape(
        {name: np.concatenate([t.fields[name] for t in tapes], axis=1) for name in tapes[0].fields}
    )
    qpos = np.concatenate([tape.base_position, tape.base_quaternion, tape.joint_position], axis=-1)
    return Bank(robot.id, tuple(CLIPS), (None,) * len(CLIPS), tape, qpos)
