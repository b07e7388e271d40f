"""Gateway and workers as processes: what dies is made good by what is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.servers.redis import RedisServer
from tests.support.workers.town import PATIENCE_S, Town


@pytest.fixture
def town(redis_server: RedisServer, tmp_path: Path) -> Iterator[Town]:
    """An empty town; everything in it dies with the test."""
    with ExitStack() as stack:
        yield Town(redis_server, tmp_path, stack)


def test_a_killed_workers_job_is_finished_by_the_next(town: Town) -> None:
    town.gateway()
    victim = town.worker(60)
    job_id = town.post()["job_id"]
    town.reaches(job_id, "running")
    town.tells(job_id, "fence 1")  # comes a moment after the state
    victim.kill()
    town.worker(0.2)
    town.reaches(job_id, "succeeded")
    assert town.job(job_id)["attempt"] == 2

    events = town.http.get(f"/api/jobs/{job_id}/events").text
    told = [events.index(part) for part in ("fence 1", "worker_lost", "fence 2", "succeeded")]
    assert told == sorted(told)


def test_shutdown_hands_over_and_restarts_lose_nothing(town: Town) -> None:
    gateway = town.gateway()
    leaving = town.worker(60)
    task = town.post("SECRET dance")
    waiting = town.post("SECRET song")
    town.reaches(task["job_id"], "running")
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(PATIENCE_S) == 0
    assert town.job(task["job_id"])["state"] == "queued"
    assert town.job(task["job_id"])["attempt"] == 0

    gateway.send_signal(signal.SIGTERM)
    gateway.wait(PATIENCE_S)
    town.gateway()
    assert town.http.get(f"/api/tasks/{task['id']}").json()["prompt"] == "SECRET dance"
    town.worker(0.2)
    for one in (task, waiting):
        town.reaches(one["job_id"], "succeeded")
        assert town.job(one["job_id"])["attempt"] == 1
    assert "SECRET" not in town.log()


def test_cancel_reaches_a_worker(town: Town) -> None:
    town.gateway()
    town.worker(60)
    job_id = town.post()["job_id"]
    town.reaches(job_id, "running")
    with town.http.stream("GET", f"/api/jobs/{job_id}/events") as events:
        cancelled = town.http.post(f"/api/jobs/{job_id}/cancel")
        assert cancelled.json()["state"] == "cancelling"
        text = "".join(events.iter_text())  # ends by itself
    assert '"state":"cancelled"' in text
    assert town.job(job_id)["state"] == "cancelled"


def test_a_gateway_without_redis_keeps_what_it_is_told(
    town: Town, redis_server: RedisServer
) -> None:
    town.gateway()
    redis_server.stop()
    try:
        job_id = town.post()["job_id"]
        assert town.job(job_id)["place_in_queue"] == 1
        assert town.http.get("/readyz").status_code == 503
    finally:
        redis_server.start()
    town.worker(0.2)
    town.reaches(job_id, "succeeded")
