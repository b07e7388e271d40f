"""Tasks for browser tests, made without waiting for a training."""

from __future__ import annotations

import time
from functools import cache

import httpx

from tests.e2e.stack import Site


@cache
def taught(site: Site, robot: str, prompt: str) -> dict[str, str]:
    """A training by commands alone, done: ids of its `task`, `job` and `model`.

    The same one for all who ask for the same; nobody changes it.
    """
    with httpx.Client(base_url=site.url, trust_env=False, timeout=60.0) as api:
        task = api.post("/api/tasks", json={"robot": robot, "prompt": prompt}).json()
        while task["state"] == "writing":
            task = api.get(f"/api/tasks/{task['id']}").json()
        order = {"candidate": 1, "tier": "command"}
        job = api.post(f"/api/tasks/{task['id']}/train", json=order).json()["jobs"][0]
        while job["state"] in ("queued", "running"):
            time.sleep(0.5)
            job = api.get(f"/api/jobs/{job['id']}").json()
        assert job["state"] == "succeeded", job["failure"]
        return {"task": task["id"], "job": job["id"], "model": job["model_id"]}


def cancelled_trainings(
    site: Site, *, candidates: int, cancel: bool, prompt: str = "walk forward"
) -> tuple[str, list[str]]:
    """A task's id and its trainings', one for each of the first candidates.

    Those that are not cancelled at once wait, or run: their models play the pretrained policy.
    """
    with httpx.Client(base_url=site.url, trust_env=False, timeout=60.0) as api:
        task = api.post("/api/tasks", json={"robot": "go1", "prompt": prompt}).json()
        while task["state"] == "writing":
            task = api.get(f"/api/tasks/{task['id']}").json()
        jobs = []
        for n in range(1, candidates + 1):
            started = api.post(f"/api/tasks/{task['id']}/train", json={"candidate": n}).json()
            jobs.append(str(started["jobs"][0]["id"]))
        if cancel:
            for job in jobs:
                api.post(f"/api/jobs/{job}/cancel")
        return str(task["id"]), jobs
