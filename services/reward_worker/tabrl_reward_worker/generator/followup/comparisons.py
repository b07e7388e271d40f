"""Comparisons: "slower", "half as high", "more sway" scale or move what the earlier goal has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.followup.numbers import amplitude_of, numbers, within
from tabrl_reward_worker.generator.followup.phrases import find_phrase
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.limits import beats, ranges
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import SlotKind

PERCENT = re.compile(r"\b(?:by )?(\d+) ?(?:%|percent)")
_TARGETS = {
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
_UNSAID = {  # what is compared where nobody says what, the likeliest first
    "pace": ("speed", "frequency"),
    "level": ("hop", "paw", "rear", "steps", "height"),
    "extent": ("hop", "paw", "steps", "pitch", "roll", "rear", "turn", "height", "speed"),
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

    @property
    def share(self) -> float:
        """A step up or down as a factor, for what is not the trunk's height."""
        return self.factor if self.factor != 1.0 else 1.0 + 13.0 * self.step


def comparison_in(clause: str, plan: Plan) -> Comparison | None:
    """The clause as a comparison; None if it is none, or compares what the plan has not."""
    found = find_phrase("comparison", clause)
    if found is None:
        return None
    phrase, entry = found
    top = plan.amounts.top_speed
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
    fits = any(compare(comparison, part.copy()) for part in plan.parts)
    return comparison if fits else None


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
    """The name of what an intent is about; "" if it has none."""
    if intent.kind == SlotKind.RHYTHM:
        return amplitude_of(intent.meaning.get("channel", ""))
    return _TARGETS.get(intent.kind, "")


def compare(comparison: Comparison, goal: Goal) -> bool:
    """Change the goal and say so; False if it has nothing of the kind."""
    for target in [comparison.target] if comparison.target else _unsaid(comparison, goal):
        done = compared(comparison, target, goal)
        if done:
            goal.understood.append(f"“{comparison.text}” → {done}")
            return True
    return False


def _unsaid(comparison: Comparison, goal: Goal) -> tuple[str, ...]:
    if goal.hop is not None and goal.moves and re.search("f[au]rther", comparison.text):
        return ("speed",)
    swings = [amplitude_of(channel) for channel in goal.swings]
    extent = comparison.aspect == "extent"
    return (*(swings if extent else ()), *_UNSAID[comparison.aspect])


def compared(comparison: Comparison, target: str, goal: Goal) -> str:
    """Change a target of the goal; in words, or nothing if there is none."""
    if target == "speed":
        return _speed(comparison, goal)
    if target == "frequency":
        return _frequency(comparison, goal)
    if target == "height":
        return _height(comparison, goal)
    number = numbers().get(target)
    if number is None or number.get(goal) is None:
        return ""
    if comparison.aspect == "pace" and target != "turn":
        return _frequency(comparison, goal) if number.paced or number.channel else ""
    return number.scaled(goal, _factor(comparison, target, goal))


def _factor(comparison: Comparison, target: str, goal: Goal) -> float:
    if target == "turn":
        # A larger circle is less of a turn.
        circles = comparison.aspect == "extent" and goal.moves
        return 1.0 / comparison.factor if circles else comparison.factor
    # A nose that points down goes higher by less of it.
    down = target == "pitch" and comparison.aspect == "level" and (goal.pitch or 0.0) > 0.0
    return 1.0 / comparison.share if down else comparison.share


def _speed(comparison: Comparison, goal: Goal) -> str:
    paced = comparison.aspect == "pace"
    if not goal.moves:
        return compared(comparison, "turn", goal) if paced else ""
    axes = [numbers()[name] for name in ("forward", "sideways")]
    told = [axis.scaled(goal, comparison.factor) for axis in axes if axis.get(goal)]
    if goal.yaw and paced and not comparison.target:
        told.append(compared(comparison, "turn", goal))
    return ", ".join(told)


def _frequency(comparison: Comparison, goal: Goal) -> str:
    if goal.hop is not None:
        one = ranges(goal.amounts)[Askable.HOP_RATE]
        hz = within(goal.hop.hz * comparison.factor, one.low, one.high)
        goal.hop = goal.hop._replace(hz=hz)
    elif goal.swings:
        hz = within(goal.rates[0] * comparison.factor, *beats(goal.amounts))
        goal.beat(hz)
    else:
        return ""
    return f"{hz:g} times a second"


def _height(comparison: Comparison, goal: Goal) -> str:
    if not goal.height:
        return ""  # the sentence's own reading says how low "lower" is
    step = comparison.step * goal.amounts.scale.length or goal.height * (comparison.factor - 1.0)
    return to_height(goal, goal.height + step)


def to_height(goal: Goal, offset: float) -> str:
    """Hold the trunk as far from standing as the robot can, and say so."""
    one = ranges(goal.amounts)[Askable.HEIGHT]
    goal.height = offset = round(max(-one.down, min(offset, one.up)), 3)
    return f"{abs(offset) * 100:.1f} cm {'below' if offset < 0.0 else 'above'} standing"
