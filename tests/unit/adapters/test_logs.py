"""A log is JSON, says whose work it is about, and never what somebody wrote or may not know."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import Any

import pytest

from tabrl.adapters.logs import ids, json_formatter

CANARY = "canary-7f3a"


class Log:
    """What a logger's handler wrote."""

    def __init__(self) -> None:
        self.stream = StringIO()
        self.logger = logging.Logger("tabrl.test")
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(json_formatter())
        self.logger.addHandler(handler)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Every line as what it says."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Log:
    return Log()


def test_an_entry_is_one_object_with_the_ids_that_are_bound(log: Log) -> None:
    with ids(task_id="tsk_a", job_id="job_b"):
        log.logger.warning("job %s: %d of\n%d", "job_b", 1, 2)
    log.logger.info("after")
    first, second = log.entries
    assert first["message"] == "job job_b: 1 of\n2"
    assert (first["level"], first["logger"]) == ("warning", "tabrl.test")
    assert (first["task_id"], first["job_id"]) == ("tsk_a", "job_b")
    assert first["timestamp"].endswith("Z")
    assert not {"task_id", "job_id"} & set(second)


def test_an_entry_that_names_a_job_has_its_id(log: Log) -> None:
    log.logger.info("job job_2zqk4n7dmx5rcw3h: its worker went silent")
    with ids(job_id="job_bound"):
        log.logger.info("job job_2zqk4n7dmx5rcw3h: attempt 1")
    assert [entry["job_id"] for entry in log.entries] == ["job_2zqk4n7dmx5rcw3h", "job_bound"]


def test_of_an_exception_only_its_place_is_written(log: Log) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.logger.exception("it failed")
    (entry,) = log.entries
    assert entry["error"].startswith("ValueError at ")
    assert "test_logs.py" in entry["error"]
    assert CANARY not in log.stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql+psycopg://tabrl:{CANARY}@db/tabrl",
        f"redis://:{CANARY}@redis:6379/0",
        f"Authorization: Bearer {CANARY}",
        f"GET /api/models/m/inference?ticket={CANARY}&x=1",
        f'{{"api_key": "{CANARY}"}}',
        f"OPENAI_API_KEY={CANARY}",
    ],
)
def test_secrets_are_struck_out(log: Log, text: str) -> None:
    log.logger.info("connecting: %s", text)
    assert CANARY not in log.stream.getvalue()
    assert "***" in log.entries[0]["message"]
