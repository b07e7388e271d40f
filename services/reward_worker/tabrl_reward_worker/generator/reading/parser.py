"""From a sentence to acts: what is to be done, each with the words that qualify it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.lexer import Lexer

from tabrl_reward_worker.generator.reading.intents import ACTIONS, Act, Part, Reading
from tabrl_reward_worker.generator.reading.lexicon import Meaning, Word, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.sequencing import in_order

_STEPS = {"slowest": -2, "slow": -1, "normal": 0, "fast": 1, "fastest": 2}
_OPPOSITE_EXTENT = {"small": "large", "large": "small"}
# What a qualifier without any act to belong to stands for.
_IMPLIED: dict[str, tuple[str, Meaning]] = {
    "direction": ("MOVE", {}),
    "speed": ("MOVE", {}),
    "turn_rate": ("TURN", {"rate": "turn"}),
    "beat": ("RHYTHM", {"channel": "height", "hz": 1.0}),
    "rate": ("RHYTHM", {"channel": "height", "hz": 1.0}),
    "swing": ("RHYTHM", {"channel": "", "hz": 1.0}),
}
# These are placed first: what they stand for may take the other qualifiers.
_FIRST = ("direction", "speed", "turn_rate", "swing")


def parse(sentence: str) -> Reading:
    """Read a sentence. Never fails: what is not understood is listed."""
    parts, left_out = in_order(measured(lexicon().read(sentence)))
    readings = [_read(words) for words in parts]
    asked = [reading for reading in readings if reading.acts]
    whole = Reading() if len(asked) > 1 else (asked or readings or [Reading()])[0]
    if len(asked) > 1:
        whole.phases = asked
    for reading in readings:
        if reading is not whole:
            whole.notes += [note for note in reading.notes if note not in whole.notes]
            whole.unknown += reading.unknown
            whole.impossible += reading.impossible
    whole.unknown += [f"“{text}”: only three things one after the other" for text in left_out]
    return whole


def _read(words: list[Word]) -> Reading:
    """What is asked for at the same time."""
    reading = Reading(notes=[_note(word) for word in words if word.read_as])
    tokens = _trim(words)
    if not tokens:
        return reading
    clauses: list[list[Part]] = _Clauses().transform(_grammar().parse(tokens))
    kept = [_without_impossible(clause, reading) for clause in clauses]
    acts = [[_act(part) for part in clause if _is_act(part)] for clause in kept]
    order = [[part.at for part in clause if _is_act(part)] for clause in kept]
    qualifiers = [
        (part, number) for number, clause in enumerate(kept) for part in clause if not _is_act(part)
    ]
    for part, number in sorted(qualifiers, key=_turn):
        _attach(part, number, acts, order, reading)
    reading.acts += [act for clause in acts for act in clause]
    for act in reading.acts:
        act.denied = act.denied or act.nothing
    return reading


def _turn(qualifier: tuple[Part, int]) -> int:
    """Beats come last: of steps that have a rate no bob is made."""
    kind = qualifier[0].kind
    return 0 if kind in _FIRST else 2 if kind == "beat" else 1


def _note(word: Word) -> str:
    return f"“{word.said}” → read as “{word.read_as}”"


def _trim(words: list[Word]) -> list[Word]:
    """Without separators at the ends and twice in a row."""
    result: list[Word] = []
    for word in words:
        if word.kind != "SEP" or (result and result[-1].kind != "SEP"):
            result.append(word)
    return result[:-1] if result and result[-1].kind == "SEP" else result


def _is_act(part: Part) -> bool:
    return part.kind in ACTIONS or part.kind == "denied"


def _act(part: Part) -> Act:
    if part.kind == "denied":
        return Act(part.meaning["kind"], part.text, part.meaning, denied=True, at=part.at)
    return Act(part.kind, part.text, part.meaning, at=part.at)


def _without_impossible(clause: list[Part], reading: Reading) -> list[Part]:
    """A clause that asks for something out of reach is left out as a whole."""
    beyond = [part for part in clause if part.kind == "impossible"]
    if not beyond:
        return clause
    text = " ".join(part.text for part in clause)
    reading.impossible.append(f"“{text}”: {beyond[0].meaning['reason']}")
    return []


def _attach(
    part: Part, number: int, acts: list[list[Act]], order: list[list[int]], reading: Reading
) -> None:
    """Give a qualifier to the nearest act that can take it: before it, after it, other clauses."""
    if part.kind == "place":
        reading.in_place = part.text
        return
    if part.kind == "duration":
        reading.seconds, reading.seconds_text = part.meaning["value"], part.text
        return
    if part.kind == "stray":
        reading.unknown.append(part.text)
        return
    if part.kind == "caveat":
        reading.unknown.append(f"“{part.text}”: {part.meaning['reason']}")
        return
    for act in _nearest(part, number, acts, order):
        if act.takes(part):
            act.qualifiers.append(part)
            return
    if part.kind in _IMPLIED:
        kind, meaning = _IMPLIED[part.kind]
        acts[number].append(Act(kind, "", meaning, [part], at=part.at))
        order[number].append(part.at)
    elif part.kind != "degree":  # "very" alone says nothing
        reading.unknown.append(part.text)


def _nearest(
    part: Part, number: int, acts: list[list[Act]], order: list[list[int]]
) -> Iterator[Act]:
    at, here = part.at, list(zip(order[number], acts[number], strict=True))
    # "limp on your left leg" is about the left leg, and not a way to go.
    yield from (act for where, act in here if where == at + 1 and act.kind == "PAW")
    yield from (act for where, act in reversed(here) if where <= at)
    yield from (act for where, act in here if where > at)
    for clause in reversed(acts[:number]):
        yield from reversed(clause)
    for clause in acts[number + 1 :]:
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


def _part(kind: str, tokens: list[_WordToken], meaning: Meaning | None = None) -> Part:
    """A part made of these tokens; it means what the last of them means unless said otherwise."""
    own = tokens[-1].word.meaning if meaning is None else meaning
    return Part(kind, " ".join(str(token) for token in tokens), own, tokens[0].at)


def _step(token: _WordToken) -> int:
    return _STEPS[token.word.meaning["pace"]]


@v_args(inline=False)
class _Clauses(Transformer[Token, list[list[Part]]]):
    """From the parse tree to clauses of parts."""

    def start(self, children: list[Any]) -> list[list[Part]]:
        return [child for child in children if not isinstance(child, Token)]

    def clause(self, children: list[Part | list[Part]]) -> list[Part]:
        parts: list[Part] = []
        for child in children:
            parts += child if isinstance(child, list) else [child]
        return parts

    def action(self, tokens: list[_WordToken]) -> Part:
        return _part(tokens[0].type, tokens)

    def tail(self, tokens: list[_WordToken]) -> _WordToken:
        return tokens[0]

    def denied(self, tokens: list[_WordToken]) -> list[Part]:
        """ "don't walk fast" asks for walking, "without walking fast" and "don't walk" do not."""
        head = next(i for i, token in enumerate(tokens) if token.type not in ("NEG", "DEGREE"))
        act, tail = tokens[head], tokens[head + 1 :]
        if act.type == "HEIGHT" and (head > 1 or "reach" in act.word.meaning):
            return [self.unpaced([*tokens[: head + 1]]), *map(self._alone, tail)]
        how = [token for token in tail if token.type in ("ADJ", "ADV", "EXTENT", "HEIGHT")]
        if how and tokens[0].word.meaning.get("turns") and act.type in ACTIONS:
            # Only how it is done is denied.
            rest = [self.direction([token]) for token in tail if token.type == "DIRECTION"]
            return [_part(act.type, [act]), *rest, self.unpaced([tokens[0], how[-1]])]
        ways = [token for token in tail if token.type in ("DIRECTION", "PLACE", "SWING")]
        meaning = dict(act.word.meaning) | {"kind": act.type}
        meaning["ways"] = [
            token.word.meaning["direction"]
            for token in (act, *ways)
            if "direction" in token.word.meaning
        ]
        parts = [_part("denied", [*tokens[: head + 1], *ways], meaning)]
        return parts + [self._alone(token) for token in how]

    def _alone(self, token: _WordToken) -> Part:
        """The part that one word makes by itself."""
        if token.type in ("ADJ", "ADV"):
            return self.pace([token])
        kind = token.type if token.type in ACTIONS else token.type.lower()
        meaning = {"extent": "large"} if token.type == "DEGREE" else None
        return _part(kind, [token], meaning)

    def unpaced(self, tokens: list[_WordToken]) -> Part:
        """ "not too fast", "not so high"."""
        meaning = tokens[-1].word.meaning
        if "pace" in meaning:
            return _part("pace", tokens, {"step": -_step(tokens[-1])})
        extent = _OPPOSITE_EXTENT[meaning.get("extent", "large")]
        return _part("extent", tokens, {"extent": extent})

    def pace(self, tokens: list[_WordToken]) -> Part:
        row = tokens[-1].word.meaning.get("row", "")
        return _part("pace", tokens, {"step": _step(tokens[-1]) * len(tokens), "row": row})

    def beat(self, tokens: list[_WordToken]) -> Part:
        steps = [_step(token) for token in tokens if token.type == "ADJ"]
        step = steps[0] if steps else 0
        return _part("beat", tokens, {"step": step * max(1, len(tokens) - 1)})

    def extent(self, tokens: list[_WordToken]) -> Part:
        return _part("extent", tokens)

    def degree(self, tokens: list[_WordToken]) -> Part:
        return _part("degree", tokens, {"extent": "large"})

    def swing(self, tokens: list[_WordToken]) -> Part:
        return _part("swing", tokens)

    def direction(self, tokens: list[_WordToken]) -> Part:
        return _part("direction", tokens)

    def place(self, tokens: list[_WordToken]) -> Part:
        return _part("place", tokens)

    def impossible(self, tokens: list[_WordToken]) -> Part:
        return _part("impossible", tokens)

    def measure(self, tokens: list[_WordToken]) -> Part:
        return _part(tokens[0].type.lower(), tokens)

    def caveat(self, tokens: list[_WordToken]) -> Part:
        return _part("caveat", tokens)

    def likeness(self, tokens: list[_WordToken]) -> Part | list[Part]:
        # "like you are sad": what follows speaks for itself.
        return _part("stray", tokens) if len(tokens) > 1 else []

    def stray(self, tokens: list[_WordToken]) -> Part | list[Part]:
        # "times" and "each" without a number say nothing.
        return [] if tokens[0].type in ("TIMES", "PER", "UNIT") else _part("stray", tokens)
