"""From a sentence about a planar robot to candidates."""

from __future__ import annotations

from tabrl.robots import Robot
from tabrl_reward_worker.candidates import Proposal
from tabrl_reward_worker.generator.planar.asked import TOP, Asked, asked_of, speed_unit
from tabrl_reward_worker.generator.planar.writing import candidates_for
from tabrl_reward_worker.generator.reading.parser import parse

KIND = "planar"


def is_planar(robot: Robot) -> bool:
    """Whether a robot is one that sentences are read for here."""
    return robot.embodiment == KIND


def generate_in_plane(prompt: str, robot: Robot) -> Proposal | Asked:
    """Rewards for a sentence; how it was understood where there is nothing in it to learn.

    All of a sentence is asked for at once: of parts that follow each other, nothing is made.
    """
    reading = parse(prompt, TOP * speed_unit(robot.characteristic_length))
    asked = asked_of(reading, robot)
    if asked.empty or reading.phases:
        return asked
    told, missed = list(asked.understood), list(asked.not_understood)
    return Proposal(candidates_for(asked), told, missed)
