"""A task written by a language model, from its answers to what is stored."""

from __future__ import annotations

from typing import Any

import pytest

from tabrl.contracts.motion import Constant
from tabrl.domain.jobs import JobState
from tabrl.domain.report import CandidateReport, MotionPreview
from tabrl.ports import JobFailedError
from tabrl.robots import get_robot
from tabrl.sim.motion_library import MotionLibrary
from tabrl_reward_worker import validation
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.generation import FallbackGenerator, RuleBasedGenerator
from tabrl_reward_worker.generator import candidates_of
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.provider import CallFailure
from tabrl_reward_worker.report import report_on
from tabrl_reward_worker.sandbox import Sandbox
from tabrl_reward_worker.validation import with_validation
from tests.support.factories import asking
from tests.support.generators import Model, candidate
from tests.support.motion_library import made_up_bank
from tests.unit.reward_worker.test_handler import Control, World, revise

GO1 = get_robot("go1")


def reward(**terms: tuple[float, str]) -> str:
    weights = ", ".join(f'"{name}": {weight}' for name, (weight, _) in terms.items())
    lines = ", ".join(f'"{name}": {code}' for name, (_, code) in terms.items())
    return f"WEIGHTS = {{{weights}}}\ndef reward(state, action):\n    return {{{lines}}}\n"


def answer(name: str, **terms: tuple[float, str]) -> dict[str, Any]:
    weights = [{"term": term, "weight": weight} for term, (weight, _) in terms.items()]
    return candidate(reward(**terms), name=name, weights=weights)


AHEAD = "rl.gaussian(state.base_linear_velocity()[0] - 0.5, 0.4)"
UPRIGHT = "state.uprightness()"
FALL = "state.fallen()"
WAY = "jnp.clip(state.base_displacement()[0], -1.0, 1.0)"
STEPS = "jnp.mean(state.foot_air_time()) + 0.2 * rl.gaussian(state.yaw(), 0.5)"
DIRECT = answer("Straight on", ahead=(2.0, AHEAD), up=(0.5, UPRIGHT), fall=(-3.0, FALL))
AGAIN = answer("The same again", ahead=(4.0, AHEAD), up=(1.0, UPRIGHT), fall=(-6.0, FALL))
OTHER = answer(
    "By the way", way=(1.0, WAY), steps=(3.0, STEPS), ahead=(1.5, AHEAD), fall=(-2, FALL)
)
HOPELESS = answer("Constant", item=(1.0, "state.dt()"), zero=(1.0, "0.0 * state.time()"))


@pytest.fixture(scope="module")
def bank() -> MotionLibrary:
    return made_up_bank(GO1)


def written_by(model: Model, sandbox: Sandbox, bank: MotionLibrary) -> World:
    builder = CandidateBuilder(sandbox)
    options = LlmOptions("openai/test")
    writer = LlmGenerator(options, builder, model, lambda built, _: with_validation(built, bank))
    return World(sandbox, bank, generator=FallbackGenerator(writer, RuleBasedGenerator(builder)))


def test_different_candidates_are_shown_with_their_usage(
    sandbox: Sandbox, bank: MotionLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def counted(
        built: BuiltCandidate, bank: MotionLibrary
    ) -> tuple[CandidateReport, MotionPreview]:
        tries.append(built.candidate.name)
        return report_on(built, bank)

    monkeypatch.setattr(validation, "report_on", counted)
    model = Model(DIRECT, rhythmic=[AGAIN], reference=[HOPELESS, OTHER])
    world = written_by(model, sandbox, bank)
    job = world.post("walk on, my friend")
    world.handler(job, Control(job.fence))
    world.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    task, candidates = world.tasks.get("tsk_a"), world.tasks.candidates("tsk_a")
    assert [item.name for item in candidates] == ["Straight on", "By the way"]
    assert {item.author for item in candidates} == {"llm:openai/test"}
    assert [(item.name, item.code) for item in task.dropped] == [("The same again", "reward_alike")]
    assert "Straight on" in task.dropped[0].message
    assert task.usage is not None
    assert task.usage.calls == 5  # one was sent back for what recorded motion says
    assert task.usage.cost_usd == pytest.approx(0.005)
    assert "recorded motion" in model.asked["reference"][1].messages[-1]["content"]
    asked = ["By the way", "Constant", "Straight on", "The same again"]
    assert sorted(tries) == asked, "each is tried once"


def test_the_usage_is_kept_when_the_fallback_takes_over(
    sandbox: Sandbox, bank: MotionLibrary
) -> None:
    world = written_by(Model(HOPELESS), sandbox, bank)
    job = world.post("walk backwards")
    control = Control(job.fence)
    world.handler(job, control)
    world.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    task = world.tasks.get("tsk_a")
    assert {item.author for item in world.tasks.candidates("tsk_a")} == {"composer"}
    assert task.usage is not None
    assert task.usage.calls == 10
    assert {item.code for item in task.dropped} == {"reward_not_valid"}
    assert "The offline generator wrote these candidates." in task.notices[0]
    assert [event.type for event in control.events] == ["stage", "notice"]


def test_the_usage_is_kept_when_nobody_understands(sandbox: Sandbox, bank: MotionLibrary) -> None:
    world = written_by(Model(CallFailure.KEY), sandbox, bank)
    job = world.post("yodel loudly")
    with pytest.raises(JobFailedError) as error:
        world.handler(job, Control(job.fence))
    assert error.value.failure.code == "task_not_understood"
    assert "does not accept the key" in error.value.failure.message
    task = world.tasks.get("tsk_a")
    assert "yodel" in task.not_understood
    assert task.usage is not None
    assert task.usage.calls == 4


def walk(speed: float, name: str) -> dict[str, Any]:
    shape = {"kind": "constant", "value": speed}
    phase = {"targets": [{"quantity": "forward_speed", "part": None, "shape": shape}]}
    return {"name": name, "idea": "Straight on", "motion": {"phases": [phase]}}


def test_a_motion_that_a_model_said_is_stored_shown_and_edited_like_any_other(
    sandbox: Sandbox, bank: MotionLibrary
) -> None:
    said = {"declined": False, "unsaid": "", "motions": [walk(0.3, "Stroll"), walk(0.9, "Rush")]}
    world = written_by(Model(motion=[said]), sandbox, bank)
    job = world.post("walk on, my friend")
    world.handler(job, Control(job.fence))
    world.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    first, *_ = world.tasks.candidates("tsk_a")
    assert (first.name, first.author) == ("Stroll", "llm:openai/test")
    assert first.motion is not None
    ways = candidates_of(first.motion, GO1)
    source = world.sources.get("tsk_a")[1]
    place = [way.code for way in ways].index(source)
    task = world.tasks.get("tsk_a")
    assert task.usage is not None
    assert task.usage.calls == 1
    faster = asking(forward_speed=Constant(value=0.5))
    job = revise(world, motion=faster)
    world.handler(job, Control(job.fence))
    edited = world.tasks.candidates("tsk_a")[-1]
    assert (edited.name, edited.motion) == ("Stroll, edited", faster)
    assert world.sources.get("tsk_a")[edited.n] == candidates_of(faster, GO1)[place].code
