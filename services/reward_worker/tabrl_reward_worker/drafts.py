"""What an author of rewards hands over, before anything of it has run."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabrl.contracts.checks import CheckSpec


@dataclass(frozen=True)
class Draft:
    """One proposed reward with the success checks that belong to it."""

    name: str
    idea: str
    code: str
    weights: dict[str, float]
    checks: tuple[CheckSpec, ...]


@dataclass(frozen=True)
class Writing:
    """An author's answer to a sentence."""

    author: str
    drafts: tuple[Draft, ...]
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
