"""Rewards for one thing after another: each phase's terms count while it is its turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tabrl.rewards.vocabulary import MAX_TERMS
from tabrl_reward_worker.generator.goal.phases import ORDINALS
from tabrl_reward_worker.generator.writing.term import BESIDE, Term

_EMPHASIS = 1.5
_NAMED = 2  # turns in the name of a term; names of more of them would be too long


def in_turn(phases: Sequence[Sequence[Term]]) -> list[Term]:
    """The terms of all phases as those of one reward.

    A term that is the same in all phases stays as it is; the others are multiplied with the
    phases they belong to (`first`, `second` …: 1 while it is their turn, else 0).
    """
    common = {term for term in phases[0] if term.local and all(term in terms for terms in phases)}
    lines = [
        _renamed_locals(ordinal, [term for term in terms if term not in common])
        for ordinal, terms in zip(ORDINALS, phases, strict=False)
    ]
    groups: dict[Term, list[str]] = {}
    for ordinal, terms in zip(ORDINALS, lines, strict=False):
        for term in terms:
            groups.setdefault(term, []).append(ordinal)
    always = [term for term, turns in groups.items() if len(turns) == len(phases)]
    locals_ = [term for term in groups if term.local]
    gated = [
        _gated(term if term.weight <= BESIDE else _louder(term), turns)
        for term, turns in groups.items()
        if not term.local and term not in always
    ]
    gated.sort(key=lambda term: min(ORDINALS.index(o) for o in ORDINALS if o in term.expression))
    terms = [*gated, *always]
    while len(terms) > MAX_TERMS:
        terms.remove(min(terms, key=lambda term: abs(term.weight)))
    return [*sorted(common, key=lambda term: term.name), *locals_, *terms]


def _louder(term: Term) -> Term:
    """What is asked for in a part of the time only counts for more then.

    Else standing still, which is right in every phase but for this one term, pays nearly as much.
    """
    return replace(term, weight=_EMPHASIS * term.weight)


def _gated(term: Term, turns: Sequence[str]) -> Term:
    """The term in its turns, named after them."""
    numbers = "".join(str(ORDINALS.index(turn) + 1) for turn in turns)
    when = "_".join(turns) if len(turns) <= _NAMED else f"phases_{numbers}"
    name = f"{when}_{term.name.removeprefix(f'{turns[0]}_')}"
    gate = turns[0] if len(turns) == 1 else f"({' + '.join(turns)})"
    expression = term.expression
    if _is_sum(expression):
        expression = f"({expression})"
    return replace(term, name=name, expression=f"{gate} * {expression}")


def _is_sum(expression: str) -> bool:
    """Whether a product with it would need brackets."""
    while (bare := re.sub(r"[(\[][^()\[\]]*[)\]]", "", expression)) != expression:
        expression = bare
    return bool(re.search(r" [+-] |^-| (and|or|if) ", expression))


def _renamed_locals(ordinal: str, terms: Sequence[Term]) -> list[Term]:
    """Values that a phase's terms share, under names of its own."""
    names = [term.name for term in terms if term.local]
    if not names:
        return list(terms)
    pattern = re.compile(rf"(?<![.\w])({'|'.join(map(re.escape, names))})\b")
    renamed = []
    for term in terms:
        name = f"{ordinal}_{term.name}" if term.name in names else term.name
        # A value uses no other one, and its own name may be that of a function.
        text = term.expression if term.local else pattern.sub(rf"{ordinal}_\1", term.expression)
        renamed.append(replace(term, name=name, expression=text))
    return renamed
