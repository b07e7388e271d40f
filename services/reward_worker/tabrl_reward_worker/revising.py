"""A user's edit of a candidate, built like any other candidate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.jobs import FailureKind
from tabrl.domain.tasks import Candidate, Revision
from tabrl.embodiments.lookup import catalogue_of
from tabrl.ports import JobFailedError
from tabrl.rewards.errors import RewardError, did_you_mean
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltCandidate, RewardBuilder
from tabrl_reward_worker.candidates import RewardCandidate, taken_over
from tabrl_reward_worker.generation import RULE_BASED
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.sandbox import BuiltReward

USER = "you"
"""Who generated an edited candidate, as it is stored."""
_EDITED = ", edited"


def revised(
    revision: Revision, parent: Candidate, source: str, robot: Robot, reward_builder: RewardBuilder
) -> BuiltCandidate:
    """The parent with the edit.

    Unchanged code is built again too: its artifact may be from before the present verifier.

    Raises:
        JobFailedError: the edit is at fault, with its line where it is code.
        Unavailable: nothing can be built here now.
    """
    with _told_to_the_user():
        if revision.motion is not None:
            candidate = _respecified(revision.motion, parent, source, robot)
            reward = reward_builder.build(candidate.code, robot, trusted=True)
            given = candidate.weights
        else:
            candidate, ours = _recoded(revision, parent, source)
            reward = reward_builder.build(candidate.code, robot, trusted=ours)
            given = dict(parent.weights) if candidate.code == source else {}
        given = {**given, **_changes(revision, reward)}
        reward = reward.with_weights(given)
    checks = candidate.checks if revision.checks is None else tuple(revision.checks)
    name = candidate.name.removesuffix(_EDITED) + _EDITED
    edited = replace(
        candidate,
        name=name,
        weights=reward.weights,
        checks=taken_over(checks, catalogue_of(robot)),
    )
    return BuiltCandidate(edited, reward)


def _recoded(revision: Revision, parent: Candidate, source: str) -> tuple[RewardCandidate, bool]:
    """The parent with the edit's code, and whether that is still of our own templates.

    Other code is no longer what a specification says.
    """
    same = revision.code is None or revision.code == source
    candidate = RewardCandidate(
        parent.name,
        parent.idea,
        source if revision.code is None else revision.code,
        parent.weights,
        tuple(parent.checks),
        parent.phases_s,
        parent.motion if same else None,
        parent.repeat,
        parent.ground,
    )
    # Whoever said the motion, its code is what our templates wrote.
    ours = parent.author == RULE_BASED or parent.motion is not None
    return candidate, same and ours


def _respecified(
    motion: MotionSpec, parent: Candidate, source: str, robot: Robot
) -> RewardCandidate:
    """What is written for a specification in the parent's way, or in the first there is."""
    written, name = candidates_of(motion, robot), parent.name.removesuffix(_EDITED)
    same = next((one for one in written if one.name == name), None)
    if same is not None:
        return same
    if parent.motion is None:
        return written[0]
    # A language model named it, so only its code tells which way that is.
    way = _way_of(parent.motion, source, robot)
    return replace(written[min(way, len(written) - 1)], name=name)


def _way_of(motion: MotionSpec, source: str, robot: Robot) -> int:
    """Which of the ways to write rewards for a specification wrote this source; else the first."""
    try:
        codes = [one.code for one in candidates_of(motion, robot)]
    except Invalid:  # asked for of a robot that now does less
        return 0
    return codes.index(source) if source in codes else 0


@contextmanager
def _told_to_the_user() -> Iterator[None]:
    """Faults of an edit as the job's failure."""
    try:
        yield
    except RewardError as error:
        hint = f" {error.hint[0].upper()}{error.hint[1:]}." if error.hint else ""
        message = f"{error.message[0].upper()}{error.message[1:]}.{hint}"
        raise JobFailedError(FailureKind.CODE, error.code, message, error.line) from None
    except Invalid as error:
        hint = f" {error.hint}" if error.hint else ""
        raise JobFailedError(FailureKind.CODE, error.code, f"{error.message}{hint}") from None
    except Unavailable as error:
        if error.code != "jail_no_seccomp":  # which another attempt will not find either
            raise
        hint = f" {error.hint}" if error.hint else ""
        raise JobFailedError(
            FailureKind.INFRASTRUCTURE, error.code, f"{error.message}{hint}"
        ) from None


def _changes(revision: Revision, reward: BuiltReward) -> dict[str, float]:
    """The weights of the edit. Raises `RewardError` if a term is not the reward's."""
    changes = revision.weights or {}
    for name in changes:
        if name not in reward.weights:
            raise RewardError(
                f"there is no term '{name}' to give a weight",
                code="reward_weights",
                hint=did_you_mean(name, list(reward.weights)),
            )
    return changes
