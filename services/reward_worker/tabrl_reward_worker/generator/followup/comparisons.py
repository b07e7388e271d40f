"""Comparisons: "slower", "half as high", "more sway" scale or move what the earlier goal has."""

from __future__ import annotations

import re

from tabrl_reward_worker.generator.followup.numbers import Comparison, amplitude_of, numbers, often
from tabrl_reward_worker.generator.followup.phrases import find_phrase, table
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import SlotKind

PERCENT = re.compile(r"\b(?:by )?(\d+) ?(?:%|percent)")


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
    if intent.kind == SlotKind.TURN and intent.meaning.get("move"):
        return "radius"
    return next((name for name, one in numbers().items() if intent.kind.name in one.intents), "")


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
    return (*(swings if extent else ()), *table("unsaid")[comparison.aspect])


def compared(comparison: Comparison, target: str, goal: Goal) -> str:
    """Change a target of the goal; in words, or nothing if there is none."""
    if target == "frequency":
        return often(goal, comparison)
    number = numbers().get(target)
    return number.change(goal, comparison) if number else ""
