"""Rules over words: patterns of kinds of words, and what becomes of the words that they find.

The rules are in rules.toml, which says how one is written.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind, Word, text_of

_DATA = table_of("rules.toml")
_CLASSES = {
    "ANY": "/".join(kind.name for kind in SlotKind),
    "INTENT": "/".join(kind.name for kind in INTENT_KINDS),
    **_DATA["classes"],
}
_SYMBOL = re.compile(  # of a pattern: words of a kind, the begin of a named group, ^ or $
    r"(?:(?P<group>[a-z]+):)?(?P<other>(?:(?<!\?)!)?)(?P<kinds>[A-Z][A-Z_/]+)"
    r"(?P<features>(?:\[[^]]*\])*)(?P<many>[*+?]?)"
    r"|(?P<opened>[a-z]+):\(|(?P<anchor>[\^$])"
)
_TERM = re.compile(r"([*/+-]?) *([\w.]+)")  # of a formula
_NAMED = re.compile(r"{(\w+)}")
_CALCULATED = ("value", "step")
_LEAST = 1e-3  # is divided by at least
_MOST_CHANGES = 20  # of a word; no sentence of the table takes more than one
_SIGNS: dict[str, Callable[[float, float], float]] = {
    "*": operator.mul,
    "/": lambda above, below: above / max(abs(below), _LEAST),
    "+": operator.add,
    "-": operator.sub,
}
_Groups = Mapping[str, Sequence[Word]]


class Found(NamedTuple):
    """What stands at a place of a sentence: words in place of those up to `end`."""

    words: list[Word]
    end: int
    done: bool = False  # not to be looked at again


def found(table: str, words: Sequence[Word], start: int) -> Found | None:
    """What the first rule of a table that changes something makes of the words from `start`."""
    lines = "".join(word.line for word in words)
    offset = sum(len(word.line) for word in words[:start])
    for pattern, rule in _rules(table):
        match = pattern.match(lines, offset)
        if match is None:
            continue
        groups = _groups(match, words)
        made = [word for item in rule["gives"] for word in _made(item, groups)]
        replaced = groups.get("all", [])
        if made != replaced:
            return Found(made, start + len(replaced), rule.get("once", False))
    return None


def applied(table: str, words: Sequence[Word]) -> list[Word]:
    """What the rules of a table make of all words."""
    return rewritten(words, partial(found, table))


def rewritten(
    words: Sequence[Word], at: Callable[[Sequence[Word], int], Found | None]
) -> list[Word]:
    """The words with what is made of them, from left to right; that is looked at again.

    Rules that make the same of each other for ever come to an end with what they have made so far.
    """
    result, position, left = list(words), 0, _MOST_CHANGES * len(words)
    while position < len(result) and left:
        made = at(result, position)
        if made is None:
            position += 1
        else:
            left -= 1
            result[position : made.end] = made.words
            position += len(made.words) if made.done else 0
    return result


@cache
def kinds_of(names: str) -> frozenset[SlotKind]:
    """The kinds that are named: "ADJ/ADV", also by a class ("INTENT"); all others with a "!"."""
    if names.startswith("!"):
        return frozenset(SlotKind) - kinds_of(names[1:])
    each = (kinds_of(_CLASSES[n]) if n in _CLASSES else {SlotKind[n]} for n in names.split("/"))
    return frozenset(itertools.chain.from_iterable(each))


def split(words: Sequence[Word], kinds: str) -> list[list[Word]]:
    """The words between those of some kinds."""
    parts: list[list[Word]] = [[]]
    for word in words:
        if word.kind in kinds_of(kinds):
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


@cache
def _rules(table: str) -> tuple[tuple[re.Pattern[str], Mapping[str, Any]], ...]:
    """The rules of a table, with their patterns as expressions over the lines of words."""
    patterns = (_SYMBOL.sub(_expression, rule["find"]) for rule in _DATA[table])
    expressions = (re.compile(pattern, re.MULTILINE | re.VERBOSE) for pattern in patterns)
    return tuple(zip(expressions, _DATA[table], strict=True))


def _expression(symbol: re.Match[str]) -> str:
    """One symbol of a pattern as a regular expression."""
    if symbol["anchor"]:
        return r"\A" if symbol["anchor"] == "^" else r"\Z"
    if symbol["opened"]:
        return f"(?P<{symbol['opened']}>"
    if symbol["kinds"] in _DATA["shorthand"]:
        return f"(?:{_SYMBOL.sub(_expression, _DATA['shorthand'][symbol['kinds']])})"
    kinds = "|".join(sorted(kind.name for kind in kinds_of(symbol["kinds"])))
    word = f"(?!(?:{kinds}),)" if symbol["other"] else f"(?:{kinds}),"
    for feature in re.findall(r"\[([^]]*)\]", symbol["features"]):
        sign = "!" if feature.startswith("!") else "="
        word = rf"(?{sign}[^\n]*,(?:{feature.lstrip('!')}),)" + word
    words = rf"(?:^{word}[^\n]*\n){symbol['many']}"
    return f"(?P<{symbol['group']}>{words})" if symbol["group"] else words


def _groups(match: re.Match[str], words: Sequence[Word]) -> _Groups:
    """The words of each named group that found some, and of the whole."""
    spans = {"all": match.span()} | {name: match.span(name) for name in match.groupdict()}
    return {
        name: words[match.string.count("\n", 0, begin) : match.string.count("\n", 0, end)]
        for name, (begin, end) in spans.items()
        if begin < end
    }


def _made(item: str | Mapping[str, Any], groups: _Groups) -> list[Word]:
    """The words that one item of `gives` stands for."""
    if not isinstance(item, str):
        return [_new(dict(item), groups)]
    match item.split():
        case [group, "as", kind]:
            return [replace(word, kind=SlotKind[kind]) for word in groups.get(group, ())]
        case [group, "only", kinds]:
            return [word for word in groups.get(group, ()) if word.kind in kinds_of(kinds)]
        case [("low" | "high") as end, "of", group]:
            return [groups[group][0].meaning["ends"][end == "high"]]
        case [kind] if kind.isupper():
            return [Word(SlotKind[kind], "")]
    return list(groups.get(item, ()))


def _new(item: dict[str, Any], groups: _Groups) -> Word:
    """A word made of others."""
    like = item.pop("like", "")
    source = groups[like][-1] if like else Word(SlotKind.WORD, "")
    text = str(item.pop("text", f"{{{like or 'all'}}}"))
    kind = str(item.pop("kind", source.kind.name))
    texts = {name: text_of(groups.get(name, ())) for name in _NAMED.findall(text)}
    parts = tuple(word for name in texts for word in groups.get(name, ()))
    values = {key: _value(item.pop(key), groups) for key in _CALCULATED if key in item}
    return replace(
        source,
        kind=SlotKind[groups[kind][-1].meaning["kind"] if kind in groups else kind],
        text=" ".join(text.format_map(texts).split()),
        meaning={**source.meaning, **item, **values},
        at=parts[0].at if parts else 0,
        parts=parts,
    )


def _value(formula: str, groups: _Groups) -> float:
    """A formula of the values of words, from left to right; what was not found counts as 1."""
    result = 1.0
    for sign, term in _TERM.findall(formula):
        name, _, key = term.partition(".")
        words = groups.get(name, ())
        constant = float(name) if name.isdigit() else 1.0
        number = float(words[-1].meaning.get(key or "value", 1.0)) if words else constant
        result = _SIGNS[sign or "*"](result, number)
    return result
