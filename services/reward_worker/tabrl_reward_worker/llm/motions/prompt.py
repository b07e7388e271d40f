"""The messages for a language model that says a motion as data."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.motion import AskableInfo, MotionSpec
from tabrl.contracts.phases import LONGEST_EPISODE_S, MAX_PHASES
from tabrl.embodiments.legged.askable import Askable
from tabrl.embodiments.legged.gait import GAITS
from tabrl.embodiments.lookup import askables_of, grounds_of
from tabrl.robots import Robot
from tabrl_reward_worker.generation import History
from tabrl_reward_worker.generator import has_words_for
from tabrl_reward_worker.generator.goal.abilities import Amounts
from tabrl_reward_worker.generator.goal.limits import beats, ranges, swings
from tabrl_reward_worker.limbs import feet_of
from tabrl_reward_worker.llm.kind_words import as_large, kind_file, kind_words
from tabrl_reward_worker.llm.motions.schema import LlmMotion, LlmSpec
from tabrl_reward_worker.llm.prompt import counted, lineage, text_of
from tabrl_reward_worker.llm.provider import Message


class MotionExample(BaseModel):
    """A worked example: a sentence and a good answer to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence: str
    unsaid: str
    motions: tuple[LlmMotion, ...]

    def answer(self) -> str:
        """What is to be answered."""
        given = {
            "declined": False,
            "unsaid": self.unsaid,
            "motions": [
                {"name": one.name, "idea": one.idea, "motion": shown(one.to_spec())}
                for one in self.motions
            ],
        }
        return json.dumps(given, ensure_ascii=False)


class MotionWords(BaseModel):
    """What the prompt says of a kind of robot beside its quantities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    together: str
    example: tuple[MotionExample, ...]


def speaks_motion(robot: Robot) -> bool:
    """Whether rewards can be written for a motion of this robot that is said as data."""
    return bool(askables_of(robot)) and has_words_for(robot)


def motion_opening(prompt: str, robot: Robot, history: History | None) -> list[Message]:
    """The first messages; the user's words are data at their end."""
    request = f"The sentence:\n{prompt}"
    if history is not None:
        earlier = json.dumps(shown(history.motion)) if history.motion else None
        went_before = lineage(history, robot, earlier)
        request = f"{went_before}\n\nWhat the user says of this result:\n{prompt}"
    asks = "Write the MOTIONS for this, as many as are worth choosing between."
    return [_system(robot), {"role": "user", "content": f"{asks}\n\n{request}"}]


def shown(motion: MotionSpec) -> dict[str, Any]:
    """A specification in the form of the answer."""
    return LlmSpec.of(motion).model_dump(
        exclude={"phases": {"__all__": {"targets": {"__all__": {"shape": {"phase"}}}}}}
    )


@cache
def motion_words(robot: Robot) -> MotionWords:
    """The words and worked examples for a robot, as large as it is."""
    feet = {f"{end}_{side}": name for (end, side), name in feet_of(robot).items()}
    text = as_large(kind_file(robot.embodiment, "motions.toml"), robot)
    return MotionWords.model_validate(tomllib.loads(Template(text).substitute(feet)))


def _system(robot: Robot) -> Message:
    """What holds for every sentence."""
    words, amounts = motion_words(robot), Amounts.of(robot)
    examples = [f"The sentence: {one.sentence}\n{one.answer()}" for one in words.example]
    low, high = beats(amounts)
    filled = Template(text_of("motion.md")).substitute(
        what=kind_words(robot.embodiment).what,
        name=robot.name,
        description=robot.description,
        length=f"{robot.characteristic_length:g}",
        ends=", ".join(robot.end_effectors),
        quantities="\n".join(_quantities(robot, amounts)),
        beats=f"{low:g} to {high:g}",
        gaits=", ".join(GAITS),
        together=words.together.strip(),
        grounds=", ".join(one.name for one in grounds_of(robot)) or "null alone",
        most=MAX_PHASES,
        longest=f"{LONGEST_EPISODE_S:g}",
        count=counted(len(examples)),
        examples="\n\n".join(examples),
    )
    return {"role": "system", "content": filled}


def _quantities(robot: Robot, amounts: Amounts) -> Iterator[str]:
    spans, widest = ranges(amounts), swings(amounts)
    for one in askables_of(robot):
        name = Askable(one.name)
        if name is not Askable.WAY:
            span = spans.get(name)
            yield f"- {one.name}, {_meaning(one)}: " + "; ".join(
                [
                    *(
                        [f"{span.low:g} to {span.high:g}"]
                        if span and "constant" in one.shapes
                        else []
                    ),
                    *([f"swings by ±{widest[name]:g}"] if "sinusoid" in one.shapes else []),
                    *(["or extreme"] if "extreme" in one.shapes else []),
                    *([f"part: {', '.join(one.parts)}"] if one.parts else []),
                    *([_ONLY[name]] if name in _ONLY else []),
                ]
            )


def _held(one: AskableInfo) -> bool:
    return "constant" in one.shapes


def _meaning(one: AskableInfo) -> str:
    negative = f" ({one.negative})" if one.negative else ""
    return f"{one.unit}: {one.positive}{negative}"


_ONLY = {Askable.PLANAR_SPEED: "only 0", Askable.FOOT_LOAD: "only 0.3, a limp"}
