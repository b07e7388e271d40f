"""The transition table and the changes a job can go through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tabrl.contracts.training import Reweighting, TrainingRecord
from tabrl.domain.errors import Conflict, Invalid
from tabrl.domain.ids import new_job_id, new_model_id, new_task_id
from tabrl.domain.jobs import ATTEMPTS_EXHAUSTED, LEASED, TERMINAL, TRANSITIONS, Job, JobState
from tabrl.domain.tasks import TaskState
from tests.support.factories import train_result, training, writing

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def job() -> Job:
    return training(NOW)[0]


def in_state(job: Job, state: JobState) -> Job:
    return job.model_copy(update={"state": state, "fence": 1, "attempt": 1})


def test_table_names_every_state_and_only_ends_are_terminal() -> None:
    assert set(TRANSITIONS) == set(JobState)
    assert {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED} == TERMINAL
    assert {JobState.RUNNING, JobState.CANCELLING} == LEASED


@pytest.mark.parametrize("source", JobState)
@pytest.mark.parametrize("target", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED])
def test_finishing_follows_the_table(job: Job, source: JobState, target: JobState) -> None:
    before = in_state(job, source)
    if target in TRANSITIONS[source]:
        after = before.finished(target, NOW)
        assert (after.state, after.finished_at, after.lease_until) == (target, NOW, None)
    else:
        with pytest.raises(Conflict) as refused:
            before.finished(target, NOW)
        assert refused.value.code == "transition_not_allowed"


@pytest.mark.parametrize("state", JobState)
def test_claiming_follows_the_table(job: Job, state: JobState) -> None:
    leased = in_state(job, state).model_copy(update={"lease_until": NOW + timedelta(seconds=1)})
    assert leased.claimable(NOW) == (state is JobState.QUEUED)
    late = NOW + timedelta(seconds=2)
    assert leased.claimable(late) == (state in (JobState.QUEUED, JobState.RUNNING))


def test_claim_counts_fence_and_attempt_and_keeps_the_first_start(job: Job) -> None:
    first = job.claimed(NOW, 15, 3)
    second = first.claimed(NOW + timedelta(seconds=20), 15, 3)
    assert (second.fence, second.attempt, second.started_at) == (2, 2, NOW)
    assert second.lease_until == NOW + timedelta(seconds=35)


def test_only_silence_uses_up_an_attempt(job: Job) -> None:
    running = job.claimed(NOW, 15, 3)
    assert running.released(NOW, attempt_counts=False).attempt == 0
    assert running.released(NOW, attempt_counts=True).attempt == 1
    assert running.released(NOW, attempt_counts=True).fence == 1


def test_cancel_ends_a_waiting_job_and_asks_a_running_one(job: Job) -> None:
    assert job.cancel_requested(NOW).state is JobState.CANCELLED
    cancelling = job.claimed(NOW, 15, 3).cancel_requested(NOW)
    assert cancelling.state is JobState.CANCELLING
    assert cancelling.cancel_requested(NOW) == cancelling
    done = cancelling.finished(JobState.SUCCEEDED, NOW, result=train_result())
    with pytest.raises(Conflict) as refused:
        done.cancel_requested(NOW)
    assert refused.value.code == "job_finished"
    assert "succeeded" in refused.value.message
    with pytest.raises(Conflict) as unchangeable:
        done.weights_requested({"forward": 2.0})
    assert str(unchangeable.value) == str(refused.value)
    assert unchangeable.value.hint == refused.value.hint


def test_attempts_are_capped(job: Job) -> None:
    worn = job.claimed(NOW, 15, 1).claimed(NOW, 15, 1)
    assert (worn.state, worn.attempt, worn.failure) == (JobState.FAILED, 1, ATTEMPTS_EXHAUSTED)
    assert (worn.finished_at, worn.lease_until) == (NOW, None)


@pytest.mark.parametrize("state", JobState)
def test_only_the_fence_of_the_lease_may_write(job: Job, state: JobState) -> None:
    leased = in_state(job, state)
    assert leased.leased_under(1) == (state in LEASED)
    assert not leased.leased_under(2)


def test_a_lease_is_renewed_and_lapses(job: Job) -> None:
    running = job.claimed(NOW, 15, 3)
    later = NOW + timedelta(seconds=10)
    renewed = running.lease_renewed(later, 15)
    assert renewed == running.model_copy(update={"lease_until": later + timedelta(seconds=15)})
    assert running.lease_lapsed(NOW + timedelta(seconds=16))
    assert not renewed.lease_lapsed(NOW + timedelta(seconds=16))
    assert not job.lease_lapsed(later)


def test_a_silent_holder_loses_the_job(job: Job) -> None:
    running = job.claimed(NOW, 15, 3)
    waiting = running.expired(NOW, 3)
    assert (waiting.state, waiting.attempt, waiting.enqueued_at) == (JobState.QUEUED, 1, None)
    assert running.expired(NOW, 1).failure == ATTEMPTS_EXHAUSTED
    cancelling = running.cancel_requested(NOW)
    assert cancelling.expired(NOW, 1).state is JobState.CANCELLED


def test_a_message_is_lost_that_was_never_sent_or_too_long_ago(job: Job) -> None:
    grace, stale = timedelta(seconds=5), timedelta(seconds=600)

    def lost(job: Job, after: timedelta) -> bool:
        return job.message_lost(NOW + after, unsent_for=grace, sent_for=stale)

    assert not lost(job, timedelta(seconds=4))
    assert lost(job, grace)
    sent = job.enqueued(NOW)
    assert not lost(sent, grace)
    assert lost(sent, stale)
    assert not lost(sent.claimed(NOW, 15, 3), stale)


def test_requested_weights_are_merged_with_those_in_force(job: Job) -> None:
    twice = job.weights_requested({"forward": 2.0}).weights_requested({"forward": 3.0})
    assert twice.weights == {"forward": 3.0}
    with pytest.raises(Invalid) as unknown:
        job.weights_requested({"nothing": 1.0})
    assert unknown.value.code == "unknown_term"
    _, writer = writing(NOW)
    with pytest.raises(Invalid) as without:
        writer.weights_requested({})
    assert without.value.code == "not_a_training"


def test_a_results_weights_are_those_it_was_learnt_under(job: Job) -> None:
    assert job.spec is not None
    began, requested, late = job.spec.weights, {"forward": 2.0}, {"forward": 3.0}
    assert job.valid_weights == began
    asked = job.claimed(NOW, 15, 3).model_copy(update={"weights": late})
    assert asked.valid_weights == late
    queued, change = {"forward": 1.5}, (Reweighting(update=7, weights=requested),)
    for first, reweightings, weights in (
        ({}, (), began),
        (queued, (), queued),
        (queued, change, requested),
    ):
        schedule = TrainingRecord(
            seed=0, generations=(1,), updates=9, kept=8, weights=first, reweightings=reweightings
        )
        result = train_result().model_copy(update={"schedule": schedule})
        done = asked.finished(JobState.SUCCEEDED, NOW, result=result)
        assert done.valid_weights == weights
    old = asked.finished(JobState.SUCCEEDED, NOW, result=train_result())
    assert old.valid_weights == late, "without a schedule the request is all that is known"


@pytest.mark.parametrize(
    ("job_state", "task_state"),
    [
        (JobState.QUEUED, TaskState.WRITING),
        (JobState.RUNNING, TaskState.WRITING),
        (JobState.CANCELLING, TaskState.WRITING),
        (JobState.SUCCEEDED, TaskState.READY),
        (JobState.FAILED, TaskState.FAILED),
        (JobState.CANCELLED, TaskState.CANCELLED),
    ],
)
def test_a_task_stands_where_its_writing_stands(job_state: JobState, task_state: TaskState) -> None:
    assert TaskState.of(job_state) is task_state


def test_prompt_stays_out_of_representations() -> None:
    task, _ = writing(NOW, prompt="dance for me")
    assert "dance" not in repr(task)


def test_ids_carry_their_kind_and_differ() -> None:
    ids = {make() for make in (new_job_id, new_task_id, new_model_id) for _ in range(50)}
    assert len(ids) == 150
    for one in ids:
        prefix, _, rest = one.partition("_")
        assert prefix in {"job", "tsk", "mdl"}
        assert len(rest) == 16
        assert rest == rest.lower()
        assert rest.isalnum()
