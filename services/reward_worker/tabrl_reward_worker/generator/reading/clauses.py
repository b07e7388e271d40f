"""What belongs together before a sentence is read: descriptions, and parts of the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.reading.lexicon import Word
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind

_ENDS = (
    SlotKind.SEP,
    SlotKind.THEN,
    SlotKind.AFTER,
    SlotKind.BEFORE,
    SlotKind.OR,
    SlotKind.FIRST,
)
_MANNER = ("with", "while", "whilst", "as", "when")  # the clause says how
_LENGTHS = ("metre", "centimetre", "millimetre", "inch", "foot")
_AND = ("and", ",")  # where it stays in a position, what follows is done in it
# What leads up to a flip, if it stands alone in a clause.
_RUN_UP = {SlotKind.HOP, SlotKind.HEIGHT, SlotKind.EXTENT, SlotKind.DEGREE, SlotKind.ADV}


def placed(words: Sequence[Word]) -> list[Word]:
    """Parts of the body left out where their clause says what they do, and unknown elsewhere."""
    result: list[Word] = []
    for clause in map(_levelled, _clauses(words)):
        parts = [word for word in clause if word.kind == SlotKind.PART]
        alone = all(word.kind in (SlotKind.PART, *_ENDS) for word in clause)
        clause = _denied(clause)
        if alone:
            result += [replace(w, kind=SlotKind.WORD) if w in parts else w for w in clause]
        else:
            result += [word for word in clause if word.kind != SlotKind.PART]
    return result


def _denied(clause: list[Word]) -> list[Word]:
    """ "without bending the left leg": what stands behind a denied unknown word is not asked."""
    for at, word in enumerate(clause[:-1]):
        if word.kind == SlotKind.NEGATION and clause[at + 1].kind == SlotKind.WORD:
            rest = (replace(behind, kind=SlotKind.WORD) for behind in clause[at + 2 :])
            return [*clause[: at + 2], *rest]
    return clause


def ended(words: Sequence[Word]) -> list[Word]:
    """ "bow, stay, and rise": rising from a bow is its end, and no height of its own."""
    result: list[Word] = []
    bowed = False
    for clause in _clauses(words):
        said = [word for word in clause if word.kind not in _ENDS]
        if bowed and len(said) == 1 and said[0].meaning.get("height") == "high":
            up = replace(said[0], kind=SlotKind.STAND, meaning={"up": True})
            clause = [up if word is said[0] else word for word in clause]
        kinds = {word.kind for word in said}
        bowed = (bowed or SlotKind.POSTURE in kinds) and SlotKind.HEIGHT not in kinds
        result += clause
    return result


def _levelled(clause: list[Word]) -> list[Word]:
    """ "the trunk at 30 cm" is a height."""
    if any(word.kind in (*INTENT_KINDS, SlotKind.PER) for word in clause):
        return clause
    if not any(word.meaning.get("unit") in _LENGTHS for word in clause):
        return clause
    return [replace(w, kind=SlotKind.HEIGHT) if "height" in w.meaning else w for w in clause]


def described(words: Sequence[Word]) -> list[Word]:
    """A description of the impossible as one clause of it.

    That is what follows a colon, says how it is done ("with the legs up") or speaks of it ("hold
    that"), and a jump that it begins with.
    """
    clauses = _clauses(words)
    result: list[Word] = []
    impossible = all_of_it = stays = False
    for at, clause in enumerate(clauses):
        own = any(word.kind == SlotKind.IMPOSSIBLE for word in clause)
        opening = clause[0].text if clause[0].kind in _ENDS else ""
        all_of_it = all_of_it or (impossible and opening == ":")
        about = (
            opening in _MANNER
            or (stays and opening in _AND)
            or any(word.meaning.get("refers") for word in clause)
        )
        joins = all_of_it or (impossible and not own and bool(opening) and about)
        needed = opening == "with" and any(word.meaning.get("thing") for word in clause)
        if joins or needed or (at and _leads_up(clauses[at - 1], clauses[at:])):
            clause = [word for word in clause if word.kind not in _ENDS]
            while clause and result and result[-1].kind in _ENDS:
                result.pop()
        result += clause
        stays = any(w.meaning.get("stays") for w in clause) or (stays and opening in _AND)
        impossible = own or joins or (impossible and all(w.kind in _ENDS for w in clause))
    return result


def _leads_up(clause: Sequence[Word], following: Sequence[Sequence[Word]]) -> bool:
    """Whether a clause is the jump or the crouch of a flip: "jump, turn over in the air"."""
    kinds = {word.kind for word in clause} - set(_ENDS)
    if not kinds & {SlotKind.HOP, SlotKind.HEIGHT} or kinds - _RUN_UP:
        return False
    flips = any(word.meaning.get("before") for word in following[0])
    return flips or (len(following) > 1 and _leads_up(following[0], following[1:]))


def _clauses(words: Sequence[Word]) -> list[list[Word]]:
    """The clauses, each with the word that parts it from the one before."""
    clauses: list[list[Word]] = [[]]
    for word in words:
        if word.kind in _ENDS:
            clauses.append([])
        clauses[-1].append(word)
    return [clause for clause in clauses if clause]
