"""What one person may use: requests, jobs, stored models and money, each told as a problem."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tabrl.domain.errors import LimitReached
from tabrl.domain.quotas import Holdings, Quota
from tabrl.domain.tasks import LlmUsage
from tests.support.house import BODIES, House
from tests.unit.api.test_problems import check_problem


def limited(response: Any, limit: str) -> dict[str, Any]:
    problem = check_problem(response, 429, f"limit_{limit}")
    assert problem["limit"] == limit
    assert int(response.headers["retry-after"]) >= 1
    return problem


def test_requests_a_minute(tmp_path: Path) -> None:
    house = House(tmp_path, limit_requests=8)
    answers = [house.bob.get("/api/me") for _ in range(20)]
    assert [answer.status_code for answer in answers[:8]] == [200] * 8
    # A minute slides on while they are sent, so it need not be the ninth.
    limited(next(answer for answer in answers[8:] if answer.status_code != 200), "requests")
    assert house.ada.get("/api/me").status_code == 200  # somebody else's limit


def test_jobs_that_wait_or_run(tmp_path: Path) -> None:
    house = House(tmp_path, limit_jobs=2)  # ada's training waits
    post = {"json": BODIES["createTask"], "headers": {"Idempotency-Key": "second"}}
    assert house.ada.post("/api/tasks", **post).status_code == 202
    limited(house.ada.post("/api/tasks", json=BODIES["createTask"]), "jobs")
    train = f"/api/tasks/{house.ids['task_id']}/train"
    limited(house.ada.post(train, json={"candidate": "all"}), "jobs")
    revise = f"/api/tasks/{house.ids['task_id']}/candidates"
    limited(house.ada.post(revise, json=BODIES["reviseCandidate"]), "jobs")
    assert house.ada.post("/api/tasks", **post).status_code == 202  # the same request again
    assert house.bob.post("/api/tasks", json=BODIES["createTask"]).status_code == 202
    house.gateway.finish(house.ids["job_id"])
    assert house.ada.post(train, json={"candidate": 1}).status_code == 202


def test_stored_models(tmp_path: Path) -> None:
    house = House(tmp_path, limit_models=1)
    train = f"/api/tasks/{house.ids['task_id']}/train"
    limited(house.ada.post(train, json={"candidate": 1}), "models")
    house.gateway.finish(house.ids["job_id"])  # without parameters: nothing is stored
    assert house.ada.post(train, json={"candidate": 1}).status_code == 202


def test_money_a_day(tmp_path: Path) -> None:
    house = House(tmp_path, limit_llm_usd=0.5)
    tasks = house.gateway.context.tasks
    usage = LlmUsage(model="m", prompt_version="1", cost_usd=0.6)
    tasks._db.tasks[house.ids["task_id"]] = tasks.get(house.ids["task_id"]).model_copy(  # type: ignore[attr-defined]
        update={"usage": usage}
    )
    problem = limited(house.ada.post("/api/tasks", json=BODIES["createTask"]), "llm_usd")
    assert "0.60 of 0.50" in problem["detail"]
    assert house.bob.post("/api/tasks", json=BODIES["createTask"]).status_code == 202


def test_the_day_ends_at_midnight() -> None:
    evening = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    quota, held = Quota(llm_usd_per_day=1.0), Holdings(llm_usd=1.0)
    with pytest.raises(LimitReached) as refused:
        quota.check(held, evening, jobs=1, writes=True)
    assert refused.value.retry_after_s == timedelta(hours=1).total_seconds()
    quota.check(held, evening, jobs=1, writes=False)
