"""Choreographies: a few moves one after the other on one beat, other ones with every seed."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.motion import Constant, Duration, MotionSpec, Phase, Sinusoid, Target
from tabrl.embodiments.legged.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.goal.abilities import Amounts

MOVES = 3  # of a choreography, where its beat leaves room for so many
_BAR = 4  # beats; a section is so many of them, or a multiple
_SECTION_S = 3.0  # at least: what is shorter is over before it is seen
_LONGEST_S = 18.0  # of all sections together


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Held(_Data):
    """A quantity that a move holds, at a row of a table of abilities."""

    quantity: Askable
    table: str
    row: str
    sign: int


class Move(_Data):
    """One thing to do on the beat; a cycle of it takes so many `beats`."""

    name: str
    beats: int
    swing: Mapping[Askable, str] = {}
    hold: tuple[Held, ...] = ()
    turns: int = 0


def choreography(
    beat_hz: float, size: float, seed: int, robot: Robot
) -> tuple[MotionSpec, tuple[Move, ...]]:
    """A dance on a beat, and the moves that it is made of.

    Args:
        beat_hz: beats a second.
        size: of the swings, as a share of the usual ones.
        seed: another one, other moves or another order.
        robot: who dances.
    """
    beats = _BAR * math.ceil(_SECTION_S * beat_hz / _BAR)
    seconds = round(beats / beat_hz, 2)
    count = min(MOVES, max(2, int(_LONGEST_S / seconds)))
    dancer = _Dancer(Amounts.of(robot), beat_hz, size, seconds)
    able = [move for move in moves() if dancer.does(move)]
    chosen = tuple(random.Random(seed).sample(able, count))
    phases = tuple(dancer.phase(move) for move in chosen)
    return MotionSpec(phases=phases, repeat=True), chosen


class _Dancer:
    """A robot on a beat: moves as phases of what it is asked for."""

    def __init__(self, amounts: Amounts, beat_hz: float, size: float, seconds: float) -> None:
        self._amounts, self._beat_hz = amounts, beat_hz
        self._size, self._seconds = size, seconds

    def does(self, move: Move) -> bool:
        """Whether a move fits the beat: no round is faster than the robot turns."""
        return self._turning(move) <= self._amounts["turn"]["limit"]

    def phase(self, move: Move) -> Phase:
        """A section of a move."""
        targets = [
            *(self._held(one) for one in move.hold),
            *(self._swung(quantity, row, move) for quantity, row in move.swing.items()),
        ]
        if move.turns:
            turning = Constant(value=round(self._turning(move), 4))
            targets.append(Target(quantity=Askable.YAW_RATE, shape=turning))
        return Phase(targets=tuple(targets), until=Duration(seconds=self._seconds))

    def _turning(self, move: Move) -> float:
        return 2.0 * math.pi * move.turns / self._seconds

    def _held(self, one: Held) -> Target:
        amount = one.sign * self._amounts[one.table][one.row]
        if one.quantity is Askable.HEIGHT:
            amount += self._amounts.standing
        return Target(quantity=one.quantity, shape=Constant(value=round(amount, 4)))

    def _swung(self, quantity: Askable, row: str, move: Move) -> Target:
        hz, table = self._hz(move), self._amounts[f"{quantity}_rhythm"]
        amplitude = min(self._size * table[row], table["limit"])
        if quantity is Askable.HEADING:
            fastest = self._amounts["heading_rate"]["limit"]
            amplitude = min(amplitude, fastest / (2.0 * math.pi * hz))
        mean = self._amounts.standing + table["centre"] if quantity is Askable.HEIGHT else 0.0
        shape = Sinusoid(mean=round(mean, 4), amplitude=round(amplitude, 3), hz=hz)
        return Target(quantity=quantity, shape=shape)

    def _hz(self, move: Move) -> float:
        """Cycles a second; one of two beats has one where two are too slow to follow."""
        hz = self._beat_hz / move.beats
        return round(hz if hz >= self._amounts["rhythm_frequency"]["lowest"] else self._beat_hz, 2)


@cache
def moves() -> Sequence[Move]:
    """The moves of legged robots."""
    data = tomllib.loads(files(__package__).joinpath("moves.toml").read_text("utf-8"))
    return tuple(Move.model_validate(entry) for entry in data["move"])
