"""The messages for the language model, built from the contract's own vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from string import Template

from tabrl.contracts.checks import Quantity, Statistic
from tabrl.rewards.vocabulary import HELPERS, STATE_METHODS
from tabrl.robots import Robot
from tabrl_reward_worker.llm.schema import MAX_CANDIDATES

Message = dict[str, str]


def opening(prompt: str, robot: Robot) -> list[Message]:
    """The first messages: what to do, then the user's task as data."""
    template = Template(files(__package__).joinpath("prompt.md").read_text("utf-8"))
    system = template.substitute(
        name=robot.name,
        description=robot.description,
        joints=", ".join(robot.joint_names),
        feet=", ".join(robot.foot_names),
        standing=robot.standing_height,
        state="\n".join(f"- state.{name}{about}" for name, about in STATE_METHODS.items()),
        helpers="\n".join(f"- rl.{name}{about}" for name, about in HELPERS.items()),
        count=MAX_CANDIDATES,
        quantities=", ".join(Quantity),
        statistics=", ".join(Statistic),
    )
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"The task, in the user's words:\n{prompt}"},
    ]


def repair(answer: str, faults: Sequence[str]) -> list[Message]:
    """Messages that send an answer back with what is wrong with it."""
    listed = "\n\n".join(faults)
    return [
        {"role": "assistant", "content": answer},
        {
            "role": "user",
            "content": f"Not all of it works:\n\n{listed}\n\nAnswer again in the same JSON format, "
            "with corrected versions of only the candidates that did not work.",
        },
    ]
