"""Limits of talking to language models: retries, fallbacks, formats of answers, deadlines."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tabrl_reward_worker.llm import LlmOptions
from tabrl_reward_worker.llm.conversation import Clock, Conversation, UsageMeter
from tabrl_reward_worker.llm.provider import CallFailedError, CallFailure, Question, ResponseFormat
from tests.support.generators import Given, Model

HELLO = [{"role": "user", "content": "hello"}]
OK = {"name": "fine"}


@dataclass
class Time:
    """A clock that moves when somebody waits."""

    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def talk(
    model: Model, time: Time, usage_meter: UsageMeter | None = None, **options: object
) -> Conversation:
    settings = LlmOptions("openai/a", ("openai/b",), **options)  # type: ignore[arg-type]
    usage_meter = usage_meter or UsageMeter()
    deadline = time.now + settings.deadline_s
    return Conversation(settings, model, {}, usage_meter, deadline, time.clock())


def asked(model: Model) -> list[tuple[str, ResponseFormat]]:
    return [(question.model, question.response_format) for question in model.asked[""]]


def test_a_good_answer_needs_one_call() -> None:
    model, usage_meter = Model(OK), UsageMeter()
    assert talk(model, Time(), usage_meter).ask(HELLO).text == '{"name": "fine"}'
    assert asked(model) == [("openai/a", ResponseFormat.SCHEMA)]
    assert usage_meter.usage(["openai/a"], "1", 2.0).calls == 1


@pytest.mark.parametrize(
    "failure", [CallFailure.RATE_LIMIT, CallFailure.SERVER, CallFailure.UNREACHABLE]
)
def test_what_may_pass_is_asked_again_after_a_pause(failure: CallFailure) -> None:
    model, time = Model(failure, failure, OK), Time()
    talk(model, time).ask(HELLO)
    assert [name for name, _ in asked(model)] == ["openai/a"] * 3
    assert time.pauses == [0.5, 1.0]


def test_the_server_says_how_long_to_wait() -> None:
    model, time = Model(CallFailedError(CallFailure.RATE_LIMIT, 7.0), OK), Time()
    talk(model, time).ask(HELLO)
    assert time.pauses == [7.0]


def test_nobody_waits_for_an_hour() -> None:
    model, time = Model(CallFailedError(CallFailure.RATE_LIMIT, 3600.0), OK), Time()
    talk(model, time).ask(HELLO)
    assert time.pauses == []
    assert [name for name, _ in asked(model)] == ["openai/a", "openai/b"]


def test_nobody_waits_past_the_deadline() -> None:
    model, time = Model(CallFailedError(CallFailure.RATE_LIMIT, 10.0)), Time()
    with pytest.raises(CallFailedError):
        talk(model, time, deadline_s=8.0).ask(HELLO)
    assert time.pauses == []


@pytest.mark.parametrize(
    "failure", [CallFailure.KEY, CallFailure.TIMEOUT, CallFailure.UNKNOWN_MODEL]
)
def test_what_will_not_pass_goes_to_the_next_model_for_good(failure: CallFailure) -> None:
    model, time = Model(failure, OK), Time()
    conversation = talk(model, time)
    conversation.ask(HELLO)
    conversation.ask(HELLO)
    assert [name for name, _ in asked(model)] == ["openai/a", "openai/b", "openai/b"]
    assert time.pauses == []


def test_the_last_models_failure_is_told() -> None:
    model = Model(CallFailure.KEY, CallFailure.UNKNOWN_MODEL)
    with pytest.raises(CallFailedError) as error:
        talk(model, Time()).ask(HELLO)
    assert error.value.failure is CallFailure.UNKNOWN_MODEL


def test_a_format_that_is_rejected_falls_back() -> None:
    model = Model(CallFailure.REJECTED, CallFailure.REJECTED, OK)
    conversation = talk(model, Time())
    conversation.ask(HELLO)
    conversation.ask(HELLO)
    forms = [form for _, form in asked(model)]
    assert forms == [
        ResponseFormat.SCHEMA,
        ResponseFormat.JSON,
        ResponseFormat.TEXT,
        ResponseFormat.TEXT,
    ]


@pytest.mark.parametrize(
    ("failures", "forms", "pauses"),
    [
        (1, "schema schema", [0.5]),  # a failure that passed
        (2, "schema schema json", [0.5, 1.0]),
        (3, "schema schema json text", [0.5, 1.0, 2.0]),
    ],
)
def test_a_server_that_fails_again_is_asked_for_a_fallback_format(
    failures: int, forms: str, pauses: list[float]
) -> None:
    model, time = Model(*[CallFailure.SERVER] * failures, OK), Time()
    conversation = talk(model, time)
    assert conversation.ask(HELLO).text == '{"name": "fine"}'
    assert [form for _, form in asked(model)] == forms.split()
    assert time.pauses == pauses
    conversation.ask(HELLO)
    assert asked(model)[-1] == asked(model)[-2], "it is remembered"


def test_a_server_that_fails_without_a_format_too_is_left() -> None:
    model, time = Model(*[CallFailure.SERVER] * 4, OK), Time()
    talk(model, time).ask(HELLO)
    assert [name for name, _ in asked(model)] == ["openai/a"] * 4 + ["openai/b"]
    assert asked(model)[-1] == ("openai/b", ResponseFormat.SCHEMA)


def test_a_server_that_rests_between_failures_is_asked_the_same() -> None:
    model = Model(CallFailure.SERVER, CallFailure.RATE_LIMIT, OK)
    talk(model, Time()).ask(HELLO)
    assert {form for _, form in asked(model)} == {ResponseFormat.SCHEMA}


def test_conversations_of_one_writing_share_what_a_model_takes() -> None:
    model, time, formats = Model(CallFailure.REJECTED, OK), Time(), dict[str, ResponseFormat]()
    for _ in range(2):
        deadline = time.now + 100.0
        options = LlmOptions("openai/a")
        Conversation(options, model, {}, UsageMeter(), deadline, time.clock(), formats=formats).ask(
            HELLO
        )
    assert [form for _, form in asked(model)] == ["schema", "json", "json"]


def test_the_next_model_begins_with_the_strictest_format() -> None:
    rejects: list[Given] = [CallFailure.REJECTED] * 3
    model = Model(*rejects, OK)
    talk(model, Time()).ask(HELLO)
    assert asked(model)[-1] == ("openai/b", ResponseFormat.SCHEMA)


def test_a_call_gets_what_is_left_of_the_deadline() -> None:
    model, time = Model(OK), Time()
    conversation = talk(model, time, deadline_s=90.0)
    conversation.ask(HELLO)
    time.now += 70.0
    conversation.ask(HELLO)
    assert [question.timeout_s for question in model.asked[""]] == [60.0, 20.0]


def test_after_the_deadline_nobody_is_asked() -> None:
    model, time, usage_meter = Model(OK), Time(), UsageMeter()
    conversation = talk(model, time, usage_meter)
    time.now += 150.0
    with pytest.raises(CallFailedError) as error:
        conversation.ask(HELLO)
    assert error.value.failure is CallFailure.TIMEOUT
    assert usage_meter.calls == 0


def test_the_usage_counts_what_was_sent_and_names_who_answered() -> None:
    model, usage_meter = Model(CallFailure.KEY, OK), UsageMeter()
    conversation = talk(model, Time(), usage_meter)
    conversation.ask(HELLO)
    usage = usage_meter.usage(["openai/a", "openai/b"], "3", 1.23456)
    assert (usage.model, usage.calls, usage.seconds) == ("openai/b", 2, 1.235)
    assert (usage.prompt_tokens, usage.completion_tokens) == (100, 10)
    assert usage.cost_usd == pytest.approx(0.001)


def test_a_usage_without_an_answer_has_no_price() -> None:
    model, usage_meter = Model(CallFailure.KEY), UsageMeter()
    with pytest.raises(CallFailedError):
        talk(model, Time(), usage_meter).ask(HELLO)
    usage = usage_meter.usage(["openai/a", "openai/b"], "3", 0.0)
    assert (usage.model, usage.calls, usage.cost_usd) == ("openai/a", 2, None)


def test_the_question_is_what_was_said() -> None:
    model = Model(OK)
    talk(model, Time()).ask(HELLO)
    assert model.asked[""] == [Question("openai/a", tuple(HELLO), ResponseFormat.SCHEMA, 60.0)]
