"""Going on from an earlier task: "lower your hips, and slower" on top of "trot forward".

Comparisons scale or move what the earlier goal has; whatever else the new words say is read as any
sentence and takes the place of what it contradicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabrl.contracts.motion import MotionSpec, fault_of
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.followup.clauses import Clauses, clauses_of
from tabrl_reward_worker.generator.followup.comparisons import apply_comparison
from tabrl_reward_worker.generator.followup.complaints import level, relieve
from tabrl_reward_worker.generator.followup.merge import fitting, merge
from tabrl_reward_worker.generator.followup.quantities import UnclearError, apply_quantity
from tabrl_reward_worker.generator.generate import (
    NotUnderstoodError,
    require_words_for,
)
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.from_spec import goal_of
from tabrl_reward_worker.generator.goal.goal import Goal, parts_of
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.phases import retimed
from tabrl_reward_worker.generator.goal.resolve_constraints import resolve_constraints
from tabrl_reward_worker.generator.reading.languages import foreign
from tabrl_reward_worker.generator.reading.lexicon import lexicon
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.writing.templates import candidates_for, in_words

_HINT = (
    "Write what is to be different from before: “slower”, “half as fast”, “at 0.3 m/s”, “5 cm "
    "lower”, “to the left”, “and sway your hips”, “without turning”."
)
_INSTEAD = (
    "This tells what it does and was not asked to, so there is nothing to take away. Say what it "
    "should do instead: “stand still”, “lower steps”, “slower”, “keep the body level”."
)


def generate_followup(
    earlier: Sequence[str], words: str, robot: Robot, motion: MotionSpec | None = None
) -> Proposal:
    """Rewards for what was asked earlier, as the new words change it.

    Args:
        earlier: the sentences so far, oldest first.
        words: the new ones.
        robot: what it is for.
        motion: what was trained, edits and all: gone on from instead of the sentences.

    Raises:
        NotUnderstoodError: code `task_not_understood`.
    """
    require_words_for(robot)
    language = foreign(words, lexicon().vocabulary)
    if language is not None:
        message = f"This sentence looks like {language.name}; only English is understood here. "
        raise NotUnderstoodError(message + language.note, robot)
    goal = _told(earlier, robot) if motion is None else _trained(motion, earlier, robot)
    before = list(goal.understood)
    try:
        goal = _continued(goal, words)
    except UnclearError as error:
        raise NotUnderstoodError(str(error), robot, goal, _HINT) from None
    if goal.empty or goal.understood == before:
        raise NotUnderstoodError("This change was not understood.", robot, goal, _HINT)
    return Proposal(candidates_for(goal, robot), goal.understood, goal.not_understood)


def _told(sentences: Sequence[str], robot: Robot) -> Goal:
    """What sentences came to; one that was unclear then is left aside."""
    goal = Goal(Amounts.of(robot))
    for sentence in sentences:
        said = list(goal.understood)
        try:
            goal = _continued(goal, sentence)
        except UnclearError:
            goal.understood = said
    return goal


def _trained(motion: MotionSpec, sentences: Sequence[str], robot: Robot) -> Goal:
    """What a specification asks for; the sentences where it is none of this robot's."""
    if fault_of(motion, askables_of(robot)) is not None:
        return _told(sentences, robot)
    goal = goal_of(motion, robot)
    goal.understood = [f"so far → {in_words(goal, robot)}"]
    return goal


def _continued(goal: Goal, words: str) -> Goal:
    """The goal as the words change it; with an empty one before, what the words say alone."""
    amounts = goal.amounts
    top = amounts.top_speed
    if goal.empty:
        return interpret(parse(words, top), amounts)
    clauses = clauses_of(words, goal)
    reading = parse(clauses.rest, top)
    new = interpret(reading, amounts)
    if new.phases:
        new.understood.insert(0, "one thing after another → instead of what was asked before")
        return new
    messages = [*goal.understood]
    parts = parts_of(goal)
    for part in parts:
        part.understood, part.not_understood = [], []
    for quantity in clauses.quantities:
        apply_quantity(quantity, parts)
    for part in parts:
        for comparison in clauses.comparisons:
            apply_comparison(comparison, part)
    unplaced = _relieved(clauses, parts)
    if not (reading.intents or reading.in_place or any(part.understood for part in parts)):
        _refuse(clauses, unplaced)
    for part in parts:
        merge(part, fitting(new, part, parts), reading)
        resolve_constraints(part)
    if all(part.still for part in parts):
        goal.phases, goal.still = (), True
    goal.phases = retimed(goal)
    goal.understood = messages + _once(part.understood for part in parts)
    # Without a word of the user's it is about what these words would ask for on their own.
    goal.understood += [line for line in new.understood if line.startswith("“")]
    goal.not_understood = [*new.not_understood, *_once(part.not_understood for part in parts)]
    goal.not_understood += [f"“{text}”: {why}" for text, why in clauses.unmeasured.items()]
    goal.not_understood += [f"“{text}”: nothing of it was asked for" for text in unplaced]
    return goal


def _relieved(clauses: Clauses, parts: Sequence[Goal]) -> list[str]:
    """Take away what is complained about; the complaints of which there is nothing to take."""
    for text in clauses.level:
        for part in parts:
            level(text, part)
    return [
        complaint.text
        for complaint in clauses.complaints
        if sum(relieve(complaint, part) for part in parts) == 0
    ]


def _refuse(clauses: Clauses, unplaced: Sequence[str]) -> None:
    """Ask back where nothing of the follow-up can be placed."""
    if clauses.unmeasured:
        raise UnclearError(next(iter(clauses.unmeasured.values())))
    if unplaced:
        raise UnclearError(_INSTEAD)


def _once(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(line for lines in lists for line in lines))
