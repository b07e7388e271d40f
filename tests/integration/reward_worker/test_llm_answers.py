"""Answers that are odd rather than wrong, and servers that are, through litellm itself."""

from __future__ import annotations

import gzip
import json
import warnings
import zlib
from collections.abc import Iterator

import pytest

from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import get_robot
from tabrl_reward_worker.building import CandidateBuilder
from tabrl_reward_worker.generation import GenerationResult, NoRewardError
from tabrl_reward_worker.llm import LlmGenerator, LlmOptions
from tabrl_reward_worker.llm.client import hush
from tabrl_reward_worker.llm.conversation import Clock
from tabrl_reward_worker.llm.schema import LlmCandidate
from tests.support.generators import FakeRewardBuilder, candidate
from tests.support.servers.llm import Answer, Given, LlmStub, llm_stub

GO1 = get_robot("go1")
CATALOGUE = catalogue_of(GO1)
CODE = 'WEIGHTS = {"good": 1.0}\n\n\ndef reward(state, action):\n    return {"good": 1.0}\n'
GOOD = json.dumps(candidate(CODE, name="Good"))
TOKENS = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


def body(message: dict[str, object], usage: object = TOKENS, finish: str = "stop") -> bytes:
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": None} | message,
    }
    kind = {"id": "c", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini"}
    return json.dumps(kind | {"choices": [choice], "usage": usage}).encode()


def called(arguments: object) -> dict[str, object]:
    return {"id": "t", "type": "function", "function": {"name": "write", "arguments": arguments}}


def packed(how: str, data: bytes) -> Answer:
    return Answer(body=data, headers={"Content-Encoding": how})


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LlmStub]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    with llm_stub() as server:
        yield server


def generate(stub: LlmStub, *answers: Given) -> GenerationResult:
    stub.answers = list(answers)
    options = LlmOptions("openai/gpt-4o-mini", api_base=stub.url, timeout_s=30.0)
    patient = Clock(sleep=lambda _: None)
    return LlmGenerator(options, CandidateBuilder(FakeRewardBuilder()), clock=patient).generate(
        "trot", GO1
    )


@pytest.mark.parametrize(
    "code",
    [
        f"```python\n{CODE}```",
        f"\n```\n{CODE}\n```\n",
        f"\ufeff{CODE}",
        CODE.replace("\n", "\r\n"),
        "".join(f"    {line}" for line in CODE.splitlines(keepends=True)),
        CODE.replace("    ", "\u00a0   "),
    ],
    ids=[
        "fenced",
        "fenced without a language",
        "byte order mark",
        "CRLF",
        "indented",
        "hard space",
    ],
)
def test_code_is_taken_without_what_copying_adds(code: str) -> None:
    taken = LlmCandidate.model_validate(candidate(code, name="Good")).to_candidate(CATALOGUE).code
    assert taken.rstrip() == CODE.rstrip()


def test_weights_that_the_code_does_not_repeat_are_added_below_it() -> None:
    bare = CODE.split("\n", 1)[1]
    given = candidate(bare, name="Good", weights=[{"term": "good", "weight": -2.5}])
    written = LlmCandidate.model_validate(given).to_candidate(CATALOGUE)
    assert written.code == f"{bare.rstrip()}\n\n\nWEIGHTS = {{'good': -2.5}}\n"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=body({"tool_calls": [called(GOOD)]}, finish="tool_calls")),
        Answer(body=body({"tool_calls": [called(json.loads(GOOD))]}, finish="tool_calls")),
        Answer(body=body({"content": "I call write.", "tool_calls": [called(GOOD)]})),
        Answer(body=body({"function_call": called(GOOD)["function"]}, finish="function_call")),
        packed("gzip", gzip.compress(body({"content": GOOD}))),
        packed("deflate", zlib.compress(body({"content": GOOD}))),
    ],
    ids=[
        "tool call",
        "tool call with an object",
        "words and a tool call",
        "function call",
        "gzip",
        "deflate",
    ],
)
def test_it_is_read_all_the_same(stub: LlmStub, answer: Answer) -> None:
    result = generate(stub, answer)
    assert (len(result.candidates), len(stub.requests)) == (3, 4)
    assert result.usage is not None
    assert (result.usage.prompt_tokens, result.usage.completion_tokens) == (400, 40)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(None, reasoning=GOOD),
        Answer("", reasoning=f"Let me see.\n\n{GOOD}"),
        Answer(" \n", reasoning=f"First {json.dumps(candidate('bad'))}; better:\n{GOOD}"),
        Answer(f"Perhaps {json.dumps(candidate('bad'))}?</think>\n{GOOD}"),
        Answer(f"<think>{json.dumps(candidate('bad'))}</think>\n{GOOD}"),
        Answer(f"<think>{GOOD}</think>"),
        Answer(GOOD, reasoning=json.dumps(candidate("bad"))),
        Answer(body=body({"reasoning": GOOD})),
    ],
)
def test_an_answer_is_told_from_the_thoughts_before_it(stub: LlmStub, answer: Answer) -> None:
    result = generate(stub, answer)
    assert (len(result.candidates), len(stub.requests)) == (3, 4)
    assert result.candidates[0].candidate.code == CODE


def test_thoughts_that_were_cut_off_hold_no_answer(stub: LlmStub) -> None:
    cut = Answer("", reasoning=json.dumps(candidate("bad")), finish="length")
    assert len(generate(stub, cut, cut, cut, GOOD).candidates) == 3
    assert len(stub.requests) == 7
    repairs = [request["messages"][-1]["content"] for request in stub.requests[-3:]]
    assert all("shorter" in repair for repair in repairs)


MOTIONS = [
    {
        "name": name,
        "idea": "Straight on",
        "motion": {
            "phases": [{"targets": [{"quantity": "Forward_speed", "shape": f"{speed} m/s"}]}]
        },
    }
    for name, speed in (("Stroll", 0.3), ("Brisk", 0.8))
]
DRAFT = json.dumps({"motions": [MOTIONS[0] | {"name": "Draft"}]})
SAID = json.dumps({"motions": MOTIONS})


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        ([Answer(f"<think>Perhaps {DRAFT}", finish="length"), SAID], ["Stroll", "Brisk"]),
        ([Answer(f"Perhaps {DRAFT}? Or rather", finish="length"), SAID], ["Stroll", "Brisk"]),
        ([f'{DRAFT} No: {{"motions": [', SAID], ["Stroll", "Brisk"]),
        ([f"analysis{DRAFT}assistantfinal{SAID}"], ["Stroll", "Brisk"]),
        (["I'm sorry, but I can't.", SAID], ["Stroll", "Brisk"]),
        ([Answer(""), SAID], ["Stroll", "Brisk"]),
        ([json.dumps(SAID)], ["Stroll", "Brisk"]),
        (
            [Answer(body=body({"tool_calls": [called(json.dumps(one)) for one in MOTIONS]}))],
            ["Stroll", "Brisk"],
        ),
        ([422, SAID], ["Stroll", "Brisk"]),
        (
            [json.dumps({"motions": [MOTIONS[0] | {"speed": 3}, MOTIONS[1]]}), SAID],
            ["Stroll", "Brisk"],
        ),
    ],
)
def test_motions_are_read_or_asked_for_once_more(
    stub: LlmStub, answers: list[Given], names: list[str]
) -> None:
    stub.by_style = {"motion": answers}
    asked = len(answers)
    result = generate(stub, GOOD)
    assert [built.candidate.name for built in result.candidates] == names
    assert len(stub.requests) == asked
    motion = result.candidates[0].candidate.motion
    assert motion is not None
    assert motion.phases[0].targets[0].shape.model_dump() == {"kind": "constant", "value": 0.3}


def test_a_local_server_needs_no_key_whatever_other_keys_there_are(
    stub: LlmStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("SOMEBODY_ELSES_API_KEY", "sk-other")
    stub.by_style = {"motion": [SAID]}
    assert len(generate(stub, GOOD).candidates) == 2


@pytest.mark.parametrize("count", [-100, 10**15, None])
def test_a_count_of_tokens_that_is_none_has_no_price(stub: LlmStub, count: int | None) -> None:
    usage = TOKENS | {"prompt_tokens": count}
    result = generate(stub, Answer(body=body({"content": GOOD}, usage)))
    assert len(result.candidates) == 3
    assert result.usage is not None
    assert (result.usage.prompt_tokens, result.usage.cost_usd) == (100, None)  # for motions


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer("I can", finish="content_filter"), "llm_declined", "refused"),
        (Answer(status=402), "llm_unavailable", "rejects the request"),
        (packed("gzip", gzip.compress(b" " * 50_000_000)), "llm_unavailable", "no usable answer"),
        (packed("br", b"abc"), "llm_unavailable", "no usable answer"),
        (Answer(status=307, headers={"Location": "/v1/elsewhere"}), "llm_unavailable", "usable"),
        (Answer(body=b"null"), "llm_unavailable", "server fails"),
    ],
    ids=["filtered half-way", "no money", "a bomb", "unknown packing", "elsewhere", "null"],
)
def test_one_message_says_what_became_of_it(
    stub: LlmStub, answer: Answer, code: str, words: str
) -> None:
    with pytest.raises(NoRewardError) as error:
        generate(stub, answer)
    assert error.value.code == code
    assert words in error.value.message
    assert error.value.usage is not None
    assert error.value.usage.calls == len(stub.requests)


def test_a_long_answer_does_not_go_back_in_full(stub: LlmStub) -> None:
    generate(stub, "Dear me! " * 100_000, GOOD, GOOD, GOOD)
    (echo,) = [
        message["content"]
        for request in stub.requests
        for message in request["messages"]
        if message["role"] == "assistant"
    ]
    assert len(echo) == 30_000


def test_what_an_answer_holds_is_not_printed(stub: LlmStub) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        hush()
        with pytest.raises(NoRewardError):
            generate(stub, Answer(body=body({"content": {"code": CODE}})))
    assert not [one for one in said if "WEIGHTS" in str(one.message)]
