"""Dances of an arm: a few moves one after the other on one beat, other ones with every seed."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.motion import MotionSpec, Sinusoid
from tabrl.embodiments.arm.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.arm.asking import Part
from tabrl_reward_worker.generator.arm.writing import candidates_for
from tabrl_reward_worker.generator.reading.intents import Reading

DANCES, MOVES = 3, 3
_BAR, _SECTION_S = (
    4,
    3.0,
)  # beats; a section is so many of them, or a multiple, and so long at least
_BEAT_HZ = 1.2  # where nobody says how fast
_LOWEST_HZ, _HIGHEST_HZ = 0.5, 2.5


class Move(BaseModel):
    """One thing to do on the beat; a cycle of it takes so many `beats`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    beats: int
    swing: Mapping[str, str]
    posture: Mapping[str, float]


def is_dance(reading: Reading) -> bool:
    """Whether a dance is all that is asked for."""
    wanted = [intent for intent in reading.intents if not intent.negated]
    dances = bool(wanted) and all(intent.meaning.get("dance") for intent in wanted)
    return dances and not reading.phases and not reading.seconds


def dances_of(plain: MotionSpec, robot: Robot, seed: int) -> tuple[RewardCandidate, ...]:
    """Different dances to choose from, on the beat of a `plain` one, each written directly."""
    beat_hz, found = _beat(plain), dict[str, MotionSpec]()
    while len(found) < DANCES:
        moves = random.Random(seed).sample(list(known_moves()), MOVES)
        found.setdefault(", ".join(move.name for move in moves), _dance(moves, beat_hz, robot))
        seed += 1
    return tuple(_named(moves, motion, robot) for moves, motion in found.items())


def _named(moves: str, motion: MotionSpec, robot: Robot) -> RewardCandidate:
    written = candidates_for(motion, robot)[0]
    asked = written.idea.partition(": ")[2]
    idea = f"A round of moves on the beat: {asked}"
    return replace(written, name=moves[0].upper() + moves[1:], idea=idea)


def _beat(plain: MotionSpec) -> float:
    """Beats a second: a sway goes to one side and back in two."""
    swings = [one.shape for one in plain.phases[0].targets if isinstance(one.shape, Sinusoid)]
    hz = swings[0].hz if swings and swings[0].hz else _BEAT_HZ / 2.0
    return min(max(2.0 * hz, _LOWEST_HZ), _HIGHEST_HZ)


def _dance(moves: Sequence[Move], beat_hz: float, robot: Robot) -> MotionSpec:
    seconds = round(_BAR * math.ceil(_SECTION_S * beat_hz / _BAR) / beat_hz, 2)
    own = ArmAmounts.of(robot)
    phases = tuple(_part(move, beat_hz, own).phase(seconds) for move in moves)
    return MotionSpec(phases=phases, repeat=True)


def _part(move: Move, beat_hz: float, own: ArmAmounts) -> Part:
    """A move as a phase."""
    part = Part(own, own.home)
    part.point({name: value for name, value in move.posture.items() if name != "z"})
    part.raise_to(move.posture.get("z", 0.0))
    for name, row in move.swing.items():
        table = own["swing"][name]
        axis, size = table.get("part"), float(table[row])
        part.swing(
            Askable(table["quantity"]), own.length(size) if axis else size, beat_hz / move.beats,
            axis,
        )  # fmt: skip
    return part


@cache
def known_moves() -> tuple[Move, ...]:
    """The moves of arms."""
    return tuple(_moves())


def _moves() -> Iterator[Move]:
    data = tomllib.loads(files(__package__).joinpath("moves.toml").read_text("utf-8"))
    yield from (Move.model_validate(entry) for entry in data["move"])
