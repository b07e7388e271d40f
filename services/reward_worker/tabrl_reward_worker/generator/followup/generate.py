"""Going on from an earlier sentence: "lower your hips, and slower" on top of "trot forward".

Comparisons scale or move what the earlier goal has; whatever else the new words say is read as any
sentence and takes the place of what it contradicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.followup.comparisons import (
    PERCENT,
    Comparison,
    apply_comparison,
    comparison_in,
)
from tabrl_reward_worker.generator.followup.merge import fitting, merge
from tabrl_reward_worker.generator.followup.phrases import find_phrase, phrases
from tabrl_reward_worker.generator.followup.quantities import (
    NamedQuantity,
    UnclearError,
    apply_quantity,
    quantity_in,
)
from tabrl_reward_worker.generator.generate import (
    NotUnderstoodError,
    require_words_for,
)
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal, parts_of
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.phases import retimed
from tabrl_reward_worker.generator.goal.resolve_constraints import resolve_constraints
from tabrl_reward_worker.generator.reading.languages import foreign
from tabrl_reward_worker.generator.reading.lexicon import lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.writing.templates import candidates_for

_CLAUSE_END = re.compile(r"[;!?]|[.,](?!\d)|\b(?:and|but|then|also|plus)\b")
_BETWEEN = re.compile(r"\bbetween (.{1,20}?) and\b")
_HINT = (
    "Write what is to be different from before: “slower”, “half as fast”, “at 0.3 m/s”, “5 cm "
    "lower”, “to the left”, “and sway your hips”, “without turning”."
)


def generate_followup(earlier: Sequence[str], words: str, robot: Robot) -> Proposal:
    """Rewards for the earlier sentences as the new words change them.

    Raises `NotUnderstoodError` (code `task_not_understood`).
    """
    require_words_for(robot)
    language = foreign(words, lexicon().vocabulary)
    if language is not None:
        message = f"This sentence looks like {language.name}; only English is understood here. "
        raise NotUnderstoodError(message + language.note, robot)
    goal = Goal(Amounts.of(robot))
    for sentence in earlier:
        goal = _continued(goal, sentence)
    before = list(goal.understood)
    try:
        goal = _continued(goal, words)
    except UnclearError as error:
        raise NotUnderstoodError(str(error), robot, goal, _HINT) from None
    if goal.empty or goal.understood == before:
        raise NotUnderstoodError("This change was not understood.", robot, goal, _HINT)
    return Proposal(candidates_for(goal, robot), goal.understood, goal.not_understood)


def _continued(goal: Goal, words: str) -> Goal:
    """The goal as the words change it; with an empty one before, what the words say alone."""
    amounts = goal.amounts
    top = amounts.top_speed
    if goal.empty:
        return interpret(parse(words, top), amounts)
    comparisons, quantities, rest = _comparisons(words, goal)
    reading = parse(rest, top)
    new = interpret(reading, amounts)
    if new.phases:
        new.understood.insert(0, "one thing after another → instead of what was asked before")
        return new
    messages = [*goal.understood]
    parts = parts_of(goal)
    for part in parts:
        part.understood, part.not_understood = [], []
    for quantity in quantities:
        apply_quantity(quantity, parts)
    for part in parts:
        for comparison in comparisons:
            apply_comparison(comparison, part)
        merge(part, fitting(new, part, parts), reading)
        resolve_constraints(part)
    if all(part.still for part in parts):
        goal.phases, goal.still = (), True
    goal.phases = retimed(goal)
    goal.understood = messages + _once(part.understood for part in parts)
    # Without a word of the user's it is about what these words would ask for on their own.
    goal.understood += [line for line in new.understood if line.startswith("“")]
    goal.not_understood = [*new.not_understood, *_once(part.not_understood for part in parts)]
    return goal


def _once(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(line for lines in lists for line in lines))


def _comparisons(words: str, goal: Goal) -> tuple[list[Comparison], list[NamedQuantity], str]:
    """The comparisons in the words, the clauses that are only an amount, and the others."""
    comparisons, quantities, plain = list[Comparison](), list[NamedQuantity](), list[str]()
    for clause in _CLAUSE_END.split(
        _BETWEEN.sub(r"between \1 to", words.lower().replace("’", "'"))
    ):
        for phrase in phrases("filler"):
            clause = re.sub(rf"\b{phrase}\b", " ", clause)
        clause = " ".join(clause.split())
        for phrase in phrases("drop"):
            clause = re.sub(rf"^(?:please )?{phrase} (?=\w)", "without ", clause)
        unmeasured = find_phrase("unmeasured", clause)
        if unmeasured is not None:
            raise UnclearError(str(unmeasured[1]["message"]))
        quantity = _quantity(clause, goal)
        comparison = None if quantity else comparison_in(clause, goal)
        if quantity is not None:
            quantities.append(quantity)
        elif comparison is None:
            plain.append(clause)
        else:
            comparisons.append(comparison)
    return comparisons, quantities, ", ".join(clause for clause in plain if clause)


def _quantity(clause: str, goal: Goal) -> NamedQuantity | None:
    """The clause as an amount, if it is nothing else: "20 cm", "2 cm lower", "to the right"."""
    found, top = find_phrase("comparison", clause), goal.amounts.top_speed
    if PERCENT.search(clause):
        return None
    if found is not None:
        phrase, entry = found
        rises = float(entry.get("factor", 1.0)) > 1.0 or float(entry.get("step", 0.0)) > 0.0
        rest = clause.replace(phrase, " ", 1)
        quantity = quantity_in(rest, top, 1 if rises else -1, entry["aspect"] == "level")
        if quantity is None:
            return None
        quantity = replace(quantity, text=clause)
    else:
        quantity = quantity_in(clause, top)
    probes = [replace(part, understood=[], not_understood=[]) for part in parts_of(goal)]
    return quantity if quantity is not None and apply_quantity(quantity, probes) else None
