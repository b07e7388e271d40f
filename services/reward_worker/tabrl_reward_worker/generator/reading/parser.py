"""From a sentence to intents: what is to be done, each with the words that qualify it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.lexer import Lexer

from tabrl_reward_worker.generator.reading.clauses import described, ended, placed
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.lexicon import Meaning, Word, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.sequencing import in_order
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, Slot, SlotKind

_STEPS = {"slowest": -2, "slow": -1, "normal": 0, "fast": 1, "fastest": 2}
_OPPOSITE_EXTENT = {"small": "large", "large": "small"}
# What a slot without any intent to belong to stands for.
_IMPLIED: dict[SlotKind, tuple[SlotKind, Meaning]] = {
    SlotKind.DIRECTION: (SlotKind.MOVE, {}),
    SlotKind.SPEED: (SlotKind.MOVE, {}),
    SlotKind.TURN_RATE: (SlotKind.TURN, {"rate": "turn"}),
    SlotKind.BEAT: (SlotKind.RHYTHM, {"channel": "height", "hz": 1.0}),
    SlotKind.RATE: (SlotKind.RHYTHM, {"channel": "height", "hz": 1.0}),
    SlotKind.SWING: (SlotKind.RHYTHM, {"channel": "", "hz": 1.0}),
}
# These join and count what others say, and say nothing alone.
_BESIDE = (
    SlotKind.SEP, SlotKind.OR, SlotKind.THEN, SlotKind.AFTER, SlotKind.BEFORE, SlotKind.FIRST,
    SlotKind.ALTERNATE, SlotKind.REPEAT, SlotKind.TIMES, SlotKind.PER, SlotKind.UNIT,
    SlotKind.LIKE, SlotKind.DEGREE,
)  # fmt: skip
# These are placed first: what they stand for may take the other slots.
_FIRST = (SlotKind.DIRECTION, SlotKind.SPEED, SlotKind.TURN_RATE, SlotKind.SWING)


def parse(sentence: str, top_speed: float) -> Reading:
    """Read a sentence. Never fails: what is not understood is listed.

    `top_speed` in m/s is what shares of the robot's top speed are of.
    """
    words = measured(described(ended(placed(lexicon().read(sentence)))), top_speed)
    order = in_order(words)
    readings = [_read(words) for words in order.parts]
    asked = [reading for reading in readings if reading.intents]
    whole = Reading() if len(asked) > 1 else (asked or readings or [Reading()])[0]
    if len(asked) > 1:
        whole.phases, whole.repeats = asked, order.repeats
    for reading in readings:
        if reading is not whole:
            whole.notes += [note for note in reading.notes if note not in whole.notes]
            whole.unknown += reading.unknown
            whole.impossible += reading.impossible
    whole.unknown += [f"“{text}”: only three things one after the other" for text in order.left_out]
    whole.words = [
        end.text
        for word in words
        for end in word.meaning.get("ends", [word])
        if word.kind not in _BESIDE
    ]
    return whole


def _read(words: list[Word]) -> Reading:
    """What is asked for at the same time."""
    reading = Reading(notes=[_note(word) for word in words if word.read_as])
    tokens = _trim(words)
    if not tokens:
        return reading
    clauses: list[list[Slot]] = _Clauses().transform(_grammar().parse(tokens))
    kept = [_without_impossible(clause, reading) for clause in clauses]
    intents = [[_intent(slot) for slot in clause if _is_intent(slot)] for clause in kept]
    order = [[slot.at for slot in clause if _is_intent(slot)] for clause in kept]
    slots = [
        (slot, number)
        for number, clause in enumerate(kept)
        for slot in clause
        if not _is_intent(slot)
    ]
    for slot, number in sorted(slots, key=_order):
        _attach(slot, number, intents, order, reading)
    reading.intents += [intent for clause in intents for intent in clause]
    for intent in reading.intents:
        intent.negated = intent.negated or intent.nothing
    return reading


def _order(placed: tuple[Slot, int]) -> int:
    """Beats come last: of steps that have a rate no bob is made."""
    kind = placed[0].kind
    return 0 if kind in _FIRST else 2 if kind == SlotKind.BEAT else 1


def _note(word: Word) -> str:
    return f"“{word.written}” → read as “{word.read_as}”"


def _trim(words: list[Word]) -> list[Word]:
    """Without separators at the ends and twice in a row."""
    result: list[Word] = []
    for word in words:
        if word.kind != SlotKind.SEP or (result and result[-1].kind != SlotKind.SEP):
            result.append(word)
    return result[:-1] if result and result[-1].kind == SlotKind.SEP else result


def _is_intent(slot: Slot) -> bool:
    return slot.kind in INTENT_KINDS or slot.kind == SlotKind.NEGATED


def _intent(slot: Slot) -> Intent:
    if slot.kind == SlotKind.NEGATED:
        return Intent(slot.meaning["kind"], slot.text, slot.meaning, negated=True, at=slot.at)
    return Intent(slot.kind, slot.text, slot.meaning, at=slot.at)


def _without_impossible(clause: list[Slot], reading: Reading) -> list[Slot]:
    """A clause that asks for something out of reach is left out as a whole."""
    beyond = [slot for slot in clause if slot.kind == SlotKind.IMPOSSIBLE]
    if not beyond:
        return clause
    text = " ".join(slot.text for slot in clause)
    reading.impossible.append(f"“{text}”: {beyond[0].meaning['reason']}")
    return []


def _attach(
    slot: Slot, number: int, intents: list[list[Intent]], order: list[list[int]], reading: Reading
) -> None:
    """Give a slot to the nearest intent that can take it: before it, after it, other clauses."""
    if slot.kind == SlotKind.PLACE:
        reading.in_place = slot.text
        return
    if slot.kind == SlotKind.DURATION:
        reading.seconds, reading.seconds_text = slot.meaning["value"], slot.text
        return
    if slot.kind == SlotKind.UNKNOWN:
        reading.unknown.append(slot.text)
        return
    if slot.kind == SlotKind.LIMITATION:
        reading.unknown.append(f"“{slot.text}”: {slot.meaning['reason']}")
        return
    if slot.kind == SlotKind.ALWAYS:
        reading.notes.append(f"“{slot.text}” → {slot.meaning['note']}")
        return
    for intent in _nearest(slot, number, intents, order):
        if intent.accepts(slot):
            intent.slots.append(slot)
            return
    if slot.kind in _IMPLIED:
        kind, meaning = _IMPLIED[slot.kind]
        intents[number].append(Intent(kind, "", meaning, [slot], at=slot.at))
        order[number].append(slot.at)
    elif slot.kind != SlotKind.DEGREE:  # "very" alone says nothing
        reading.unknown.append(slot.text)


def _nearest(
    slot: Slot, number: int, intents: list[list[Intent]], order: list[list[int]]
) -> Iterator[Intent]:
    at, here = slot.at, list(zip(order[number], intents[number], strict=True))
    # "limp on your left leg" is about the left leg, and not a way to go.
    yield from (intent for where, intent in here if where == at + 1 and intent.kind == SlotKind.PAW)
    yield from (intent for where, intent in reversed(here) if where <= at)
    yield from (intent for where, intent in here if where > at)
    for clause in reversed(intents[:number]):
        yield from reversed(clause)
    for clause in intents[number + 1 :]:
        yield from clause


class _WordToken(Token):
    """A token that remembers its word and place."""

    word: Word
    at: int

    @classmethod
    def of(cls, word: Word, at: int) -> _WordToken:
        token = cls(word.kind, word.text)
        token.word, token.at = word, at
        return token


class _Words(Lexer):
    """Hands the lexicon's words to the grammar; the kind is the terminal."""

    def __init__(self, _: Any) -> None: ...

    def lex(self, data: Iterable[Word]) -> Iterator[Token]:  # type: ignore[override]
        for at, word in enumerate(data):
            yield _WordToken.of(word, at)


@cache
def _grammar() -> Lark:
    text = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=_Words)


def _slot(kind: SlotKind, tokens: list[_WordToken], meaning: Meaning | None = None) -> Slot:
    """A slot made of these tokens; it means what the last of them means unless said otherwise."""
    meant = tokens[-1].word.meaning if meaning is None else meaning
    return Slot(kind, " ".join(str(token) for token in tokens), meant, tokens[0].at)


def _step(token: _WordToken) -> int:
    return _STEPS[token.word.meaning["pace"]]


@v_args(inline=False)
class _Clauses(Transformer[Token, list[list[Slot]]]):
    """From the parse tree to clauses of slots."""

    def start(self, children: list[Any]) -> list[list[Slot]]:
        return [child for child in children if not isinstance(child, Token)]

    def clause(self, children: list[Slot | list[Slot]]) -> list[Slot]:
        slots: list[Slot] = []
        for child in children:
            slots += child if isinstance(child, list) else [child]
        return slots

    def intent(self, tokens: list[_WordToken]) -> Slot:
        return _slot(tokens[0].word.kind, tokens)

    def tail(self, tokens: list[_WordToken]) -> _WordToken:
        return tokens[0]

    def negated(self, tokens: list[_WordToken]) -> list[Slot]:
        """ "don't walk fast" asks for walking, "without walking fast" and "don't walk" do not."""
        head = next(
            i
            for i, token in enumerate(tokens)
            if token.word.kind not in (SlotKind.NEGATION, SlotKind.DEGREE)
        )
        intent, tail = tokens[head], tokens[head + 1 :]
        if intent.word.kind == SlotKind.HEIGHT and (head > 1 or "reach" in intent.word.meaning):
            return [self.negated_pace([*tokens[: head + 1]]), *map(self._alone, tail)]
        how = [
            token
            for token in tail
            if token.word.kind in (SlotKind.ADJ, SlotKind.ADV, SlotKind.EXTENT, SlotKind.HEIGHT)
        ]
        if how and tokens[0].word.meaning.get("turns") and intent.word.kind in INTENT_KINDS:
            # Only how it is done is negated.
            rest = [
                self.direction([token]) for token in tail if token.word.kind == SlotKind.DIRECTION
            ]
            return [
                _slot(intent.word.kind, [intent]),
                *rest,
                self.negated_pace([tokens[0], how[-1]]),
            ]
        ways = [
            token
            for token in tail
            if token.word.kind in (SlotKind.DIRECTION, SlotKind.PLACE, SlotKind.SWING)
        ]
        meaning = dict(intent.word.meaning) | {"kind": intent.word.kind}
        meaning["ways"] = [
            token.word.meaning["direction"]
            for token in (intent, *ways)
            if "direction" in token.word.meaning
        ]
        slots = [_slot(SlotKind.NEGATED, [*tokens[: head + 1], *ways], meaning)]
        return slots + [self._alone(token) for token in how]

    def _alone(self, token: _WordToken) -> Slot:
        """The slot that one word makes by itself."""
        if token.word.kind in (SlotKind.ADJ, SlotKind.ADV):
            return self.pace([token])
        meaning = {"extent": "large"} if token.word.kind == SlotKind.DEGREE else None
        return _slot(token.word.kind, [token], meaning)

    def negated_pace(self, tokens: list[_WordToken]) -> Slot:
        """ "not too fast", "not so high"."""
        meaning = tokens[-1].word.meaning
        if "pace" in meaning:
            return _slot(SlotKind.PACE, tokens, {"step": -_step(tokens[-1])})
        extent = _OPPOSITE_EXTENT[meaning.get("extent", "large")]
        return _slot(SlotKind.EXTENT, tokens, {"extent": extent})

    def pace(self, tokens: list[_WordToken]) -> Slot:
        row = tokens[-1].word.meaning.get("row", "")
        return _slot(SlotKind.PACE, tokens, {"step": _step(tokens[-1]) * len(tokens), "row": row})

    def beat(self, tokens: list[_WordToken]) -> Slot:
        steps = [_step(token) for token in tokens if token.word.kind == SlotKind.ADJ]
        step = steps[0] if steps else 0
        return _slot(SlotKind.BEAT, tokens, {"step": step * max(1, len(tokens) - 1)})

    def extent(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.EXTENT, tokens)

    def degree(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.DEGREE, tokens, {"extent": "large"})

    def swing(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.SWING, tokens)

    def direction(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.DIRECTION, tokens)

    def place(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.PLACE, tokens)

    def impossible(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.IMPOSSIBLE, tokens)

    def measure(self, tokens: list[_WordToken]) -> Slot:
        # A radius without a length says nothing.
        known = tokens[0].word.kind if "value" in tokens[0].word.meaning else SlotKind.UNKNOWN
        return _slot(known, tokens)

    def limitation(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.LIMITATION, tokens)

    def always(self, tokens: list[_WordToken]) -> Slot:
        return _slot(SlotKind.ALWAYS, tokens)

    def simile(self, tokens: list[_WordToken]) -> Slot | list[Slot]:
        # "like you are sad": what follows speaks for itself.
        return _slot(SlotKind.UNKNOWN, tokens) if len(tokens) > 1 else []

    def unknown(self, tokens: list[_WordToken]) -> Slot | list[Slot]:
        # "times" and "each" without a number say nothing.
        return (
            []
            if tokens[0].word.kind in (SlotKind.TIMES, SlotKind.PER, SlotKind.UNIT)
            else _slot(SlotKind.UNKNOWN, tokens)
        )
