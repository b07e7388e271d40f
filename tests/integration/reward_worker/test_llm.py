"""litellm against a local server that speaks OpenAI's protocol; rewards built in the sandbox."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tabrl.adapters.settings import Settings
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import Robot, get_robot
from tabrl.sim.motion_library import MotionLibrary, load_motion_library
from tabrl_reward_worker.bootstrap import RewardSettings, make_generator
from tabrl_reward_worker.building import BuiltCandidate, CandidateBuilder
from tabrl_reward_worker.concurrency import WorkCancelledError
from tabrl_reward_worker.generation import RewardGenerator
from tabrl_reward_worker.llm.prompt import Example, examples
from tabrl_reward_worker.report import report_on
from tabrl_reward_worker.sandbox import BuiltReward, Sandbox
from tabrl_trainer.pretrained import load_pretrained
from tests.support.servers.llm import UNSAID, Answer, Given, LlmStub, llm_stub

GO1 = get_robot("go1")
KEY = "sk-very-secret"
PROMPT = "prance like a proud horse of the marshes"
KNOWN = "openai/gpt-4o-mini"  # a model whose prices and abilities litellm lists
SPEED = (
    'WEIGHTS = {"speed": 2.0}\ndef reward(state, action):\n'
    '    return {"speed": rl.gaussian(state.base_linear_velocity()[0] - 0.5, 0.3)}\n'
)
MISTAKES = {
    "if on an array": (
        SPEED.replace("    return", "    if state.roll() > 0:\n        return {}\n    return"),
        "jnp.where",
    ),
    "unknown method": (SPEED.replace("linear_velocity", "linear_velosity"), "did you mean"),
    "unknown joint": (
        SPEED.replace("state.base_linear_velocity()[0]", 'state.joint_position("FL_hp")'),
        "FL_hip",
    ),
    "import": ("import os\n" + SPEED, "import"),
    "endless loop": (SPEED.replace("    return", "    while True: pass\n    return"), "while"),
    "no Python": ("def reward(state, action:\n", "line 1"),
    "other terms": (SPEED.replace('"speed"', '"pace"'), "weights"),
}


def candidate(name: str, code: str = SPEED, **changes: Any) -> str:
    check = {"id": "forward", "quantity": "forward_speed", "statistic": "mean", "at_least": 0.2}
    return json.dumps(
        {
            "declined": False,
            "name": name,
            "idea": "Be quick",
            "code": code,
            "weights": [{"term": "speed", "weight": 2.0}],
            "success_checks": [check],
            "phases_s": [],
        }
        | changes
    )


Wired = Callable[..., RewardGenerator]


class Memory:
    """The sandbox, which builds the same source only once: many tests fall back to one sentence."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._built: dict[str, BuiltReward] = {}

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        if source not in self._built:
            self._built[source] = self._sandbox.build(source, robot, trusted)
        return self._built[source]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Memory]:
    with Sandbox() as warm:
        yield Memory(warm)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LlmStub]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with llm_stub() as server:
        yield server


@pytest.fixture
def wired(sandbox: Memory, stub: LlmStub) -> Wired:
    def wire(model: str = KNOWN, timeout: float = 20.0, **more: Any) -> RewardGenerator:
        settings = Settings(llm_model=model, llm_api_base=stub.url)
        return make_generator(
            settings, RewardSettings(llm_timeout=timeout, **more), CandidateBuilder(sandbox)
        )

    return wire


def test_good_answers_become_built_candidates(wired: Wired, stub: LlmStub) -> None:
    stub.by_style = {
        "direct": [candidate("Straight on")],
        "rhythmic": ["```json\n" + candidate("In time") + "\n```"],
        "reference": ["Gladly!\n" + candidate("In shape") + "\nEnjoy."],
    }
    result = wired().generate(PROMPT, GO1)
    assert [built.candidate.name for built in result.candidates] == [
        "Straight on",
        "In time",
        "In shape",
    ]
    assert result.generator == f"llm:{KNOWN}"
    assert result.candidates[0].reward.terms == ("speed",)
    assert result.usage is not None
    assert (result.usage.calls, result.usage.prompt_tokens) == (4, 400)
    assert result.usage.completion_tokens == 40
    assert result.usage.cost_usd == pytest.approx(4 * (100 * 0.15e-6 + 10 * 0.6e-6))
    (request, *_) = stub.of_style("direct")
    assert request["messages"][-1]["content"].endswith(PROMPT)
    schema = request["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert set(schema["schema"]["required"]) == set(json.loads(candidate("x")))


def test_mistakes_are_sent_back_with_their_line(wired: Wired, stub: LlmStub) -> None:
    mistakes = list(MISTAKES.values())
    styles = ("direct", "rhythmic", "reference")
    for start in range(0, len(mistakes), len(styles)):
        group = dict(zip(styles, mistakes[start : start + len(styles)], strict=False))
        stub.answers, stub.requests = [candidate("Fine")], []
        stub.by_style = {
            style: [candidate("Wrong", code), candidate("Mended")]
            for style, (code, _) in group.items()
        }
        result = wired().generate(PROMPT, GO1)
        assert sum(built.candidate.name.startswith("Mended") for built in result.candidates) == len(
            group
        )
        for style, (_, expected) in group.items():
            complaint = stub.of_style(style)[1]["messages"][-1]["content"]
            assert expected in complaint, complaint


STROLL = {
    "name": "Stroll",
    "idea": "Slowly ahead",
    "motion": {
        "phases": [
            {
                "targets": [
                    {
                        "quantity": "forward_speed",
                        "part": None,
                        "shape": {"kind": "constant", "value": 0.3},
                    }
                ],
                "gait": "trot",
                "until": {"kind": "hold"},
            }
        ],
        "repeat": False,
    },
}
BRISK = json.loads(json.dumps(STROLL).replace("0.3", "0.8")) | {"name": "Brisk"}
MOTIONS = json.dumps({"declined": False, "unsaid": "", "motions": [STROLL, BRISK]})


@pytest.mark.parametrize(
    ("before", "forms"),
    [
        ([], ["json_schema"]),
        ([400], ["json_schema", "json_object"]),
        ([500, 500], ["json_schema", "json_schema", "json_object"]),
        ([500, 500, 500], ["json_schema", "json_schema", "json_object", None]),
    ],
)
def test_motions_are_one_call_in_the_strictest_format_that_the_server_takes(
    wired: Wired, stub: LlmStub, before: list[Given], forms: list[str | None]
) -> None:
    stub.by_style = {"motion": [*before, MOTIONS]}
    result = wired().generate(PROMPT, GO1)
    assert [built.candidate.name for built in result.candidates] == ["Stroll", "Brisk"]
    assert all(built.candidate.motion is not None for built in result.candidates)
    assert all("def reward" in built.candidate.code for built in result.candidates)
    asked = [request.get("response_format", {}).get("type") for request in stub.requests]
    assert asked == forms
    assert result.usage is not None
    assert (result.usage.calls, result.usage.prompt_tokens) == (len(forms), 100)
    schema = stub.requests[0]["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["required"] == ["declined", "unsaid", "motions"]


def test_what_cannot_be_mended_is_left_out(wired: Wired, stub: LlmStub) -> None:
    stub.answers = [candidate("Fine")]
    stub.by_style = {
        "direct": ["Sure! Here is your reward:"],
        "reference": [candidate("Escape", "import os\n" + SPEED)],
    }
    result = wired().generate(PROMPT, GO1)
    assert [built.candidate.name for built in result.candidates] == ["Fine"]
    assert [(one.name, one.code) for one in result.rejected] == [
        ("Direct", "llm_bad_answer"),
        ("Reference posture", "reward_not_allowed"),
    ]
    assert "Here is your reward" not in result.rejected[0].message
    assert result.usage is not None
    assert result.usage.calls == len(stub.requests) == 8


FAILURES: dict[str, tuple[Given, str]] = {
    "no key": (401, "llm_unavailable"),
    "asked too often": (
        Answer(status=429, headers={"Retry-After": "600"}),
        "llm_unavailable",
    ),
    "refusal": (Answer(None, refusal="I will not."), "llm_declined"),
    "filtered": (Answer("", finish="content_filter"), "llm_declined"),
    "declined": (candidate("", declined=True), "llm_declined"),
    "nothing": (Answer(None), "llm_no_reward"),
    "endless": (Answer(candidate("Drop by drop"), drips=True), "llm_unavailable"),
    "a flood": (Answer(floods=True), "llm_unavailable"),
}


@pytest.mark.parametrize("given", FAILURES, ids=FAILURES.keys())
def test_the_fallback_takes_over_when_the_model_does_not_deliver(
    wired: Wired, stub: LlmStub, given: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer, code = FAILURES[given]
    stub.answers = [answer]
    timeout = 2.0 if given == "endless" else 20.0
    with caplog.at_level(logging.DEBUG, logger="tabrl"):
        result = wired(timeout=timeout).generate("trot forward slowly", GO1)
    assert result.generator == "composer"
    assert result.notices[0].code == code
    assert len(result.rejected) == 3
    assert result.usage is not None
    assert result.usage.calls == len(stub.requests)
    said = caplog.text + result.notices[0].message + repr(result.rejected)
    assert KEY not in said
    assert "I will not" not in said
    assert "stub says" not in said


@pytest.mark.parametrize(
    "broken",
    [
        500,
        Answer(choices=0),
        Answer(body=b"<html>Bad gateway</html>", content_type="text/html"),
        Answer(body=b"[]"),
        Answer(status=429, headers={"Retry-After": "0"}),
    ],
    ids=["server error", "no choices", "html", "a list", "asked too often"],
)
def test_a_passing_failure_is_asked_again(wired: Wired, stub: LlmStub, broken: Given) -> None:
    stub.answers = [candidate("Fine")]
    stub.by_style = {"direct": [broken, candidate("At last")]}
    result = wired().generate(PROMPT, GO1)
    assert result.candidates[0].candidate.name == "At last"
    assert result.usage is not None
    assert (result.usage.calls, result.usage.prompt_tokens) == (5, 400)


def test_the_next_model_is_asked_when_one_fails(wired: Wired, stub: LlmStub) -> None:
    unsaid = json.dumps(UNSAID)
    stub.by_model = {"gpt-4o-mini": [404], "other": [unsaid, candidate("From the other")]}
    stub.by_style = {"motion": []}  # by model too
    result = wired(llm_fallbacks=("openai/other",)).generate(PROMPT, GO1)
    assert result.generator == "llm:openai/other"
    assert len(result.candidates) == 3
    assert result.usage is not None
    assert (result.usage.calls, result.usage.cost_usd) == (8, None)
    formats = {request["response_format"]["type"] for request in stub.requests[-3:]}
    assert formats == {"json_object"}  # nothing is known of that model


def test_a_cancelled_call_hangs_up_and_tells_what_was_spent(wired: Wired, stub: LlmStub) -> None:
    stub.answers = [Answer(candidate("Drop by drop"), drips=True)]
    with pytest.raises(WorkCancelledError) as error:
        wired(timeout=600.0, llm_deadline=600.0).generate(
            PROMPT, GO1, cancelled=lambda: len(stub.requests) == 4
        )
    assert all(stub.hung_up.acquire(timeout=60.0) for _ in range(3))
    assert error.value.usage is not None
    assert (error.value.usage.calls, error.value.usage.prompt_tokens) == (4, 100)


def test_a_server_that_is_not_there_is_no_hang(sandbox: Memory) -> None:
    settings = Settings(llm_model="openai/stub", llm_api_base="http://127.0.0.1:9/v1")
    generator = make_generator(settings, RewardSettings(llm_timeout=3.0), CandidateBuilder(sandbox))
    result = generator.generate("bow", GO1)
    assert result.generator == "composer"
    assert "cannot be reached" in result.notices[0].message


def test_neither_key_nor_prompt_is_logged(
    wired: Wired, stub: LlmStub, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    stub.answers = [401]
    stub.by_style = {"direct": [candidate("Wrong", MISTAKES["import"][0])]}
    with caplog.at_level(logging.INFO):
        wired().generate("bow like a proud horse", GO1)
    captured = capfd.readouterr()
    everything = captured.out + captured.err + caplog.text
    assert KEY not in everything
    assert "proud horse" not in everything
    assert "import os" not in everything


@pytest.fixture(scope="module")
def bank() -> MotionLibrary:
    return load_motion_library(load_pretrained(GO1.id).library)


@pytest.mark.parametrize("example", examples(GO1), ids=lambda item: item.style)
def test_the_prompts_examples_work(example: Example, sandbox: Memory, bank: MotionLibrary) -> None:
    written = example.to_candidate(catalogue_of(GO1))
    (built,) = CandidateBuilder(sandbox).build([written], GO1)
    assert isinstance(built, BuiltCandidate), built
    assert built.reward.weights == written.weights
    report, _ = report_on(built, bank)
    assert not report.failures
    assert report.meets
    assert report.rank["stand"] > 3
