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
from jaxtyping import Float

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.domain.errors import Invalid, NotFound
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.simulator import PolicyFn, episode

CLIP_S = 3.0
SETTLE_S = 1.0  # left out: the way from the home keyframe into the motion
FALL, RANDOM = "fall", "random"
NEGATIVE_REFERENCES = (FALL, RANDOM)


@dataclass(frozen=True)
class MotionLibrary:
    """Clips of one robot, recorded side by side."""

    robot: str
    clips: tuple[str, ...]  # their names
    schedules: tuple[CommandSchedule | None, ...]  # behind them; none for negative references
    rollout: Rollout
    qpos: Float[np.ndarray, "T B nq"]  # for playing them

    def clip(self, name: str) -> Rollout:
        """One clip's rollout, `[T, 1]`."""
        index = self.clips.index(name)
        return self.rollout.robots(slice(index, index + 1))


def record_motion_library(robot: Robot, policy: PolicyFn, seed: int = 0) -> MotionLibrary:
    """Record all clips.

    Args:
        robot: any that is registered.
        policy: the pretrained one, which follows commands.
        seed: the same one gives the same library.
    """
    embodiment = embodiment_of(robot)
    recipes, failing = embodiment.recipes, embodiment.failing_action
    avoided = [name for name in NEGATIVE_REFERENCES if name != FALL or failing is not None]
    names = (*recipes, *avoided)
    neutral = CommandSchedule.neutral(embodiment.commands)
    schedules = [*recipes.values(), *[neutral] * len(avoided)]
    rng = np.random.default_rng(seed)
    step = 0

    def act(observation: Float[np.ndarray, "B no"]) -> Float[np.ndarray, "B nu"]:
        nonlocal step
        action = np.array(policy(observation))
        if failing is not None and step > round(SETTLE_S / CONTROL_DT):
            action[names.index(FALL)] = failing
        action[names.index(RANDOM)] = rng.normal(0.0, 0.8, robot.nu)
        step += 1
        return action

    simulator = CpuSimulator(robot, len(names), seed=seed)
    batch = CommandBatch.stack(schedules)
    rollout = episode(simulator, batch, act, SETTLE_S + CLIP_S, seed).rollout
    settled = round(SETTLE_S / CONTROL_DT)
    rollout = Rollout({name: field[settled:] for name, field in rollout.fields.items()})
    known = (*recipes.values(), *[None] * len(avoided))
    return MotionLibrary(robot.id, names, known, rollout, embodiment.qpos_of(rollout))


def dump_motion_library(library: MotionLibrary) -> bytes:
    """The library as a compressed npz, half precision (times in full)."""
    arrays = {
        name: field if name == "time" else field.astype(np.float16)
        for name, field in library.rollout.fields.items()
    }
    about = {
        "robot": library.robot,
        "clips": library.clips,
        "programs": [
            schedule and ScheduleDocument.of(schedule).model_dump()
            for schedule in library.schedules
        ],
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
        embodiment = embodiment_of(get_robot(about["robot"]))
        rollout = Rollout(embodiment.completed(fields))
        schedules = tuple(p and _schedule(p, embodiment) for p in about["programs"])
        qpos = embodiment.qpos_of(rollout)
        return MotionLibrary(about["robot"], tuple(about["clips"]), schedules, rollout, qpos)
    except (Invalid, NotFound) as error:
        raise Invalid(error.message, code="bad_bank", hint=error.hint) from error
    except (ValueError, KeyError, AttributeError, OSError, EOFError, BadZipFile) as error:
        raise Invalid("this is not a readable motion library", code="bad_bank") from error


def _schedule(document: object, embodiment: Embodiment) -> CommandSchedule:
    return ScheduleDocument.model_validate(document).schedule(embodiment.commands)
