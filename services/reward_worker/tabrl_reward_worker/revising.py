"""A user's edit of a candidate, built like any other candidate."""

from __future__ import annotations

from dataclasses import replace

from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import FailureKind
from tabrl.domain.tasks import Candidate, Revision
from tabrl.embodiments.lookup import catalogue_of
from tabrl.ports import JobFailedError
from tabrl.rewards.errors import RewardError, did_you_mean
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, RewardBuilder
from tabrl_reward_worker.candidates import RewardCandidate, taken_over
from tabrl_reward_worker.generation import RULE_BASED

USER = "you"
"""Who generated an edited candidate, as it is stored."""


def revised(
    revision: Revision, parent: Candidate, source: str, robot: Robot, reward_builder: RewardBuilder
) -> BuiltCandidate:
    """The parent with the edit. Raises `JobFailedError` (with the line at fault) or `Unavailable`.

    Unchanged code is built again too: its artifact may be from before the present verifier.
    """
    same = revision.code is None or revision.code == source
    code = source if revision.code is None else revision.code
    try:
        reward = reward_builder.build(code, robot, trusted=same and parent.author == RULE_BASED)
        base = dict(parent.weights) if same else reward.weights
        reward = replace(reward, weights=_weights(revision, base))
    except RewardError as error:
        hint = f" {error.hint[0].upper()}{error.hint[1:]}." if error.hint else ""
        message = f"{error.message[0].upper()}{error.message[1:]}.{hint}"
        raise JobFailedError(FailureKind.CODE, error.code, message, error.line) from None
    except Unavailable as error:
        if error.code != "jail_no_seccomp":  # which another attempt will not find either
            raise
        hint = f" {error.hint}" if error.hint else ""
        raise JobFailedError(
            FailureKind.INFRASTRUCTURE, error.code, f"{error.message}{hint}"
        ) from None
    checks = taken_over(
        parent.checks if revision.checks is None else revision.checks, catalogue_of(robot)
    )
    name = parent.name if parent.name.endswith(", edited") else f"{parent.name}, edited"
    candidate = RewardCandidate(name, parent.idea, code, reward.weights, checks, parent.phases_s)
    return BuiltCandidate(candidate, reward)


def _weights(revision: Revision, weights: dict[str, float]) -> dict[str, float]:
    """These weights, with those of the edit in their place."""
    changes = revision.weights or {}
    for name in changes:
        if name not in weights:
            raise RewardError(
                f"there is no term '{name}' to give a weight",
                code="reward_weights",
                hint=did_you_mean(name, list(weights)),
            )
    return {**weights, **changes}
