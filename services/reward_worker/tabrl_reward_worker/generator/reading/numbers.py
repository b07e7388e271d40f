"""Number words: "two and a half", "twenty five" and "1 1/2" as one number each."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl_reward_worker.generator.reading.lexicon import Meaning, Word
from tabrl_reward_worker.generator.reading.slots import SlotKind


def join_numbers(words: Sequence[Word]) -> list[Word]:
    """ "two and a half", "twenty five", "three quarters" and "1 1/2" as one number each."""
    result: list[Word] = []
    open_number = False  # whether the last word is a number that may go on
    for word in words:
        if word.kind == SlotKind.NUMBER and result and result[-1].kind == SlotKind.MINUS:
            result.pop()
            word = Word(SlotKind.NUMBER, f"-{word.text}", {"value": -_alone(word.meaning)})
        before = result[-1] if result and open_number else None
        grown = _grown(before, word.meaning) if before and word.kind == SlotKind.NUMBER else None
        if word.kind == SlotKind.NUMBER and grown is None:
            result.append(number_word(word.text, _alone(word.meaning)))
        elif before is not None and grown is not None:
            result[-1] = number_word(f"{before.text} {word.text}", grown)
        else:
            result.append(word)
        open_number = word.kind == SlotKind.NUMBER
    return result


def number_word(text: str, value: float) -> Word:
    return Word(SlotKind.NUMBER, text, {"value": value})


def _alone(meaning: Meaning) -> float:
    return float(next(meaning[key] for key in ("value", "add", "part", "times") if key in meaning))


def _grown(before: Word, meaning: Meaning) -> float | None:
    """The number with another number word behind it, or None where a new number begins."""
    value = float(before.meaning["value"])
    if "add" in meaning:
        return value + float(meaning["add"])
    if "part" in meaning or "times" in meaning:
        return value * _alone(meaning)
    more = float(meaning["value"])
    tens = value >= 20 and value % 10 == 0
    return value + more if tens and 0 < more < (100 if value % 100 == 0 else 10) else None
