"""Comparisons: "slower", "half as high", "more sway" scale or move what the earlier goal has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tabrl_reward_worker.generator.followup.phrases import find_phrase
from tabrl_reward_worker.generator.goal.goal import Goal, Rhythm, parts_of
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import SlotKind

PERCENT = re.compile(r"\b(?:by )?(\d+) ?(?:%|percent)")
AMPLITUDE = "amplitude of "  # before the channel of a rhythm
# Of the reference robot.
_MIN_SPEED = 0.1  # m/s or rad/s: slower is standing
_TARGET_OF = {
    SlotKind.MOVE: "speed",
    SlotKind.TURN: "turn",
    SlotKind.HOP: "hop",
    SlotKind.PAW: "paw",
    SlotKind.STEP: "steps",
    SlotKind.POSTURE: "pitch",
    SlotKind.LEAN: "roll",
    SlotKind.HEIGHT: "height",
    SlotKind.REAR: "rear",
}


@dataclass(frozen=True)
class Comparison:
    """A comparison: which amount, by which factor or by how many m, and of what ("" if unsaid)."""

    text: str
    aspect: str
    factor: float
    step: float
    target: str

    @property
    def about_feet(self) -> bool:
        """Whether it may be meant of feet: how they step, or how fast."""
        return self.aspect == "pace" or self.target in ("steps", "paw", "hop")


def comparison_in(clause: str, goal: Goal) -> Comparison | None:
    """The clause as a comparison; None if it is none, or compares what the goal has not."""
    found = find_phrase("comparison", clause)
    if found is None:
        return None
    phrase, entry = found
    top = goal.amounts.top_speed
    reading = parse(clause, top)
    if any(intent.negated or _belongs_to(intent, phrase) for intent in reading.intents):
        return None  # "lower your head" is a posture of its own
    rest = clause.replace(phrase, " ", 1)
    measure = find_phrase("measure", rest)
    power = float(measure[1]["power"]) if measure else 1.0
    factor, step = float(entry.get("factor", 1.0)) ** power, float(entry.get("step", 0.0)) * power
    percent = PERCENT.search(rest)
    if percent:
        share = min(int(percent.group(1)), 90) / 100.0
        factor = 1.0 + share if factor > 1.0 or step > 0.0 else 1.0 - share
    comparison = Comparison(clause, entry["aspect"], factor, step, _about(rest, top))
    probes = [replace(part, understood=[]) for part in parts_of(goal)]
    return comparison if any(apply_comparison(comparison, probe) for probe in probes) else None


def _belongs_to(intent: Intent, phrase: str) -> bool:
    return phrase in intent.text and intent.kind not in (SlotKind.HEIGHT, SlotKind.MOVE)


def _about(rest: str, top_speed: float) -> str:
    """What a comparison is about: a word of the table, or an intent or rhythm of the lexicon."""
    for intent in parse(rest, top_speed).intents:
        if intent.kind == SlotKind.RHYTHM or (intent.kind != SlotKind.HEIGHT and intent.text):
            return target_of(intent)
    found = find_phrase("about", rest)
    return str(found[1]["target"]) if found else ""


def target_of(intent: Intent) -> str:
    """The target that an intent is about; "" if there is none."""
    if intent.kind == SlotKind.RHYTHM:
        return f"{AMPLITUDE}{intent.meaning.get('channel', '')}"
    return _TARGET_OF.get(intent.kind, "")


def apply_comparison(comparison: Comparison, goal: Goal) -> bool:
    """Change the goal and say so; False if it has nothing of the kind."""
    for target in [comparison.target] if comparison.target else _unsaid(comparison, goal):
        change = _TARGETS.get(target, _of_rhythm(target.removeprefix(AMPLITUDE)))
        done = change(comparison, goal)
        if done:
            goal.understood.append(f"“{comparison.text}” → {done}")
            return True
    return False


def _unsaid(comparison: Comparison, goal: Goal) -> tuple[str, ...]:
    """What a comparison without an object may be about, the likeliest first."""
    if goal.hop is not None and goal.moves and re.search("f[au]rther", comparison.text):
        return ("speed",)
    channels = tuple(f"{AMPLITUDE}{rhythm.channel}" for rhythm in goal.rhythms)
    return {
        "pace": ("speed", "frequency"),
        "level": ("hop", "paw", "rear", "steps", "height"),
        "extent": (
            *(*channels, "hop", "paw", "steps", "pitch", "roll", "rear", "turn", "height"),
            "speed",
        ),
    }[comparison.aspect]


def _speed(comparison: Comparison, goal: Goal) -> str:
    if not goal.moves:
        return _turn(comparison, goal) if comparison.aspect == "pace" else ""
    messages = []
    for name, tables in (("vx", ("forward", "backward")), ("vy", ("sideways", "sideways"))):
        value = getattr(goal, name)
        if value:
            limit = goal.amounts[tables[value < 0.0]]["limit"]
            scaled = _within(value * comparison.factor, goal.amounts.speed(_MIN_SPEED), limit)
            setattr(goal, name, scaled)
            messages.append(f"{abs(scaled):g} m/s instead of {abs(value):g} m/s")
    if goal.yaw and comparison.aspect == "pace" and not comparison.target:
        messages.append(_turn(comparison, goal))
    return ", ".join(messages)


def _turn(comparison: Comparison, goal: Goal) -> str:
    if not goal.yaw:
        return ""
    # A larger circle is less of a turn.
    factor = (
        1.0 / comparison.factor
        if comparison.aspect == "extent" and goal.moves
        else comparison.factor
    )
    before, goal.yaw = (
        goal.yaw,
        _within(goal.yaw * factor, goal.amounts.rate(_MIN_SPEED), goal.amounts["turn"]["limit"]),
    )
    return f"turn at {abs(goal.yaw):g} rad/s instead of {abs(before):g} rad/s"


def _frequency(comparison: Comparison, goal: Goal) -> str:
    if goal.hop is not None:
        table = goal.amounts["hop_frequency"]
        hz = _within(goal.hop.hz * comparison.factor, table["lowest"], table["highest"])
        goal.hop = replace(goal.hop, hz=hz)
    elif goal.rhythms:
        table = goal.amounts["rhythm_frequency"]
        hz = _within(goal.rhythms[0].hz * comparison.factor, table["lowest"], table["highest"])
        goal.rhythms = tuple(replace(rhythm, hz=hz) for rhythm in goal.rhythms)
    else:
        return ""
    return f"{hz:g} times a second"


def _height(comparison: Comparison, goal: Goal) -> str:
    if not goal.height:
        return ""  # the sentence's own reading says how low "lower" is
    step = comparison.step * goal.amounts.scale.length or goal.height * (comparison.factor - 1.0)
    low, high = -goal.amounts["low"]["limit"], goal.amounts["high"]["limit"]
    goal.height = round(max(low, min(goal.height + step, high)), 3)
    where = "below" if goal.height < 0.0 else "above"
    return f"{abs(goal.height) * 100:.1f} cm {where} standing"


def _raised(name: str, table: str, minimum: float, words: str) -> Callable[[Comparison, Goal], str]:
    """A change of how high a hop or a foot goes, or of its frequency."""

    def apply(comparison: Comparison, goal: Goal) -> str:
        asked = getattr(goal, name)
        if asked is None:
            return ""
        if comparison.aspect == "pace":
            return _frequency(comparison, goal)
        least = goal.amounts.length(minimum)
        height = _within(asked.height * _factor(comparison), least, goal.amounts[table]["limit"])
        setattr(goal, name, replace(asked, height=height))
        return words.format(f"{height * 100:.1f} cm")

    return apply


def _scaled(name: str, table: str, minimum: float, words: str) -> Callable[[Comparison, Goal], str]:
    """A change of one number of the goal within the table's limit."""

    def apply(comparison: Comparison, goal: Goal) -> str:
        value = getattr(goal, name)
        if not value or comparison.aspect == "pace":
            return ""
        least = goal.amounts.length(minimum) if name == "steps" else minimum
        factor = _factor(comparison)
        if name == "pitch" and comparison.aspect == "level" and value > 0.0:
            factor = 1.0 / factor  # a nose that points down goes higher by less of it
        changed = _within(value * factor, least, goal.amounts[table]["limit"])
        setattr(goal, name, changed)
        return f"{words} {abs(changed):g} instead of {abs(value):g}"

    return apply


def _of_rhythm(channel: str) -> Callable[[Comparison, Goal], str]:
    def apply(comparison: Comparison, goal: Goal) -> str:
        if not any(rhythm.channel == channel for rhythm in goal.rhythms):
            return ""
        if comparison.aspect == "pace":
            return _frequency(comparison, goal)
        table = goal.amounts[f"{channel}_rhythm"]
        rhythms, message = [], ""
        for rhythm in goal.rhythms:
            if rhythm.channel == channel:
                minimum = table["small"] / 2.0
                size = _within(rhythm.amplitude * _factor(comparison), minimum, table["limit"])
                message = f"{channel} ±{size:g} instead of ±{rhythm.amplitude:g}"
                rhythm = Rhythm(channel, size, rhythm.hz)
            rhythms.append(rhythm)
        goal.rhythms = tuple(rhythms)
        return message

    return apply


_TARGETS: dict[str, Callable[[Comparison, Goal], str]] = {
    "speed": _speed,
    "turn": _turn,
    "frequency": _frequency,
    "height": _height,
    "hop": _raised("hop", "hop", 0.02, "hop {} high"),
    "paw": _raised("lift", "paw", 0.03, "foot up by {}"),
    "steps": _scaled("steps", "steps", 0.07, "steps of"),
    "pitch": _scaled("pitch", "pitch", 0.1, "pitch"),
    "roll": _scaled("roll", "lean", 0.08, "lean"),
    "rear": _scaled("rear", "rear", 0.5, "nose up by"),
}


def _factor(comparison: Comparison) -> float:
    """A step up or down as a factor, for what is not the trunk's height."""
    return comparison.factor if comparison.factor != 1.0 else 1.0 + 13.0 * comparison.step


def _within(value: float, minimum: float, limit: float) -> float:
    size = max(minimum, min(abs(value), limit))
    return round(size if value > 0.0 else -size, 3)
