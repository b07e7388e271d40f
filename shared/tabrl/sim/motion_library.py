"""The motion library: short recordings of a robot under known commands, and of things to avoid.

A new reward is evaluated on all clips at once: to validate it, to preview the motion it likes best,
and to start the search for a command schedule.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np

from tabrl.control.commands import CommandBatch, CommandSchedule
from tabrl.control.rollout import CONTROL_DT, Floats, Rollout
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.recipes import RECIPES
from tabrl.sim.simulator import PolicyFn, episode

CLIP_S = 3.0
SETTLE_S = 1.0  # left out: the way from the home keyframe into the motion
NEGATIVE_REFERENCES = ("fall", "random")


@dataclass(frozen=True)
class MotionLibrary:
    """Clips of one robot: names, the schedules behind them (`None` for falling and random motion),
    the rollout `[T, B]` and joint positions `qpos [T, B, nq]` for playing them."""

    robot: str
    clips: tuple[str, ...]
    schedules: tuple[CommandSchedule | None, ...]
    rollout: Rollout
    qpos: Floats

    def clip(self, name: str) -> Rollout:
        """One clip's rollout, `[T, 1]`."""
        index = self.clips.index(name)
        return self.rollout.robots(slice(index, index + 1))


def record_motion_library(robot: Robot, policy: PolicyFn, seed: int = 0) -> MotionLibrary:
    """Record all clips with the base policy; the same seed gives the same library."""
    names = (*RECIPES, *NEGATIVE_REFERENCES)
    schedules = [*RECIPES.values(), CommandSchedule(), CommandSchedule()]
    rng = np.random.default_rng(seed)
    fall, random = len(names) - 2, len(names) - 1
    tipped = np.tile(np.array([0.8, 2.0, 0.0, 0.8, -2.0, 2.0], np.float32), 2)[: robot.nu]
    step = 0

    def act(observation: Floats) -> Floats:
        nonlocal step
        action = np.array(policy(observation))
        # One side folded and the other stretched tips the robot over.
        action[fall] = tipped if step > round(SETTLE_S / CONTROL_DT) else action[fall]
        action[random] = rng.normal(0.0, 0.8, robot.nu)
        step += 1
        return action

    simulator = CpuSimulator(robot, len(names), seed=seed)
    rollout = episode(
        simulator, CommandBatch.stack(schedules), act, SETTLE_S + CLIP_S, seed
    ).rollout
    rollout = Rollout(
        {name: field[round(SETTLE_S / CONTROL_DT) :] for name, field in rollout.fields.items()}
    )
    qpos = np.concatenate(
        [rollout.base_position, rollout.base_quaternion, rollout.joint_position], axis=-1
    )
    known = (*RECIPES.values(), None, None)
    return MotionLibrary(robot.id, names, known, rollout, qpos)


def dump_motion_library(library: MotionLibrary) -> bytes:
    """The library as a compressed npz, half precision (times in full)."""
    arrays = {
        name: field if name == "time" else field.astype(np.float16)
        for name, field in library.rollout.fields.items()
    }
    about = {
        "robot": library.robot,
        "clips": library.clips,
        "programs": [schedule and schedule.model_dump() for schedule in library.schedules],
    }
    buffer = io.BytesIO()
    header = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, header=header, **arrays)
    return buffer.getvalue()


def load_motion_library(data: bytes) -> MotionLibrary:
    """Read a library. Raises `Invalid` (code `bad_bank`)."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            about = json.loads(archive["header"].tobytes())
            fields = {
                name: archive[name].astype(np.float32) for name in archive.files if name != "header"
            }
        rollout = Rollout(fields)
        schedules = tuple(p and CommandSchedule.model_validate(p) for p in about["programs"])
        qpos = np.concatenate(
            [rollout.base_position, rollout.base_quaternion, rollout.joint_position], axis=-1
        )
        return MotionLibrary(about["robot"], tuple(about["clips"]), schedules, rollout, qpos)
    except (ValueError, KeyError, AttributeError, OSError, EOFError, BadZipFile) as error:
        raise Invalid("this is not a readable motion library", code="bad_bank") from error
