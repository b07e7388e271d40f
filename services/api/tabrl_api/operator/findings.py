"""What a check of the installation found, and how a screen of findings looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from tabrl.domain.errors import TabrlError


class Level(StrEnum):
    """How bad it is. Only `BAD` makes the doctor end with another exit code than 0."""

    GOOD = "✓"
    NOTE = "–"
    BAD = "✗"


@dataclass(frozen=True)
class Finding:
    """One line of the screen; `text` holds no secret."""

    level: Level
    part: str
    text: str


Check = Callable[[], Iterable[Finding]]


def good(part: str, text: str) -> Finding:
    """As it should be."""
    return Finding(Level.GOOD, part, text)


def note(part: str, text: str) -> Finding:
    """Worth knowing, and works."""
    return Finding(Level.NOTE, part, text)


def bad(part: str, text: str) -> Finding:
    """Something has to be done."""
    return Finding(Level.BAD, part, text)


def examine(checks: Mapping[str, Check], timeout_s: float) -> list[Finding]:
    """Run all checks at once; one that hangs, or breaks, is a finding of its own.

    Args:
        checks: By the part that they look at, in the order of the screen.
        timeout_s: How long each of them may take.
    """
    answers: dict[str, list[Finding]] = {}
    threads = [
        threading.Thread(target=_answer, args=(part, check, answers), daemon=True)
        for part, check in checks.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout_s)
    silent = f"does not answer within {timeout_s:g} s"
    return [found for part in checks for found in answers.get(part, [bad(part, silent)])]


def _answer(part: str, check: Check, answers: dict[str, list[Finding]]) -> None:
    try:
        answers[part] = [*check()]
    except TabrlError as error:
        hint = f" {error.hint}" if error.hint else ""
        answers[part] = [bad(part, f"{error.message}{hint}")]
    except Exception as error:  # its message may quote an address with a password
        answers[part] = [bad(part, f"fails ({type(error).__name__})")]


def screen(findings: Sequence[Finding]) -> str:
    """The findings, one a line, under each other."""
    width = max((len(found.part) for found in findings), default=0)
    lines = [f"{found.level.value} {found.part:<{width}}  {found.text}" for found in findings]
    count = sum(found.level is Level.BAD for found in findings)
    lines.append("all is well" if not count else f"{count} to be seen to")
    return "\n".join(lines)


def without_secret(url: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(url)
    if not parts.scheme:
        return url
    host = parts.netloc.rpartition("@")[2]
    shown = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return f"{parts.scheme}://{parts.path}" if not host else shown
