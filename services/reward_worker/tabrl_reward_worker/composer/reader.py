"""From a sentence to acts: what is to be done, each with the words that qualify it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.lexer import Lexer

from tabrl_reward_worker.composer.lexicon import Word, lexicon

ACTIONS = (
    "MOVE",
    "TURN",
    "STAND",
    "HEIGHT",
    "POSTURE",
    "LEAN",
    "RHYTHM",
    "HOP",
    "PAW",
    "REAR",
    "STEP",
)
# Which acts a qualifier can belong to.
_ACCEPTS: dict[str, tuple[str, ...]] = {
    "direction": ("MOVE", "TURN", "LEAN", "HOP", "PAW"),
    "pace": ("MOVE", "TURN", "RHYTHM", "HOP", "PAW"),
    "extent": ("HEIGHT", "POSTURE", "LEAN", "RHYTHM", "TURN", "MOVE", "HOP", "PAW", "REAR", "STEP"),
    "degree": ("HEIGHT", "POSTURE", "LEAN", "RHYTHM", "HOP", "PAW", "REAR", "STEP"),
    "swing": ("RHYTHM", "LEAN", "TURN", "HEIGHT", "POSTURE", "MOVE", "PAW"),
    "beat": ("RHYTHM", "HOP", "PAW"),
    "rate": ("RHYTHM", "HOP", "PAW"),
    "speed": ("MOVE", "HOP"),
    "turn_rate": ("TURN",),
    "angle": ("LEAN", "POSTURE", "RHYTHM"),
    "length": ("HEIGHT", "RHYTHM", "HOP", "PAW", "STEP"),
}
_STEPS = {"slow": -1, "normal": 0, "fast": 1, "fastest": 2}
# What a qualifier without any act to belong to stands for.
_IMPLIED: dict[str, tuple[str, dict[str, Any]]] = {
    "direction": ("MOVE", {}),
    "speed": ("MOVE", {}),
    "turn_rate": ("TURN", {"rate": "turn"}),
    "beat": ("RHYTHM", {"channel": "height", "hz": 1.0}),
    "rate": ("RHYTHM", {"channel": "height", "hz": 1.0}),
    "swing": ("RHYTHM", {"channel": "", "hz": 1.0}),
}
# These are placed first: what they stand for may take the other qualifiers.
_FIRST = ("direction", "speed", "turn_rate", "swing")


@dataclass
class Part:
    """A piece of a clause: an action (kind in capitals) or a qualifier, and its meaning."""

    kind: str
    text: str
    meaning: dict[str, Any] = field(default_factory=dict)


@dataclass
class Act:
    """Something to do, or with `denied` not to do."""

    kind: str
    text: str
    meaning: dict[str, Any]
    qualifiers: list[Part] = field(default_factory=list)
    denied: bool = False

    def words(self) -> str:
        """The act in the user's words."""
        return " ".join([self.text, *(part.text for part in self.qualifiers)]).strip()

    def takes(self, part: Part) -> bool:
        """Whether a qualifier can belong to this act."""
        if self.denied or (self.kind == "MOVE" and part.kind == "swing" and self.find("direction")):
            return False
        kind = "RHYTHM" if self.find("swing") else self.kind
        return kind in _ACCEPTS[part.kind]

    def find(self, kind: str) -> Part | None:
        """The first qualifier of a kind."""
        return next((part for part in self.qualifiers if part.kind == kind), None)


@dataclass
class Reading:
    """What was made of a sentence."""

    acts: list[Act] = field(default_factory=list)
    in_place: str = ""
    sequence: bool = False  # one thing after another was asked for
    mistyped: list[Word] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # words without a meaning here
    impossible: list[str] = field(default_factory=list)  # understood, but out of reach


def read(sentence: str) -> Reading:
    """Read a sentence. Never fails: what is not understood is listed."""
    words = lexicon().read(sentence)
    reading = Reading(
        mistyped=[word for word in words if word.read_as],
        sequence=any(word.meaning.get("sequence") for word in words),
    )
    tokens = _trim(words)
    if not tokens:
        return reading
    clauses: list[list[Part]] = _Clauses().transform(_grammar().parse(tokens))
    kept = [_without_impossible(clause, reading) for clause in clauses]
    acts = [[_act(part) for part in clause if _is_act(part)] for clause in kept]
    order = [_positions(clause) for clause in kept]
    qualifiers = [
        (part, position, number)
        for number, clause in enumerate(kept)
        for position, part in enumerate(clause)
        if not _is_act(part)
    ]
    for part, position, number in sorted(qualifiers, key=lambda q: q[0].kind not in _FIRST):
        _attach(part, position, number, acts, order, reading)
    reading.acts += [act for clause in acts for act in clause]
    return reading


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
        return Act(part.meaning["kind"], part.text, part.meaning, denied=True)
    return Act(part.kind, part.text, part.meaning)


def _positions(clause: list[Part]) -> list[int]:
    """Where the acts of a clause stand in it."""
    return [position for position, part in enumerate(clause) if _is_act(part)]


def _without_impossible(clause: list[Part], reading: Reading) -> list[Part]:
    """A clause that asks for something out of reach is left out as a whole."""
    beyond = [part for part in clause if part.kind == "impossible"]
    if not beyond:
        return clause
    text = " ".join(part.text for part in clause)
    reading.impossible.append(f"“{text}”: {beyond[0].meaning['reason']}")
    return []


def _attach(
    part: Part,
    position: int,
    number: int,
    acts: list[list[Act]],
    order: list[list[int]],
    reading: Reading,
) -> None:
    """Give a qualifier to the nearest act that can take it: before it, after it, other clauses."""
    if part.kind == "place":
        reading.in_place = part.text
        return
    if part.kind == "stray":
        reading.unknown.append(part.text)
        return
    for act in _nearest(position, number, acts, order):
        if act.takes(part):
            act.qualifiers.append(part)
            return
    if part.kind in _IMPLIED:
        kind, meaning = _IMPLIED[part.kind]
        acts[number].append(Act(kind, "", dict(meaning), [part]))
        order[number].append(position)
    else:
        reading.unknown.append(part.text)


def _nearest(
    position: int, number: int, acts: list[list[Act]], order: list[list[int]]
) -> Iterator[Act]:
    here = list(zip(order[number], acts[number], strict=True))
    yield from (act for where, act in reversed(here) if where <= position)
    yield from (act for where, act in here if where > position)
    for clause in reversed(acts[:number]):
        yield from reversed(clause)
    for clause in acts[number + 1 :]:
        yield from clause


class _WordToken(Token):
    """A token that remembers its word."""

    word: Word

    @classmethod
    def of(cls, word: Word) -> _WordToken:
        token = cls(word.kind, word.text)
        token.word = word
        return token


class _Words(Lexer):
    """Hands the lexicon's words to the grammar; the kind is the terminal."""

    def __init__(self, _: Any) -> None: ...

    def lex(self, data: Iterable[Word]) -> Iterator[Token]:  # type: ignore[override]
        for word in data:
            yield _WordToken.of(word)


@cache
def _grammar() -> Lark:
    text = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=_Words)


def _text(tokens: Iterable[_WordToken]) -> str:
    return " ".join(str(token) for token in tokens)


def _meaning(token: _WordToken) -> dict[str, Any]:
    return token.word.meaning


def _product(tokens: list[_WordToken]) -> float:
    """Number times unit, or the rate a phrase names, or one over a period."""
    value = 1.0
    for token in tokens:
        value *= float(_meaning(token).get("value", _meaning(token).get("factor", 1.0)))
    return 1.0 / value if tokens[0].type == "EVERY" and value > 0.0 else value


@v_args(inline=False)
class _Clauses(Transformer[Token, list[list[Part]]]):
    """From the parse tree to clauses of parts."""

    def start(self, children: list[Any]) -> list[list[Part]]:
        return [child for child in children if not isinstance(child, Token)]

    def clause(self, children: list[Part]) -> list[Part]:
        return children

    def action(self, tokens: list[_WordToken]) -> Part:
        return Part(tokens[0].type, str(tokens[0]), _meaning(tokens[0]))

    def negated(self, tokens: list[_WordToken]) -> Part:
        target = tokens[1]
        return Part("denied", _text(tokens), _meaning(target) | {"kind": target.type})

    def pace(self, tokens: list[_WordToken]) -> Part:
        step = _STEPS[_meaning(tokens[-1])["pace"]]
        if tokens[0].type == "NEG":
            return Part("pace", _text(tokens), {"step": -step})
        return Part("pace", _text(tokens), {"step": step * len(tokens)})

    def beat(self, tokens: list[_WordToken]) -> Part:
        paces = [_meaning(token)["pace"] for token in tokens if token.type == "ADJ"]
        step = _STEPS[paces[0]] if paces else 0
        return Part("beat", _text(tokens), {"step": step * max(1, len(tokens) - 1)})

    def extent(self, tokens: list[_WordToken]) -> Part:
        return Part("extent", _text(tokens), dict(_meaning(tokens[-1])))

    def degree(self, tokens: list[_WordToken]) -> Part:
        return Part("degree", str(tokens[0]), {"extent": "large"})

    def swing(self, tokens: list[_WordToken]) -> Part:
        return Part("swing", str(tokens[0]), _meaning(tokens[0]))

    def direction(self, tokens: list[_WordToken]) -> Part:
        return Part("direction", str(tokens[0]), _meaning(tokens[0]))

    def place(self, tokens: list[_WordToken]) -> Part:
        return Part("place", str(tokens[0]))

    def impossible(self, tokens: list[_WordToken]) -> Part:
        return Part("impossible", str(tokens[0]), _meaning(tokens[0]))

    def rate(self, tokens: list[_WordToken]) -> Part:
        hz = _meaning(tokens[0]).get("hz")
        return Part("rate", _text(tokens), {"value": hz if hz else _product(tokens)})

    def speed(self, tokens: list[_WordToken]) -> Part:
        return Part("speed", _text(tokens), {"value": _product(tokens)})

    def turn_rate(self, tokens: list[_WordToken]) -> Part:
        return Part("turn_rate", _text(tokens), {"value": _product(tokens)})

    def angle(self, tokens: list[_WordToken]) -> Part:
        return Part("angle", _text(tokens), {"value": _product(tokens)})

    def length(self, tokens: list[_WordToken]) -> Part:
        return Part("length", _text(tokens), {"value": _product(tokens)})

    def stray(self, tokens: list[_WordToken]) -> Part:
        return Part("stray", str(tokens[0]))
