"""Rules over words: patterns of kinds of words, and what becomes of the words that they find.

The rules are in rules.toml, which says how one is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind, Word, text_of

_DATA = table_of("rules.toml")
_SYMBOL = re.compile(  # of a pattern: words of a kind, the begin of a named group, an end
    r"(?:(?P<group>[a-z]+):)?(?P<other>(?:(?<!\?)!)?)(?P<kinds>[A-Z][A-Z_/]+)"
    r"(?P<features>(?:\[[^]]*\])*)(?P<many>[*+?]?)"
    r"|(?P<opened>[a-z]+):\(|(?P<anchor>[\^$])"
)
_TERM = re.compile(r"([*/+-]?) *([\w.]+)")  # of a formula
_NAMED = re.compile(r"{(\w+)}")
_CALCULATED = ("value", "step")
_LEAST = 1e-3  # is divided by at least
_Groups = Mapping[str, Sequence[Word]]


class Found(NamedTuple):
    """What stands at a place of a sentence: words in place of those up to `end`."""

    words: list[Word]
    end: int


@dataclass(frozen=True)
class Rule:
    """A pattern, and what is put in place of the words that it finds."""

    find: re.Pattern[str]
    gives: Sequence[str | Mapping[str, Any]]

    def at(self, words: Sequence[Word], start: int) -> Found | None:
        """What the rule makes of the words from `start`; None if that is no other words."""
        lines = "".join(word.line for word in words)
        match = self.find.match(lines, sum(len(word.line) for word in words[:start]))
        if match is None:
            return None
        spans = {"all": match.span(), **{name: match.span(name) for name in match.groupdict()}}
        groups = {
            name: words[lines.count("\n", 0, begin) : lines.count("\n", 0, end)]
            for name, (begin, end) in spans.items()
            if begin < end
        }
        made = [word for item in self.gives for word in _made(item, groups)]
        return Found(made, start + len(groups["all"])) if made != groups["all"] else None


@dataclass(frozen=True)
class Rules:
    """A table of rules; the first that finds something at a word counts."""

    rules: tuple[Rule, ...]

    def at(self, words: Sequence[Word], start: int) -> Found | None:
        """What is made of the words from `start`."""
        found = (rule.at(words, start) for rule in self.rules)
        return next((item for item in found if item is not None), None)

    def applied(self, words: Sequence[Word]) -> list[Word]:
        """What is made of all words."""
        return rewritten(words, self.at)


def rewritten(
    words: Sequence[Word], at: Callable[[Sequence[Word], int], Found | None]
) -> list[Word]:
    """The words from left to right; what is found at one is put there and looked at again."""
    result, position = list(words), 0
    while position < len(result):
        found = at(result, position)
        if found is None:
            position += 1
        else:
            result[position : found.end] = found.words
    return result


@cache
def rules(table: str) -> Rules:
    """The rules of one table of rules.toml."""
    return Rules(tuple(Rule(_compiled(line["find"]), line["gives"]) for line in _DATA[table]))


@cache
def kinds_of(names: str) -> frozenset[SlotKind]:
    """What names of kinds and of classes of them stand for: "ADJ/ADV", "INTENT"."""
    found: set[SlotKind] = set()
    for name in names.split("/"):
        if name == "ANY":
            found.update(SlotKind)
        elif name == "INTENT":
            found.update(INTENT_KINDS)
        else:
            classes = _DATA["classes"]
            found |= kinds_of(classes[name]) if name in classes else {SlotKind[name]}
    return frozenset(found)


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression over the lines of words."""
    return re.compile(_SYMBOL.sub(_expression, pattern), re.MULTILINE | re.VERBOSE)


def _expression(symbol: re.Match[str]) -> str:
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


def _made(item: str | Mapping[str, Any], groups: _Groups) -> list[Word]:
    """The words that one item of `gives` stands for."""
    if not isinstance(item, str):
        return [_new(dict(item), groups)]
    match item.split():
        case [group, "as", kind]:
            return [replace(word, kind=SlotKind[kind]) for word in groups.get(group, ())]
        case [group, "only", kinds]:
            return [word for word in groups.get(group, ()) if word.kind in kinds_of(kinds)]
        case [group, "without", kinds]:
            return [word for word in groups.get(group, ()) if word.kind not in kinds_of(kinds)]
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
        match sign:
            case "+":
                result += number
            case "-":
                result -= number
            case "/":
                result /= max(abs(number), _LEAST)
            case _:
                result *= number
    return result
