"""What a language model thought before its answer, told from the answer by the marks around it."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = r"(?:\w+:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad)"
# Tags with or without attributes, and the marks of models whose servers leave them in; those of
# channels come without their brackets too.
_MARK = re.compile(
    rf"""
      (?P<begin>
          <{_NAME}(?:\s+[\w-]+\s*=[^<>]*)?\s*> | \[THINK\] | ◁think▷ | <\|START_THINKING\|>
        | <\|channel\|>\s*analysis[^<]*<\|message\|>
      )
    | (?P<end>
          </{_NAME}\s*> | \[/THINK\] | ◁/think▷ | <\|END_THINKING\|>
        | <\|channel\|>\s*(?:final|commentary).{{0,80}}?<\|message\|>
        | \b assistant(?:final|commentary\s+json) (?=\s*[\[{{`])
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)


class _Parted(NamedTuple):
    """An answer without its thoughts, and the thoughts that never ended."""

    answer: str
    unended: str


def without_thoughts(text: str, cut_off: bool = False) -> str:
    """The answer without what was thought before or after it.

    A server that opens the thoughts itself sends only their end. Thoughts that never end are kept,
    for there is nothing else that could be the answer, unless the whole was `cut_off` in them.
    """
    answer, unended = _parted(text)
    return answer if cut_off else answer + unended


def _parted(text: str) -> _Parted:
    kept, begin, thinking = list[str](), 0, False
    for mark in _MARK.finditer(text):
        if mark["end"]:
            kept = kept if thinking else []
            begin, thinking = mark.end(), False
        elif not thinking:
            kept.append(text[begin : mark.start()])
            begin, thinking = mark.start(), True
    answer, rest = "".join(kept), text[begin:]
    return _Parted(answer, rest) if thinking else _Parted(answer + rest, "")
