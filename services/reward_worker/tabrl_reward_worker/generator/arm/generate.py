"""From a sentence about an arm to candidates, and from a specification."""

from __future__ import annotations

from tabrl.contracts.motion import MotionSpec
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal, RewardCandidate
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.arm.dance import dances_of, is_dance
from tabrl_reward_worker.generator.arm.limits import beyond, faults_of
from tabrl_reward_worker.generator.arm.reading import read
from tabrl_reward_worker.generator.arm.spec import Asked, asked_of
from tabrl_reward_worker.generator.arm.writing import candidates_for, resolved

KIND = "arm"


def is_arm(robot: Robot) -> bool:
    """Whether a robot is one that sentences are read for here."""
    return robot.embodiment == KIND


def asked_by(prompt: str, robot: Robot) -> Asked:
    """What a sentence asks of an arm, and how it was understood; never fails."""
    return asked_of(read(prompt, robot), robot)


def generate_for_arm(prompt: str, robot: Robot, seed: int = 0) -> Proposal | Asked:
    """Rewards for a sentence; how it was understood where there is nothing in it to learn."""
    sentence = read(prompt, robot)
    asked = asked_of(sentence, robot)
    if asked.motion is None:
        return asked
    if is_dance(sentence.reading):
        candidates = dances_of(asked.motion, robot, seed)
        told = [*asked.understood, "a dance of several moves, other ones every time"]
        return Proposal(candidates, told, asked.not_understood)
    return Proposal(candidates_for(asked.motion, robot), asked.understood, asked.not_understood)


def candidates_of_motion(motion: MotionSpec, robot: Robot) -> tuple[RewardCandidate, ...]:
    """Rewards for a specification, each another way to write it.

    Raises `Invalid`: code `bad_motion` for what cannot be asked of an arm, `motion_beyond` for more
    than this one can do.
    """
    faults = list(faults_of(motion))
    if not any(phase.targets for phase in motion.phases):
        faults.append("it asks for nothing: give it at least one target")
    if faults:
        told = "; ".join(dict.fromkeys(faults))
        raise Invalid(f"This motion cannot be asked for: {told}.", code="bad_motion")
    own = ArmAmounts.of(robot)
    more = beyond(resolved(motion, robot), own)
    if more:
        raise Invalid(
            f"This is more than the robot can do: {'; '.join(more)}.",
            code="motion_beyond",
            hint="Change these numbers, or take out what does not go with the rest.",
        )
    return candidates_for(motion, robot)
