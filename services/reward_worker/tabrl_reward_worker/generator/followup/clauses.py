"""The clauses of a follow-up, each for what it is: a comparison, an amount, a complaint …"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from tabrl_reward_worker.generator.followup.comparisons import comparison_in
from tabrl_reward_worker.generator.followup.complaints import Complaint, Remark, remark_in
from tabrl_reward_worker.generator.followup.numbers import Comparison
from tabrl_reward_worker.generator.followup.phrases import find_phrase, holds, phrases, table
from tabrl_reward_worker.generator.followup.quantities import NamedQuantity, quantity_in
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.reading.parser import parse
from tabrl_reward_worker.generator.reading.slots import SlotKind

_CLAUSE_END = re.compile(r"([;!?]|[.,](?!\d)|\b(?:and|but|then|also|plus)\b)")
_INSTEAD = re.compile(r"\b(?:instead of|rather than)\b")
_BETWEEN = re.compile(r"\bbetween (.{1,20}?) and\b")
_TO_AND_FRO = re.compile(
    r"\b(up|left|right|back|round|forwards?|to|in) and "
    r"(down|right|left|forth|round|back\w*|fro|out)\b"
)


@dataclass
class Clauses:
    """A follow-up taken apart. `plain` is read as any sentence."""

    comparisons: list[Comparison] = field(default_factory=list)
    quantities: list[NamedQuantity] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    level: list[str] = field(default_factory=list)
    unmeasured: dict[str, str] = field(default_factory=dict)  # text -> why
    plain: list[str] = field(default_factory=list)

    @property
    def rest(self) -> str:
        """What is read as any sentence."""
        return ", ".join(clause for clause in self.plain if clause)


def clauses_of(words: str, plan: Plan) -> Clauses:
    """The clauses of a follow-up to a plan. Raises `UnclearError`."""
    found = Clauses()
    text = _BETWEEN.sub(r"between \1 to", words.lower().replace("’", "'"))
    text = _TO_AND_FRO.sub(r"\1 & \2", text)
    text = re.sub(r"\b(it|he|she|that|there)'s\b", r"\1 is", text)
    before: Remark | None = None
    clause, *others = _CLAUSE_END.split(text)
    for joiner, said in zip(["", *others[::2]], [clause, *others[1::2]], strict=True):
        if said.strip():
            before = _sort(said, plan, found, before if joiner == "and" else None)
    return found


def _sort(said: str, plan: Plan, found: Clauses, before: Remark | None) -> Remark | None:
    """Put a clause where it belongs; what it says of the robot, if that goes on."""
    spoken = " ".join(said.split())
    clause = _cleaned(spoken)
    wrong = find_phrase("wrong", clause)
    clause = wrong[0] if wrong else clause
    bent = any(part.height or part.pitch or part.roll for part in plan.parts)
    clause = "stand up" if bent and clause in phrases("rise") else clause
    unmeasured = find_phrase("unmeasured", clause)
    if unmeasured is not None:
        found.unmeasured[spoken] = str(unmeasured[1]["message"])
        return None
    remedy = holds("remedy", spoken)
    quantity = None if remedy else quantity_in(clause, plan)
    weak = remedy is None or remedy.get("weak")
    comparison = comparison_in(clause, plan) if quantity is None and weak else None
    remark = remark_in(spoken, before)
    if comparison and remark and remark.feet and not comparison.about_feet:
        comparison = None
    if quantity is not None:
        found.quantities.append(quantity)
    elif comparison is not None:
        found.comparisons.append(comparison)
    elif remedy is not None and "says" in remedy:
        found.plain.append(str(remedy["says"]))
    elif remedy is not None:
        found.level.append(spoken)
    elif remark is not None:
        _sort_remark(remark, spoken, plan, found)
    elif _unwanted(clause, plan):
        found.complaints.append(_complaint(clause, clause, plan))
    else:
        found.plain.append(clause)
    return remark


def _sort_remark(remark: Remark, spoken: str, plan: Plan, found: Clauses) -> None:
    text = re.sub(r"^be\b", "", _cleaned(remark.text)).strip()
    if remark.mood == "lacking" and text.endswith("enough"):
        more = comparison_in(f"more {text.removesuffix('enough')}", plan)
        if more is not None:
            found.comparisons.append(replace(more, text=spoken))
            return
    if remark.mood == "lacking":
        found.unmeasured[spoken] = str(table("lacking")[0]["message"])
        return
    if remark.mood == "wanted":
        found.plain.append(text)
        return
    seen, *wanted = _INSTEAD.split(text, 1)  # "it bounces instead of walking"
    complaint = _complaint(seen, spoken, plan)
    found.complaints.append(replace(complaint, intents=()) if remark.feet else complaint)
    found.plain += [one.strip() for one in wanted]


def _complaint(text: str, spoken: str, plan: Plan) -> Complaint:
    reading = parse(text, plan.amounts.top_speed)
    intents = [i for part in reading.phases or [reading] for i in part.intents if not i.negated]
    return Complaint(spoken, tuple(intents), holds("amount", spoken) is not None)


def _unwanted(clause: str, plan: Plan) -> bool:
    """ "less bouncing" where no bouncing was asked for."""
    found = find_phrase("comparison", clause)
    if found is None or not found[1].get("unwanted"):
        return False
    intents = parse(clause, plan.amounts.top_speed).intents
    return any(i.kind != SlotKind.MOVE and not i.negated for i in intents)


def _cleaned(clause: str) -> str:
    """Without what says nothing; "stop swaying" as "without swaying"."""
    for phrase in phrases("filler"):
        clause = re.sub(rf"\b{phrase}\b", " ", clause)
    clause = " ".join(clause.split())
    for phrase in phrases("drop"):
        clause = re.sub(rf"^(?:please )?{phrase} (?=\w)", "without ", clause)
    return clause
