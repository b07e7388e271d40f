"""Start poses of any robot: its joints bent where a schedule asks for something."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment


class BentStarts:
    """Half of the schedules ask for something; those begin `bent`, the last joint out of reach."""

    def __init__(self, embodiment: Embodiment) -> None:
        self._space, joints, nu = embodiment.commands, embodiment.joints, embodiment.robot.nu
        home = embodiment.home_qpos.astype(np.float32)
        self.bent = home.copy()
        middle = (joints.lower + joints.upper) / 2
        self.bent[-nu:] += 0.2 * (middle - home[-nu:])
        self.bent[-1] = joints.upper[-1] + 0.1
        self.offset = (self.bent - home)[-nu:]
        # What the motors hold: the last one is told to go no farther than it may.
        self.held = np.clip(self.bent[-nu:], joints.lower, joints.upper)

    def asked(self, rng: np.random.Generator, count: int) -> CommandBatch:
        """Schedules, half of them neutral."""
        schedules = CommandBatch.zeros(self._space, count)
        schedules.constant[:, 0] = self._space.upper[0] * (rng.random(count) < 0.5)
        return schedules

    def poses(self, _: np.random.Generator, schedules: CommandBatch) -> Floats:
        """Where these begin; not a number for the home keyframe."""
        return np.where(schedules.constant[:, :1] > 0.0, self.bent, np.float32(np.nan))


def seen_targets(embodiment: Embodiment, observation: Floats) -> Floats:
    """The joints' targets that a policy sees to be in force, rad `[..., nu]`."""
    segments, joints = embodiment.observation, embodiment.joints
    if joints.integrated:
        parts = (observation[..., segments[name]] for name in ("joint_offset", "target_lead"))
        return joints.home + sum(parts)
    targets: Floats = joints.home + joints.scale * observation[..., segments["last_action"]]
    return targets
