"""Tiers in real databases: read from specifications, told apart, left alone by older trainers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import FIRST_VERSION, Origin, TrainBudget, TrainSpec
from tabrl.domain.errors import Conflict
from tabrl.domain.jobs import Job, JobKind, JobState
from tabrl.domain.models import Model
from tests.support.factories import train_result, training

if TYPE_CHECKING:
    from tests.integration.platform.conftest import Store

LEASE_S = 15.0


def add(store: Store, **changes: object) -> tuple[Job, Model]:
    """A training of a specification that differs from the plain one."""
    job, model = training(store.clock.now())
    assert job.spec is not None
    spec = TrainSpec.model_validate(job.spec.model_dump() | changes)
    job = job.model_copy(update={"spec": spec, "spec_version": spec.version})
    store.jobs.create_training([job], [model])
    return job, model


def finish(store: Store, job: Job, seconds: float) -> None:
    held = store.jobs.claim(job.id, LEASE_S, 3)
    assert held is not None
    store.clock.advance(seconds)
    assert store.jobs.finish(job.id, held.fence, JobState.SUCCEEDED, result=train_result())


def test_what_trainings_took_is_told_by_tier(store: Store) -> None:
    for tier, seconds in ((Tier.COMMAND, 5.0), (Tier.FINE_TUNE, 60.0), (Tier.FULL, 600.0)):
        finish(store, add(store, tier=tier)[0], seconds)

    def seconds_of(*tiers: Tier) -> list[float]:
        return [run.seconds for run in store.jobs.measured(JobKind.TRAIN, None, tiers)]

    assert seconds_of(Tier.COMMAND) == [5.0]
    assert seconds_of(Tier.FINE_TUNE) == [60.0]  # written as it was before there were tiers
    assert seconds_of(Tier.FINE_TUNE, Tier.FULL) == [600.0, 60.0]
    assert len(store.jobs.measured(JobKind.TRAIN)) == 3


def test_what_runs_and_waits_tells_its_tier_and_budget(store: Store) -> None:
    budget = TrainBudget.of(Tier.FULL, 10)
    add(store, tier=Tier.FULL, budget=budget.model_dump())
    add(store)
    add(store, tier=Tier.COMMAND)
    assert store.jobs.claim_next(JobKind.TRAIN, LEASE_S) is not None
    store.clock.advance(7.0)
    running, *waiting = store.jobs.underway(JobKind.TRAIN, 10)
    assert (running.running_for_s, running.tier, running.budget_s) == (7.0, Tier.FULL, 600.0)
    assert [(one.running_for_s, one.tier) for one in waiting] == [
        (None, Tier.FINE_TUNE), (None, Tier.COMMAND),
    ]  # fmt: skip
    assert len(store.jobs.underway(JobKind.TRAIN, 1)) == 2
    assert store.jobs.underway(JobKind.REWARD, 10) == []


def test_an_older_trainer_takes_the_minutes_it_knows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, _ = add(store, tier=Tier.FULL)
    plain, _ = add(store)
    for place in ("tabrl.adapters.sql.claims", "tests.twins.jobs"):
        monkeypatch.setattr(f"{place}.SPEC_VERSION", FIRST_VERSION)
    claimed = store.jobs.claim_next(JobKind.TRAIN, LEASE_S)
    assert claimed is not None
    assert claimed.id == plain.id
    assert store.jobs.claim_next(JobKind.TRAIN, LEASE_S) is None
    assert store.jobs.get(full.id).attempt == 0


def test_what_a_training_goes_on_from_is_not_deleted_beneath_it(store: Store) -> None:
    first, model = add(store)
    finish(store, first, 1.0)
    origin = Origin(job_id=first.id, params_key="params/x/1", params_sha256="c" * 64)
    following, _ = add(store, origin=origin.model_dump())
    with pytest.raises(Conflict) as refused:
        store.retention.delete_model(model.id)
    assert refused.value.code == "model_in_use"
    assert following.id in refused.value.hint
    store.jobs.request_cancel(following.id)
    store.retention.delete_model(model.id)
