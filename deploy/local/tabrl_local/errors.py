"""The one error a command ends with: a line for a person, never a traceback."""

from __future__ import annotations


class CommandError(Exception):
    """A command cannot go on; `hint` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "", code: str = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message
