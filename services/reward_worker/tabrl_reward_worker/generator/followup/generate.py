"""Going on from an earlier task: "lower your hips, and slower" on top of "trot forward".

Comparisons scale or move what the earlier goal has; whatever else the new words say is read as any
sentence and takes the place of what it contradicts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from tabrl.contracts.motion import Duration, MotionSpec, Reached, Until, fault_of
from tabrl.contracts.phases import MAX_PHASES
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.lookup import askables_of
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.arm.followup.generate import continued
from tabrl_reward_worker.generator.arm.generate import is_arm
from tabrl_reward_worker.generator.arm.writing import candidates_for as candidates_of_arm
from tabrl_reward_worker.generator.followup.clauses import Clauses, clauses_of
from tabrl_reward_worker.generator.followup.comparisons import compare
from tabrl_reward_worker.generator.followup.complaints import level, relieve
from tabrl_reward_worker.generator.followup.merge import fitting, merge, name_feet
from tabrl_reward_worker.generator.followup.numbers import numbers
from tabrl_reward_worker.generator.followup.phrases import table
from tabrl_reward_worker.generator.followup.quantities import UnclearError, apply_quantity
from tabrl_reward_worker.generator.generate import NotUnderstoodError, generate, require_english
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.interpret import interpret
from tabrl_reward_worker.generator.goal.limits import resolve_constraints
from tabrl_reward_worker.generator.goal.phases import fit_in, standing
from tabrl_reward_worker.generator.goal.plan import Plan, lasts
from tabrl_reward_worker.generator.goal.spec import plan_of
from tabrl_reward_worker.generator.planar.generate import is_planar
from tabrl_reward_worker.generator.reading.grounds import ground_of, read_ground
from tabrl_reward_worker.generator.reading.intents import Reading
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import SlotKind
from tabrl_reward_worker.generator.writing.templates import candidates_for
from tabrl_reward_worker.generator.writing.words import in_words

_HINT_OF_ARMS = (
    "Write what is to be different from before: “slower”, “twice as fast”, “bigger”, “5 cm "
    "higher”, or something else to do."
)
_ENDINGS = {SlotKind.LENGTH: "way", SlotKind.ANGLE: "turned"}


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
    require_english(words, robot)
    if is_arm(robot):
        return _of_arm(earlier, words, robot, motion)
    if is_planar(robot):
        return generate(words, robot)  # what is asked now takes the place of what was
    said, before = read_ground(words, robot), ground_of(earlier, robot)
    plain = [read_ground(sentence, robot).rest for sentence in earlier]
    plan = _told(plain, robot) if motion is None else _trained(motion, plain, robot)
    if said.ground is None or _asks(said.rest):
        plan = _changed(plan, said.rest, robot)
    proposal = Proposal(candidates_for(plan), plan.understood, plan.not_understood)
    return said.told_of(proposal, before if motion is None else motion.ground)


def _changed(plan: Plan, words: str, robot: Robot) -> Plan:
    before, hint = plan.understood, table("answers")["hint"]
    try:
        plan = _continued(plan, words)
    except UnclearError as error:
        raise NotUnderstoodError(str(error), robot, plan, hint) from None
    if plan.empty or plan.understood == before:
        raise NotUnderstoodError("This change was not understood.", robot, plan, hint)
    return plan


def _asks(words: str) -> bool:
    """Whether words that said something of the ground say anything else: "now on ice" does not."""
    return bool(parse(words, 1.0).words or parse(words, 1.0).intents)


def _of_arm(
    earlier: Sequence[str], words: str, robot: Robot, motion: MotionSpec | None
) -> Proposal:
    asked = continued(earlier, words, robot, motion)
    if asked.motion is None:
        raise NotUnderstoodError("This change was not understood.", robot, asked, _HINT_OF_ARMS)
    written = candidates_of_arm(asked.motion, robot)
    return Proposal(written, asked.understood, asked.not_understood)


def _told(sentences: Sequence[str], robot: Robot) -> Plan:
    """What sentences came to; one that was unclear then is left aside."""
    plan = Plan([Goal(Amounts.of(robot))])
    for sentence in sentences:
        with suppress(UnclearError):
            plan = _continued(plan, sentence)
    return plan


def _trained(motion: MotionSpec, sentences: Sequence[str], robot: Robot) -> Plan:
    """What a specification asks for; the sentences where it is none of this robot's."""
    if fault_of(motion, askables_of(robot)) is not None:
        return _told(sentences, robot)
    plan = plan_of(motion, robot)
    plan.understood = [f"so far → {in_words(plan)}"]
    return plan


def _continued(plan: Plan, words: str) -> Plan:
    """The plan as the words change it; after an empty one, what the words say alone."""
    amounts, top = plan.amounts, plan.amounts.top_speed
    if plan.empty:
        return interpret(parse(words, top), amounts)
    reading = parse(words, top)
    if _goes_on(reading):
        return _followed(plan, reading)
    clauses = clauses_of(words, plan)
    reading = parse(clauses.rest, top)
    name_feet(reading, plan.parts)
    new = interpret(reading, amounts)
    if new.sequence:
        new.understood.insert(0, "one thing after another → instead of what was asked before")
        return new
    parts = [part.copy() for part in plan.parts]
    unplaced = _patched(clauses, parts)
    if not (reading.intents or reading.in_place or any(part.understood for part in parts)):
        _refuse(clauses, unplaced)
    instead = re.search(r"\binstead\b(?! of)", words.lower()) is not None
    for before, part in zip(plan.parts, parts, strict=True):
        merge(part, fitting(new.parts[0], before, plan.parts), reading, instead=instead)
        resolve_constraints(part)
        part.until = _ending(part, lasts(before))
    if isinstance(parts[-1].until, Duration | Reached) and not plan.repeat:
        parts += [standing(amounts)][: MAX_PHASES - len(parts)]
    fit_in(parts)
    # Without a word of the user's it is about what these words would ask for on their own.
    understood = [line for line in new.understood if line.startswith("“")]
    not_understood = [
        *new.not_understood,
        *_once(part.not_understood for part in parts),
        *(f"“{text}”: {why}" for text, why in clauses.unmeasured.items()),
        *(f"“{text}”: nothing of it was asked for" for text in unplaced),
    ]
    understood = [*plan.understood, *_once(part.understood for part in parts), *understood]
    if plan.sequence and all(part.still for part in parts):
        return Plan([standing(amounts)], False, understood, not_understood)
    return Plan(parts, plan.repeat, understood, not_understood)


def _goes_on(reading: Reading) -> bool:
    """Whether something comes after what was asked before: "then sit", "after 2 m stop"."""
    first = (reading.phases or [reading])[0]
    return bool(first.intents) and (reading.follows or (bool(reading.phases) and _is_bare(first)))


def _is_bare(first: Reading) -> bool:
    """Whether it only says how long: "after 2 m"."""
    measures = {slot.kind for intent in first.intents for slot in intent.slots} <= {*_ENDINGS}
    return measures and not any(intent.text for intent in first.intents)


def _followed(plan: Plan, reading: Reading) -> Plan:
    """The plan, and after it what the words ask for."""
    parts = [replace(part.copy(), lasts=None) for part in plan.parts]
    if len(parts) > 1 and parts[-1].only_still and not plan.repeat:
        parts.pop()  # where something else comes then
    times = [one.until.seconds if isinstance(one.until, Duration) else None for one in parts]
    new = reading.phases or [reading]
    if reading.phases and _is_bare(new[0]):
        slots = [slot for intent in new[0].intents for slot in intent.slots]
        ending = numbers()[_ENDINGS[slots[0].kind]] if slots else None
        size = float(slots[0].meaning["value"]) if slots else 0.0
        if new[0].seconds:
            parts[-1].say(new[0].seconds_text, f"for {new[0].seconds:.3g} s")
            times[-1], new = new[0].seconds, new[1:]
        elif ending and ending.begins(parts[-1], size):
            parts[-1].say(slots[0].text, ending.set(parts[-1], size))
            new = new[1:]
    room = MAX_PHASES - len(parts)
    if room < 1:
        raise UnclearError(f"There are {MAX_PHASES} things one after the other already.")
    whole = replace(reading, phases=new[:room], repeats=plan.repeat or reading.repeats)
    before = [(Reading(seconds=time), part) for time, part in zip(times, parts, strict=True)]
    told = interpret(whole, plan.amounts, before)
    told.understood = [*plan.understood, *told.understood]
    return told


def _patched(clauses: Clauses, parts: Sequence[Goal]) -> list[str]:
    """Change amounts, and take away what is complained about; complaints about nothing there."""
    for quantity in clauses.quantities:
        apply_quantity(quantity, parts)
    for part in parts:
        for comparison in clauses.comparisons:
            compare(comparison, part)
        for text in clauses.level:
            level(text, part)
    return [
        complaint.text
        for complaint in clauses.complaints
        if sum(relieve(complaint, part) for part in parts) == 0
    ]


def _ending(goal: Goal, seconds: float | None) -> Until:
    """How a changed goal ends: as before, the way it goes now, or after as long as it took."""
    until, turned = goal.until, goal.ends_by(Askable.HEADING)
    if not isinstance(until, Reached) or seconds is None:
        return until
    if not (goal.moves if turned is None else goal.yaw):
        return Duration(seconds=seconds)
    sign = goal.yaw if turned is not None and goal.yaw else until.by
    return until.model_copy(update={"by": math.copysign(until.by, sign)})


def _refuse(clauses: Clauses, unplaced: Sequence[str]) -> None:
    """Ask back where nothing of the follow-up can be placed."""
    if clauses.unmeasured:
        raise UnclearError(next(iter(clauses.unmeasured.values())))
    if unplaced:
        raise UnclearError(table("answers")["unasked"])


def _once(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(line for lines in lists for line in lines))
