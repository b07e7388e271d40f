"""A sentence that asks for a dance and nothing else: two or three dances to choose from."""

from __future__ import annotations

from dataclasses import replace

from tabrl.contracts.motion import MotionSpec, Sinusoid
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.dance.choreography import choreography
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.reading.intents import Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

DANCES = 3  # to choose from


def is_dance(reading: Reading) -> bool:
    """Whether a dance is all that is asked for, without a word on how it is to be danced."""
    wanted = [intent for intent in reading.intents if not intent.negated]
    denied = [intent.kind for intent in reading.intents if intent.negated]
    dances = bool(wanted) and all(intent.meaning.get("dance") for intent in wanted)
    return dances and not reading.phases and not reading.seconds and SlotKind.RHYTHM not in denied


def dances_of(plain: MotionSpec, robot: Robot, seed: int) -> list[tuple[MotionSpec, str]]:
    """Different dances on the beat of a `plain` one and as large, each with its moves in words."""
    beat_hz, size = _beat(plain, Amounts.of(robot))
    found: dict[str, MotionSpec] = {}
    while len(found) < DANCES:
        motion, moves = choreography(beat_hz, size, seed, robot)
        found.setdefault(", ".join(move.name for move in moves), motion)
        seed += 1
    return [(motion, moves) for moves, motion in found.items()]


def named(written: RewardCandidate, moves: str) -> RewardCandidate:
    """A candidate under the names of its moves."""
    name, asked = moves[0].upper() + moves[1:], written.idea.partition(": ")[2]
    return replace(written, name=name, idea=f"A round of moves on the beat: {asked}")


def _beat(plain: MotionSpec, amounts: Amounts) -> tuple[float, float]:
    """Beats a second, and how large the swings are beside the usual ones."""
    swung = [one for one in plain.phases[0].targets if isinstance(one.shape, Sinusoid)]
    first = swung[0]
    assert isinstance(first.shape, Sinusoid)
    assert first.shape.hz  # of a sentence, not of a tempo
    usual = amounts[f"{first.quantity}_rhythm"]["normal"]
    return first.shape.hz, first.shape.amplitude / usual
