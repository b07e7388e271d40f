"""Why a model cannot become a robot."""

from __future__ import annotations

from tabrl.domain.errors import Invalid


def refusal(message: str) -> Invalid:
    """The error to raise; `message` is one sentence that says what to do."""
    return Invalid(message, code="cannot_import")
