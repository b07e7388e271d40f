"""Tiers at the gateway: what may be asked for, what it will take, going on from a result."""

from __future__ import annotations

from typing import Any

import pytest

from tabrl.contracts.tiers import EvaluationPoint, Tier
from tabrl.contracts.training import FIRST_VERSION, SPEC_VERSION, ProgressSummary, TrainBudget
from tabrl.domain.jobs import JobState
from tabrl.domain.models import Model
from tests.support.factories import train_result
from tests.support.gateway import Gateway

POINT = EvaluationPoint(
    minutes=1.0, update=7, samples=900, reward=0.5, reward_ci95=0.1, fall_rate=0.0,
    checks={"speed": None}, passed=0, best=True,
)  # fmt: skip


def trained(gateway: Gateway, tier: str = "command") -> tuple[dict[str, Any], Model]:
    """An ended training that has published, and its model."""
    url = f"/api/tasks/{gateway.ready_task()}/train"
    (view,) = gateway.http.post(url, json={"candidate": 1, "tier": tier}).json()["jobs"]
    job = gateway.context.jobs.claim(view["id"], 15, 3)
    assert job is not None
    model = gateway.context.models.publish(
        view["model_id"], fence=job.fence, params_key="params/x/1", params_sha256="c" * 64, step=7
    )
    result = train_result().model_copy(update={"tier": Tier(tier), "history": (POINT,)})
    gateway.context.jobs.finish(job.id, job.fence, JobState.SUCCEEDED, result=result)
    return view, model


def go_on(gateway: Gateway, job_id: str, **body: Any) -> Any:
    return gateway.http.post(f"/api/jobs/{job_id}/keep-going", json=body)


@pytest.mark.parametrize(
    ("asked", "tier", "minutes", "version"),
    [
        ({}, Tier.FINE_TUNE, None, FIRST_VERSION),
        ({"tier": "command"}, Tier.COMMAND, None, SPEC_VERSION),
        ({"tier": "full"}, Tier.FULL, 10, SPEC_VERSION),
        ({"tier": "full", "minutes": 45}, Tier.FULL, 45, SPEC_VERSION),
    ],
)
def test_a_training_has_the_budget_of_its_tier(
    gateway: Gateway, asked: dict[str, Any], tier: Tier, minutes: int | None, version: int
) -> None:
    url = f"/api/tasks/{gateway.ready_task()}/train"
    answer = gateway.http.post(url, json={"candidate": 1, **asked})
    assert answer.status_code == 202, answer.text
    (view,) = answer.json()["jobs"]
    job = gateway.context.jobs.get(view["id"])
    assert job.spec is not None
    assert (job.spec.tier, job.spec_version) == (tier, version)
    assert job.spec.budget == TrainBudget.of(tier, minutes)
    assert view["tier"] == tier
    assert view["minutes"] == round(job.spec.budget.seconds / 60.0, 2)
    assert job.deadline_s is not None
    assert job.deadline_s >= 3.0 * job.spec.budget.seconds
    # Trainers of the version before read what they always did.
    assert ("tier" in job.spec.model_dump()) is (version == SPEC_VERSION)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"tier": "fine-tune", "minutes": 10}, 422, "minutes_for_tier"),
        ({"tier": "full", "minutes": 4}, 422, "validation"),
        ({"tier": "full", "minutes": 61}, 422, "validation"),
        ({"tier": "eternal"}, 422, "validation"),
    ],
)
def test_what_no_tier_takes_is_refused(
    gateway: Gateway, asked: dict[str, Any], status: int, code: str
) -> None:
    url = f"/api/tasks/{gateway.ready_task()}/train"
    answer = gateway.http.post(url, json={"candidate": 1, **asked})
    assert answer.status_code == status
    if code != "validation":
        assert answer.json()["code"] == code


def test_a_robot_without_a_pretrained_policy_learns_by_minutes_alone(gateway: Gateway) -> None:
    gateway.context.blobs.delete([Model.base_params_key("toy")])
    body = {"robot": "toy", "prompt": "stand"}
    for asked in ({}, {"tier": "fine-tune"}):
        refused = gateway.http.post("/api/tasks", json=body | asked)
        assert (refused.status_code, refused.json()["code"]) == (409, "robot_not_trained")
        assert "--tier full" in refused.json()["hint"]
    assert gateway.http.post("/api/tasks", json=body | {"tier": "full"}).status_code == 202
    gateway.context.blobs.put(Model.base_params_key("toy"), b"policy")
    url = f"/api/tasks/{gateway.ready_task()}/train"
    gateway.context.blobs.delete([Model.base_params_key("toy")])
    assert gateway.http.post(url, json={"candidate": 1}).json()["code"] == "robot_not_trained"
    full = gateway.http.post(url, json={"candidate": 1, "tier": "full"})
    assert full.status_code == 202


def test_a_quote_tells_every_tier(gateway: Gateway) -> None:
    quote = gateway.http.get("/api/robots/toy/quote?tier=full&minutes=30").json()
    assert [(one["tier"], one["minutes"]) for one in quote["tiers"]] == [
        ("command", None), ("fine-tune", None), ("full", 30),
    ]  # fmt: skip
    assert quote["training"]["seconds"] == quote["tiers"][2]["seconds"] == 1805.0
    for _ in range(3):
        trained(gateway, "command")
    told = gateway.http.get("/api/robots/toy/quote").json()
    assert [one["measured_on"] for one in told["tiers"]] == [3, 0, 0]
    assert gateway.http.get("/api/robots/toy/quote?tier=full&minutes=90").status_code == 422


def test_a_wait_behind_an_hour_is_told(gateway: Gateway) -> None:
    url = f"/api/tasks/{gateway.ready_task()}/train"
    gateway.http.post(url, json={"candidate": 1, "tier": "full", "minutes": 60})
    (behind,) = gateway.http.post(url, json={"candidate": 1}).json()["jobs"]
    assert behind["starts_in_s"] == 3605.0
    quote = gateway.http.get("/api/robots/toy/quote").json()
    assert quote["training"]["starts_in_s"] == 3674.0


def test_going_on_begins_with_what_was_delivered(gateway: Gateway) -> None:
    view, model = trained(gateway)
    answer = go_on(gateway, view["id"])
    assert answer.status_code == 202, answer.text
    following = answer.json()
    assert (following["tier"], following["continues"]) == ("fine-tune", view["id"])
    assert following["history"] == [POINT.model_dump()]
    assert (following["task_id"], following["candidate"]) == (view["task_id"], 1)
    job = gateway.context.jobs.get(following["id"])
    earlier = gateway.context.jobs.get(view["id"])
    assert job.spec is not None
    assert earlier.spec is not None
    assert job.spec.origin is not None
    assert job.spec.origin.params_sha256 == model.params_sha256
    assert job.spec.origin.samples == 1000
    assert job.spec.artifact_sha256 == earlier.spec.artifact_sha256
    assert job.spec_version == SPEC_VERSION
    # What it begins with can be driven while it waits.
    assert gateway.context.models.get(following["model_id"]).params_key == model.params_key
    minutes = go_on(gateway, view["id"], minutes=20).json()
    assert (minutes["tier"], minutes["minutes"]) == ("full", 20.0)


def test_going_on_again_adds_to_one_curve(gateway: Gateway) -> None:
    view, _ = trained(gateway)
    following = go_on(gateway, view["id"]).json()
    job = gateway.context.jobs.claim(following["id"], 15, 3)
    assert job is not None
    gateway.context.models.publish(
        following["model_id"], fence=job.fence, params_key="params/y/1", params_sha256="d" * 64,
        step=9,
    )  # fmt: skip
    own = POINT.model_copy(update={"minutes": 3.0, "update": 40})
    far = ProgressSummary(
        update=41, samples=500, samples_per_s=5.0, reward=0.5, elapsed_s=999.0, eta_s=8.0,
        learnt_s=90.0, history=(own,),
    )  # fmt: skip
    gateway.context.jobs.heartbeat(job.id, job.fence, 15, progress=far)
    gateway.http.post(f"/api/jobs/{job.id}/cancel")
    gateway.context.jobs.finish(job.id, job.fence, JobState.CANCELLED)
    cancelled = gateway.http.get(f"/api/jobs/{job.id}").json()
    assert cancelled["history"] == [POINT.model_dump(), own.model_dump()]
    third = go_on(gateway, job.id).json()  # what a cancelled training has reached is kept
    assert (third["tier"], third["continues"]) == ("full", job.id)
    assert third["history"] == cancelled["history"]
    spec, before = gateway.context.jobs.get(third["id"]).spec, job.spec
    assert spec is not None
    assert spec.origin is not None
    assert before is not None
    assert before.origin is not None
    assert spec.origin.minutes == before.origin.minutes + 1.5
    assert spec.origin.samples == before.origin.samples + 500


def test_what_cannot_be_gone_on_with_is_told(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    assert go_on(gateway, job["id"]).json()["code"] == "still_training"
    gateway.finish(job["id"])
    assert go_on(gateway, job["id"]).json()["code"] == "nothing_to_go_on_from"
    writing = gateway.http.get(f"/api/tasks/{job['task_id']}").json()["job_id"]
    assert go_on(gateway, writing).json()["code"] == "not_a_training"
    assert go_on(gateway, "job_nobody").status_code == 404
    view, _ = trained(gateway)
    refused = go_on(gateway, view["id"], tier="command", minutes=5)
    assert refused.json()["code"] == "minutes_for_tier"
