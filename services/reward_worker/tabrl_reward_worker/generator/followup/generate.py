"""Going on from an earlier sentence: "lower your hips, and slower" on top of "trot forward".

Comparisons scale or move what the earlier goal has; whatever else the new words say is read as any
sentence and takes the place of what it contradicts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.followup.merge import fitting, merge
from tabrl_reward_worker.generator.followup.quantities import (
    Amount,
    UnclearError,
    amount_in,
    apply_amount,
)
from tabrl_reward_worker.generator.generate import NotUnderstoodError
from tabrl_reward_worker.generator.goal.feet import settle
from tabrl_reward_worker.generator.goal.goal import Goal, Rhythm, abilities
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.rhythm import make_room, shared_beat
from tabrl_reward_worker.generator.reading.intents import Act
from tabrl_reward_worker.generator.reading.languages import foreign
from tabrl_reward_worker.generator.reading.lexicon import lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.writing.templates import drafts

_SPLIT = re.compile(r"[;!?]|[.,](?!\d)|\b(?:and|but|then|also|plus)\b")
_PERCENT = re.compile(r"\b(?:by )?(\d+) ?(?:%|percent)")
_BETWEEN = re.compile(r"\bbetween (.{1,20}?) and\b")
_HINT = (
    "Write what is to be different from before: “slower”, “half as fast”, “at 0.3 m/s”, “5 cm "
    "lower”, “to the left”, “and sway your hips”, “without turning”."
)
_SWING = "swing of "  # before the channel of a rhythm
_LEAST_SPEED = 0.1  # m/s or rad/s: slower is standing
_ABOUT_ACT = {
    "MOVE": "speed", "TURN": "turn", "HOP": "hop", "PAW": "paw", "STEP": "steps",
    "POSTURE": "pitch", "LEAN": "roll", "HEIGHT": "height", "REAR": "rear",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A comparison: which amount, by which factor or by how many m, and of what ("" if unsaid)."""

    text: str
    amount: str
    factor: float
    step: float
    target: str


def generate_followup(earlier: Sequence[str], words: str, robot: Robot) -> Proposal:
    """Rewards for the earlier sentences as the new words change them.

    Raises `NotUnderstoodError` (code `task_not_understood`).
    """
    language = foreign(words, lexicon().vocabulary)
    if language is not None:
        message = f"This sentence looks like {language.name}; only English is understood here. "
        raise NotUnderstoodError(message + language.note, robot, Goal())
    goal = Goal()
    for sentence in earlier:
        goal = _went_on(goal, sentence)
    before = list(goal.understood)
    try:
        goal = _went_on(goal, words)
    except UnclearError as error:
        raise NotUnderstoodError(str(error), robot, goal, _HINT) from None
    if goal.empty or goal.understood == before:
        raise NotUnderstoodError("This change was not understood.", robot, goal, _HINT)
    return Proposal(drafts(goal, robot.standing_height), goal.understood, goal.not_understood)


def _went_on(goal: Goal, words: str) -> Goal:
    """The goal as the words change it; with an empty one before, what the words say alone."""
    if goal.empty:
        return interpret(parse(words))
    changes, amounts, rest = _changes(words, goal)
    reading = parse(rest)
    new = interpret(reading)
    if new.phases:
        new.understood.insert(0, "one thing after another → instead of what was asked before")
        return new
    said = [*goal.understood]
    parts = _parts(goal)
    for part in parts:
        part.understood, part.not_understood = [], []
    for amount in amounts:
        apply_amount(amount, parts)
    for part in parts:
        for change in changes:
            _apply(change, part)
        merge(part, fitting(new, part, parts), reading)
        shared_beat(part)
        make_room(part)
        settle(part)
    if all(part.still for part in parts):
        goal.phases, goal.still = (), True
    goal.understood = said + _once(part.understood for part in parts)
    # Without a word of the user's it is about what these words would ask for on their own.
    goal.understood += [line for line in new.understood if line.startswith("“")]
    goal.not_understood = [*new.not_understood, *_once(part.not_understood for part in parts)]
    return goal


def _parts(goal: Goal) -> list[Goal]:
    """What is asked for one after the other, or all at once."""
    return [phase.goal for phase in goal.phases] or [goal]


def _once(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(line for lines in lists for line in lines))


def _changes(words: str, goal: Goal) -> tuple[list[Change], list[Amount], str]:
    """The comparisons in the words, the clauses that are only an amount, and the others."""
    changes, amounts, plain = list[Change](), list[Amount](), list[str]()
    for clause in _SPLIT.split(_BETWEEN.sub(r"between \1 to", words.lower().replace("’", "'"))):
        for phrase in _table("filler"):
            clause = re.sub(rf"\b{phrase}\b", " ", clause)
        clause = " ".join(clause.split())
        for phrase in _table("drop"):
            clause = re.sub(rf"^(?:please )?{phrase} (?=\w)", "without ", clause)
        unmeasured = _find("unmeasured", clause)
        if unmeasured is not None:
            raise UnclearError(str(unmeasured[1]["message"]))
        amount = _amount(clause, goal)
        change = None if amount else _change(clause, goal)
        if amount is not None:
            amounts.append(amount)
        elif change is None:
            plain.append(clause)
        else:
            changes.append(change)
    return changes, amounts, ", ".join(clause for clause in plain if clause)


def _amount(clause: str, goal: Goal) -> Amount | None:
    """The clause as an amount, if it is nothing else: "20 cm", "2 cm lower", "to the right"."""
    found = _find("change", clause)
    if _PERCENT.search(clause):
        return None
    if found is not None:
        phrase, entry = found
        rises = float(entry.get("factor", 1.0)) > 1.0 or float(entry.get("step", 0.0)) > 0.0
        rest = clause.replace(phrase, " ", 1)
        amount = amount_in(rest, 1 if rises else -1, entry["amount"] == "level")
        if amount is None:
            return None
        amount = replace(amount, text=clause)
    else:
        amount = amount_in(clause)
    probes = [replace(part, understood=[], not_understood=[]) for part in _parts(goal)]
    return amount if amount is not None and apply_amount(amount, probes) else None


def _change(clause: str, goal: Goal) -> Change | None:
    """The clause as a comparison; None if it is none, or compares what the goal has not."""
    found = _find("change", clause)
    if found is None:
        return None
    phrase, entry = found
    reading = parse(clause)
    if any(act.denied or _owns(act, phrase) for act in reading.acts):
        return None  # "lower your head" is a posture of its own
    rest = clause.replace(phrase, " ", 1)
    measure = _find("measure", rest)
    power = float(measure[1]["power"]) if measure else 1.0
    factor, step = float(entry.get("factor", 1.0)) ** power, float(entry.get("step", 0.0)) * power
    percent = _PERCENT.search(rest)
    if percent:
        share = min(int(percent.group(1)), 90) / 100.0
        factor = 1.0 + share if factor > 1.0 or step > 0.0 else 1.0 - share
    change = Change(clause, entry["amount"], factor, step, _about(rest))
    probes = [replace(part, understood=[]) for part in _parts(goal)]
    return change if any(_apply(change, probe) for probe in probes) else None


def _owns(act: Act, phrase: str) -> bool:
    return phrase in act.text and act.kind not in ("HEIGHT", "MOVE")


def _about(rest: str) -> str:
    """What a comparison is about: a word of the table, or an act or rhythm of the lexicon."""
    for act in parse(rest).acts:
        if act.kind == "RHYTHM":
            return f"{_SWING}{act.meaning.get('channel', '')}"
        if act.kind != "HEIGHT" and act.text:
            return _ABOUT_ACT.get(act.kind, "")
    found = _find("about", rest)
    return str(found[1]["target"]) if found else ""


def _apply(change: Change, goal: Goal) -> bool:
    """Change the goal and say so; False if it has nothing of the kind."""
    for target in [change.target] if change.target else _unsaid(change, goal):
        done = _TARGETS.get(target, _of_rhythm(target.removeprefix(_SWING)))(change, goal)
        if done:
            goal.understood.append(f"“{change.text}” → {done}")
            return True
    return False


def _unsaid(change: Change, goal: Goal) -> tuple[str, ...]:
    """What a comparison without an object may be about, the likeliest first."""
    if goal.hop is not None and goal.moves and re.search("f[au]rther", change.text):
        return ("speed",)
    channels = tuple(f"{_SWING}{rhythm.channel}" for rhythm in goal.rhythms)
    return {
        "pace": ("speed", "beat"),
        "level": ("hop", "paw", "rear", "steps", "height"),
        "extent": (
            *(*channels, "hop", "paw", "steps", "pitch", "roll", "rear", "turn", "height"),
            "speed",
        ),
    }[change.amount]


def _speed(change: Change, goal: Goal) -> str:
    if not goal.moves:
        return _turn(change, goal) if change.amount == "pace" else ""
    said = []
    for name, tables in (("vx", ("forward", "backward")), ("vy", ("sideways", "sideways"))):
        value = getattr(goal, name)
        if value:
            limit = abilities()[tables[value < 0.0]]["limit"]
            scaled = _within(value * change.factor, _LEAST_SPEED, limit)
            setattr(goal, name, scaled)
            said.append(f"{abs(scaled):g} m/s instead of {abs(value):g} m/s")
    if goal.yaw and change.amount == "pace" and not change.target:
        said.append(_turn(change, goal))
    return ", ".join(said)


def _turn(change: Change, goal: Goal) -> str:
    if not goal.yaw:
        return ""
    # A larger circle is less of a turn.
    factor = 1.0 / change.factor if change.amount == "extent" and goal.moves else change.factor
    before, goal.yaw = (
        goal.yaw,
        _within(goal.yaw * factor, _LEAST_SPEED, abilities()["turn"]["limit"]),
    )
    return f"turn at {abs(goal.yaw):g} rad/s instead of {abs(before):g} rad/s"


def _beat(change: Change, goal: Goal) -> str:
    if goal.hop is not None:
        table = abilities()["hop_beat"]
        hz = _within(goal.hop.hz * change.factor, table["lowest"], table["highest"])
        goal.hop = replace(goal.hop, hz=hz)
    elif goal.rhythms:
        table = abilities()["beat"]
        hz = _within(goal.rhythms[0].hz * change.factor, table["lowest"], table["highest"])
        goal.rhythms = tuple(replace(rhythm, hz=hz) for rhythm in goal.rhythms)
    else:
        return ""
    return f"{hz:g} times a second"


def _height(change: Change, goal: Goal) -> str:
    if not goal.height:
        return ""  # the sentence's own reading says how low "lower" is
    step = change.step or goal.height * (change.factor - 1.0)
    low, high = -abilities()["low"]["limit"], abilities()["high"]["limit"]
    goal.height = round(max(low, min(goal.height + step, high)), 3)
    where = "below" if goal.height < 0.0 else "above"
    return f"{abs(goal.height) * 100:.1f} cm {where} standing"


def _raised(name: str, table: str, least: float, words: str) -> Callable[[Change, Goal], str]:
    """A change of how high a hop or a foot goes, or of its beat."""

    def apply(change: Change, goal: Goal) -> str:
        asked = getattr(goal, name)
        if asked is None:
            return ""
        if change.amount == "pace":
            return _beat(change, goal)
        height = _within(asked.height * _factor(change), least, abilities()[table]["limit"])
        setattr(goal, name, replace(asked, height=height))
        return words.format(f"{height * 100:.1f} cm")

    return apply


def _scaled(name: str, table: str, least: float, words: str) -> Callable[[Change, Goal], str]:
    """A change of one number of the goal within the table's limit."""

    def apply(change: Change, goal: Goal) -> str:
        value = getattr(goal, name)
        if not value or change.amount == "pace":
            return ""
        changed = _within(value * _factor(change), least, abilities()[table]["limit"])
        setattr(goal, name, changed)
        return f"{words} {abs(changed):g} instead of {abs(value):g}"

    return apply


def _of_rhythm(channel: str) -> Callable[[Change, Goal], str]:
    def apply(change: Change, goal: Goal) -> str:
        if not any(rhythm.channel == channel for rhythm in goal.rhythms):
            return ""
        if change.amount == "pace":
            return _beat(change, goal)
        table = abilities()[f"{channel}_rhythm"]
        rhythms, said = [], ""
        for rhythm in goal.rhythms:
            if rhythm.channel == channel:
                least = table["small"] / 2.0
                size = _within(rhythm.amplitude * _factor(change), least, table["limit"])
                said = f"{channel} ±{size:g} instead of ±{rhythm.amplitude:g}"
                rhythm = Rhythm(channel, size, rhythm.hz)
            rhythms.append(rhythm)
        goal.rhythms = tuple(rhythms)
        return said

    return apply


_TARGETS: dict[str, Callable[[Change, Goal], str]] = {
    "speed": _speed,
    "turn": _turn,
    "beat": _beat,
    "height": _height,
    "hop": _raised("hop", "hop", 0.02, "hop {} high"),
    "paw": _raised("lift", "paw", 0.03, "foot up by {}"),
    "steps": _scaled("steps", "steps", 0.07, "steps of"),
    "pitch": _scaled("pitch", "pitch", 0.1, "pitch"),
    "roll": _scaled("roll", "lean", 0.08, "lean"),
    "rear": _scaled("rear", "rear", 0.5, "nose up by"),
}


def _factor(change: Change) -> float:
    """A step up or down as a factor, for what is not the trunk's height."""
    return change.factor if change.factor != 1.0 else 1.0 + 13.0 * change.step


def _within(value: float, least: float, limit: float) -> float:
    size = max(least, min(abs(value), limit))
    return round(size if value > 0.0 else -size, 3)


@cache
def _words() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("comparisons.toml").read_text("utf-8"))


@cache
def _table(kind: str) -> dict[str, dict[str, Any]]:
    """The entries of a kind by phrase, the longest first."""
    pairs = [(phrase, entry) for entry in _words()[kind] for phrase in entry["words"]]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def _find(kind: str, text: str) -> tuple[str, dict[str, Any]] | None:
    """The longest phrase of a kind in a text."""
    for phrase, entry in _table(kind).items():
        if re.search(rf"\b{re.escape(phrase)}\b", text):
            return phrase, entry
    return None
