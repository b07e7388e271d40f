"""Made-up raw steps, as a simulator would record them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import RawSteps


def random_raw_steps(embodiment: Embodiment, steps: int, size: int = 1, seed: int = 0) -> RawSteps:
    """Random steps, `[T, B, …]`; the robots were reset before the first of them."""
    robot, rng = embodiment.robot, np.random.default_rng(seed)
    ends, recorded = len(robot.end_effectors), embodiment.recorded
    shapes: dict[str, tuple[int, ...]] = {
        "time": (),
        "qpos": (embodiment.nq,),
        "qvel": (embodiment.nv,),
        "action": (robot.nu,),
        "joint_torque": (robot.nu,),
        "constraint_force": (robot.nu,),
        "body_position": (len(robot.body_names), 3),
        "joint_axis": (robot.nu, 3),
        "end_position": (ends, 3),
        "end_velocity": (ends, 3),
        "commanded": (recorded.stop - recorded.start,),
        "just_reset": (),
    }
    drawn = {
        name: rng.normal(size=(steps, size, *shape)).astype(np.float32)
        for name, shape in shapes.items()
    }
    drawn["just_reset"][:] = 0.0
    drawn["just_reset"][0] = 1.0
    return RawSteps(**drawn)


def part(raw: RawSteps, steps: slice) -> RawSteps:
    """Some of the steps."""
    return RawSteps(**{field.name: getattr(raw, field.name)[steps] for field in fields(raw)})
