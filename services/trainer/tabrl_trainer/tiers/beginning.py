"""Where a training begins: the robot's pretrained policy, an earlier result, or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tabrl.contracts.training import Origin
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.embodiments.load import load_policy
from tabrl.ports import BlobStore
from tabrl.robots import scene_sha256
from tabrl.sim.learning.continuing import with_policy
from tabrl.sim.learning.ppo import TrainState
from tabrl_trainer.context import TrainingContext


@dataclass(frozen=True)
class Beginning:
    """A policy to begin with, and the state to learn from.

    `schedule` is None where one has to be searched for.
    """

    weights: PolicyWeights
    state: TrainState
    schedule: CommandSchedule | None = None


def at_the_start(context: TrainingContext) -> Beginning:
    """With the pretrained policy, or a random one where commands ask for nothing yet."""
    neutral = CommandSchedule.neutral(context.embodiment.commands)
    return Beginning(
        context.pretrained_weights,
        context.pretrained_state,
        None if context.trained else neutral,
    )


def beginning_of(context: TrainingContext, origin: Origin | None, blobs: BlobStore) -> Beginning:
    """Where a training on a robot begins.

    An earlier result's critic and optimizer are not kept: the critic is warmed up anew.

    Args:
        context: of the robot.
        origin: the result to go on from, if any.
        blobs: where that lies.

    Raises:
        Conflict: code `origin_gone`, the result is not what it was, or not for the robot as it is.
    """
    if origin is None:
        return at_the_start(context)
    policy = load_policy(_read(origin, blobs))
    header, robot = policy.header, context.robot
    if (header.robot, header.scene_sha256) != (robot.id, scene_sha256(robot.id, robot.ground)):
        raise _gone(origin, "it was learnt by another robot, or in another scene of it")
    try:
        state = with_policy(context.pretrained_state, policy.weights)
    except Invalid as error:
        raise _gone(origin, error.message) from error
    return Beginning(policy.weights, state, policy.schedule)


def _read(origin: Origin, blobs: BlobStore) -> bytes:
    try:
        data = blobs.get(origin.params_key)
    except NotFound as error:
        raise _gone(origin, "its parameters were deleted") from error
    if hashlib.sha256(data).hexdigest() != origin.params_sha256:
        raise _gone(origin, "its parameters are not those that were delivered")
    return data


def _gone(origin: Origin, why: str) -> Conflict:
    return Conflict(
        f"It cannot go on from the result of {origin.job_id}: {why}.",
        code="origin_gone",
        hint="Train the candidate again.",
    )
