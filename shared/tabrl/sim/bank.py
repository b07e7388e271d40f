"""The behaviour bank: short recordings of a robot under known commands, and of things to avoid.

A new reward is evaluated on all clips at once: to validate it, to preview the motion it likes best,
and to start the search for a command program.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np

from tabrl.control.program import CommandProgram, Programs
from tabrl.control.tape import CONTROL_DT, Floats, Tape
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tabrl.sim.clips import RECIPES
from tabrl.sim.cpu import CpuSimulator
from tabrl.sim.simulator import PolicyFn, episode

CLIP_S = 3.0
SETTLE_S = 1.0  # left out: the way from the home keyframe into the motion
AVOID = ("fall", "random")


@dataclass(frozen=True)
class Bank:
    """Clips of one robot: names, the programs behind them (`None` for falling and random motion),
    the tape `[T, B]` and joint positions `qpos [T, B, nq]` for playing them."""

    robot: str
    clips: tuple[str, ...]
    programs: tuple[CommandProgram | None, ...]
    tape: Tape
    qpos: Floats

    def clip(self, name: str) -> Tape:
        """One clip's tape, `[T, 1]`."""
        index = self.clips.index(name)
        return self.tape.robots(slice(index, index + 1))


def record_bank(robot: Robot, policy: PolicyFn, seed: int = 0) -> Bank:
    """Record all clips with the base policy; the same seed gives the same bank."""
    names = (*RECIPES, *AVOID)
    programs = [*RECIPES.values(), CommandProgram(), CommandProgram()]
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
    tape = episode(simulator, Programs.stack(programs), act, SETTLE_S + CLIP_S, seed).tape
    tape = Tape(
        {name: field[round(SETTLE_S / CONTROL_DT) :] for name, field in tape.fields.items()}
    )
    qpos = np.concatenate([tape.base_position, tape.base_quaternion, tape.joint_position], axis=-1)
    known = (*RECIPES.values(), None, None)
    return Bank(robot.id, names, known, tape, qpos)


def dump_bank(bank: Bank) -> bytes:
    """The bank as a compressed npz, half precision (times in full)."""
    arrays = {
        name: field if name == "time" else field.astype(np.float16)
        for name, field in bank.tape.fields.items()
    }
    about = {
        "robot": bank.robot,
        "clips": bank.clips,
        "programs": [program and program.model_dump() for program in bank.programs],
    }
    buffer = io.BytesIO()
    header = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, header=header, **arrays)
    return buffer.getvalue()


def load_bank(data: bytes) -> Bank:
    """Read a bank. Raises `Invalid` (code `bad_bank`)."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            about = json.loads(archive["header"].tobytes())
            fields = {
                name: archive[name].astype(np.float32) for name in archive.files if name != "header"
            }
        tape = Tape(fields)
        programs = tuple(p and CommandProgram.model_validate(p) for p in about["programs"])
        qpos = np.concatenate(
            [tape.base_position, tape.base_quaternion, tape.joint_position], axis=-1
        )
        return Bank(about["robot"], tuple(about["clips"]), programs, tape, qpos)
    except (ValueError, KeyError, AttributeError, OSError, EOFError, BadZipFile) as error:
        raise Invalid("this is not a readable behaviour bank", code="bad_bank") from error
