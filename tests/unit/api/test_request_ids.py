"""Requests, their problems and their log entries say the same ids."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tabrl.adapters.logs import json_formatter
from tests.support.gateway import Gateway


class Kept(logging.Handler):
    """Entries as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(json_formatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def test_a_request_has_an_id_that_its_problem_says_as_well(gateway: Gateway) -> None:
    response = gateway.http.get("/api/jobs/job_unknown0")
    problem = response.json()
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert problem["request_id"].startswith("req_")
    assert problem["job_id"] == "job_unknown0"
    assert "task_id" not in problem
    again = gateway.http.get("/api/tasks")
    assert again.headers["X-Request-ID"] != problem["request_id"]


@pytest.mark.parametrize(
    ("sent", "kept"), [("my-id.7", True), ("x" * 65, False), ("a b", False), ("<script>", False)]
)
def test_a_client_may_bring_its_own_id(gateway: Gateway, sent: str, kept: bool) -> None:
    response = gateway.http.get("/api/tasks", headers={"X-Request-ID": sent})
    assert (response.headers["X-Request-ID"] == sent) is kept


def test_what_is_no_id_of_ours_is_not_repeated(gateway: Gateway) -> None:
    problem = gateway.http.get("/api/tasks/walk%20like%20my%20aunt").json()
    assert problem["code"] == "unknown_task"
    assert "task_id" not in problem


def test_an_error_of_ours_leads_to_its_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(tmp_path, raise_errors=False)

    def broken(_job_id: str) -> None:
        raise RuntimeError("SECRET sentence")

    monkeypatch.setattr(gateway.context.jobs, "get", broken)
    kept = Kept()
    logging.getLogger("tabrl").addHandler(kept)
    try:
        response = gateway.http.get("/api/jobs/job_a")
    finally:
        logging.getLogger("tabrl").removeHandler(kept)
    assert response.status_code == 500
    request_id = response.json()["request_id"]
    (entry,) = [line for line in kept.lines if request_id in line]
    assert '"job_id": "job_a"' in entry
    assert "SECRET" not in entry


def test_where_people_log_in_an_entry_says_whose_request_it_was(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, raise_errors=False, auth="token")
    ada = gateway.log_in("ada")
    kept = Kept()
    logging.getLogger("tabrl").addHandler(kept)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gateway.context.jobs, "get", lambda _: 1 / 0)
            problem = ada.get("/api/jobs/job_a").json()
    finally:
        logging.getLogger("tabrl").removeHandler(kept)
    (entry,) = [line for line in kept.lines if problem["request_id"] in line]
    assert '"owner_id": "ada"' in entry
    assert problem["owner_id"] == "ada"
