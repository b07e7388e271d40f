"""What can be wrong with a reward, told with the author's own line."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable

from tabrl.domain.errors import Invalid


class RewardError(Invalid):
    """A reward's source breaks the contract.

    `line` counts from 1, None if no line is to blame. `excerpt` shows the author's line: it is for
    the author alone, never for a log, and therefore not part of the message.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "invalid_reward",
        hint: str = "",
        line: int | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.line = line
        self.excerpt = excerpt

    @classmethod
    def at(
        cls, source: str, line: int | None, message: str, *, code: str, hint: str = ""
    ) -> RewardError:
        """An error about one line of a source."""
        if line is None:
            return cls(message, code=code, hint=hint)
        excerpt = marked_line(source, line)
        return cls(f"line {line}: {message}", code=code, hint=hint, line=line, excerpt=excerpt)

    @classmethod
    def of(
        cls, source: str, node: ast.AST, message: str, *, code: str = "reward_not_allowed"
    ) -> RewardError:
        """An error about a piece of a source."""
        return cls.at(source, getattr(node, "lineno", None), message, code=code)

    def for_author(self) -> str:
        """Message, the marked line and the hint, one below the other."""
        return "\n".join(part for part in (self.message, self.excerpt, self.hint) if part)


def marked_line(source: str, line: int) -> str:
    """The source's `line` with its number, as it is shown under an error."""
    lines = lines_of(source)
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return f"{line:>5} | {text}"


def lines_of(source: str) -> list[str]:
    """The source's lines as Python counts them: `str.splitlines` breaks at form feeds as well."""
    return re.split(r"\r\n|\r|\n", source)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question such as "did you mean 'left_hip'?", or what there is, when nothing comes close."""
    choices = list(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(sorted(choices)[:16])
    return f"known are: {shown}{', …' if len(choices) > 16 else ''}"
