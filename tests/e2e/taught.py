"""Tasks for browser tests, made without waiting for a training."""

from __future__ import annotations

import httpx

from tests.e2e.stack import Site


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
