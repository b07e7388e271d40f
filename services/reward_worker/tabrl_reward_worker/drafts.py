"""What an author of rewards hands over, before anything of it has run."""

from __future__ import annotations

from dataclasses import dataclass

from tabrl.contracts.checks import CheckSpec


@dataclass(frozen=True)
class Draft:
    """One proposed reward with the success checks that belong to it.

    `phases_s` are the seconds of phases that follow each other and then begin again: the reward
    pays for each in its part of `state.time()` modulo their sum.
    """

    name: str
    idea: str
    code: str
    weights: dict[str, float]
    checks: tuple[CheckSpec, ...]
    phases_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class Writing:
    """The composer's answer to a sentence: its drafts, and its reading word by word."""

    author: str
    drafts: tuple[Draft, ...]
    understood: list[str]
    not_understood: list[str]
