"""From what a sentence asks for, one thing after another, to a specification of motion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tabrl.contracts.motion import Duration, MotionSpec, Phase
from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.measures import led
from tabrl.robots import Robot
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts, Posture
from tabrl_reward_worker.generator.arm.asking import Asker, Part, Within, asked_for
from tabrl_reward_worker.generator.arm.drawing import draw
from tabrl_reward_worker.generator.arm.pointing import point, turn
from tabrl_reward_worker.generator.arm.reaching import reach, stand
from tabrl_reward_worker.generator.arm.reading import ReadSentence
from tabrl_reward_worker.generator.arm.swinging import rhythm
from tabrl_reward_worker.generator.goal.interpret import unsaid
from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.reading.intents import Reading
from tabrl_reward_worker.generator.reading.slots import SlotKind

_CYCLES = 3  # of a swing that something follows


@dataclass(frozen=True)
class Asked:
    """A specification, or none, and how the sentence was understood."""

    motion: MotionSpec | None
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)


def asked_of(sentence: ReadSentence, robot: Robot, begin: Posture | None = None) -> Asked:
    """What a sentence asks of an arm that stands at home, or in another posture."""
    own, reading = ArmAmounts.of(robot), sentence.reading
    texts = iter(sentence.texts)
    parts, posture = list[Part](), begin or own.home
    for read in reading.phases or [reading]:
        part = _part(read, posture, own, texts)
        parts.append(part)
        posture = part.posture
    done = [part for part in parts if not part.empty]
    understood, not_understood = _told(parts, sentence)
    motion = _motion(done, own, repeats=reading.repeats) if done else None
    if motion is not None:
        not_understood += _cut(done, motion, own)
    if motion is not None and len(motion.phases) > len(done):
        stays = done[-1].stays
        then = "it stays there afterwards" if stays else "it goes back to where it was before"
        understood.append(f"that has an end → {then}")
    return Asked(motion, [*reading.notes, *understood], not_understood)


def _part(read: Reading, posture: Posture, own: ArmAmounts, texts: Iterator[str]) -> Part:
    """What is asked for at the same time."""
    part = Part(own, posture)
    if read.within and read.seconds is not None:
        part.within = Within(read.seconds, read.seconds_text)
    asked_for(read.intents, part, _askers(texts))
    part.seconds = None if part.within_used else read.seconds
    if part.seconds is not None and part.path is not None:
        part.posture = part.posture.placed(led(part.path, np.array([part.seconds]))[0])
    return part


def _askers(texts: Iterator[str]) -> Mapping[str, Asker]:
    """By kinds of intents, in their order: postures before what moves about them."""
    reaching: dict[str, Asker] = dict.fromkeys((SlotKind.REACH, SlotKind.MOVE), reach)
    return {
        SlotKind.POINT: point, **reaching, SlotKind.TURN: turn, SlotKind.RHYTHM: rhythm,
        SlotKind.DRAW: partial(draw, texts=texts), SlotKind.STAND: stand,
    }  # fmt: skip


def _told(parts: Sequence[Part], sentence: ReadSentence) -> tuple[list[str], list[str]]:
    """What was understood and what was not, part by part."""
    reading, many = sentence.reading, len(parts) > 1
    understood, missed = list[str](), [*reading.unknown, *reading.impossible]
    for ordinal, part in zip(ORDINALS, parts, strict=False):
        lead = f"{ordinal}: " if many else ""
        understood += [lead + line for line in part.understood]
        missed += part.not_understood
        if part.seconds is not None:
            understood.append(f"{lead}“{_seconds_text(reading, part)}” → {part.seconds:g} s")
    missed += unsaid(reading, understood, missed)
    return understood, missed


def _seconds_text(reading: Reading, part: Part) -> str:
    """The words that say how long a part lasts."""
    reads = reading.phases or [reading]
    return next((one.seconds_text for one in reads if one.seconds == part.seconds), "")


def _motion(parts: Sequence[Part], own: ArmAmounts, *, repeats: bool) -> MotionSpec:
    repeats = repeats and len(parts) > 1
    last = parts[-1]
    ends = not repeats and (last.seconds or last.lasts) is not None and not last.holds
    ends = ends and len(parts) < MAX_PHASES
    seconds: list[float | None] = [_seconds(part, own) for part in parts]
    if not (repeats or ends):
        seconds[-1] = None
    phases: list[Phase] = [
        part.phase(one)
        for part, one in zip(parts, _shortened(seconds, own, stays=ends), strict=True)
    ]
    if ends:
        after = Part(own, last.posture if last.stays else last.begin)
        after.holds = True
        phases.append(after.phase(None))
    return MotionSpec(phases=tuple(phases), repeat=repeats)


def _cut(parts: Sequence[Part], motion: MotionSpec, own: ArmAmounts) -> list[str]:
    """That all of it would take too long."""
    whole = sum(
        _seconds(part, own)
        for part, phase in zip(parts, motion.phases, strict=False)
        if isinstance(phase.until, Duration)
    )
    lasts = sum(phase.until.seconds for phase in motion.phases if isinstance(phase.until, Duration))
    if whole <= lasts + 0.1:
        return []
    return [f"all of it would take {whole:.0f} s: every part is shorter, {lasts:.0f} s in all"]


def _seconds(part: Part, own: ArmAmounts) -> float:
    """How long a part takes if something follows it."""
    if part.seconds is not None:
        return part.seconds
    if part.lasts is not None:
        return max(part.lasts, 0.5)
    table = own["sequence"]
    swings = [hz for target in part.targets.values() if (hz := getattr(target.shape, "hz", None))]
    path = part.path
    if path is not None:
        return path.end_s + float(table["settle"])
    way = np.linalg.norm(np.subtract(part.posture.place, part.begin.place))
    there = float(way) / own.length(own["travel"]["speed"]) + float(table["settle"])
    return max(float(table["least"]), there, *(_CYCLES / float(hz) for hz in swings))


def _shortened(
    seconds: Sequence[float | None], own: ArmAmounts, *, stays: bool
) -> list[float | None]:
    """The same within what an episode can show; it `stays` after all of them."""
    longest, whole = own["sequence"]["longest"], sum(one or 0.0 for one in seconds)
    room = longest - (own["sequence"]["settle"] if stays or seconds[-1] is None else 0.0)
    share = min(1.0, room / whole) if whole else 1.0
    return [None if one is None else round(max(one * share, 0.5), 2) for one in seconds]
