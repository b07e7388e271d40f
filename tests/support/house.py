"""A gateway with a log-in and two people: what tests of owners and limits share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tabrl.contracts.events import EVENT, StateEvent
from tests.support.gateway import Gateway

BODIES: dict[str, Any] = {
    "createTask": {"robot": "toy", "prompt": "stand"},
    "changeTask": {"starred": True},
    "changeCandidate": {"weights": {"sway": 0.7}},
    "reviseCandidate": {"parent": 1, "weights": {"sway": 0.7}},
    "trainTask": {"candidate": 1},
    "changeJob": {"weights": {"sway": 0.7}},
    "keepGoing": {},
}


class House:
    """A gateway with a log-in, where ada has a task, jobs and a model, and bob has nothing."""

    def __init__(self, folder: Path, **settings_: Any) -> None:
        self.gateway = Gateway(folder, raise_errors=False, **{"auth": "token", **settings_})
        self.ada = self.gateway.log_in("ada")
        task = self.gateway.ready_task()
        (job,) = self.gateway.train(task)
        self.ids = {
            "task_id": task,
            "job_id": str(job["id"]),
            "model_id": str(job["model_id"]),
            "robot_id": "toy",
            "n": "1",
            "export_format": "numpy",
        }
        self.bob = self.gateway.log_in("bob")
        self.nobody = self.gateway.client()

    def end_job(self) -> None:
        """So that its stream of events ends, too."""
        self.gateway.finish(self.ids["job_id"])
        ended = EVENT.validate_python(StateEvent(state="succeeded", attempt=1))
        self.gateway.context.bus.publish(self.ids["job_id"], ended)
