"""Probes while parts hang."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job
from tabrl_api.readiness import Readiness
from tests.support.gateway import Gateway


async def test_a_part_that_hangs_is_named_within_a_second_however_often_it_is_asked() -> None:
    over, asked = threading.Event(), []

    def hang() -> None:
        asked.append(1)
        over.wait(20)

    readiness = Readiness({"database_unavailable": lambda: None, "blob_store_unavailable": hang})
    try:
        began = time.monotonic()
        probes = [readiness.raise_unless_ready() for _ in range(60)]
        answers = await asyncio.gather(*probes, return_exceptions=True)
        assert time.monotonic() - began < 3.0
        assert {answer.code for answer in answers if isinstance(answer, Unavailable)} == {
            "blob_store_unavailable"
        }
        assert len(answers) == 60
        assert len(asked) == 1  # one thread waits, not sixty
        over.set()
        await asyncio.sleep(0.1)
        await readiness.raise_unless_ready()
    finally:
        over.set()
        readiness.close()


async def test_a_slow_part_is_ready_at_the_next_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabrl_api.readiness.ANSWER_S", 0.05)
    readiness = Readiness({"database_unavailable": lambda: time.sleep(0.3)})
    try:
        with pytest.raises(Unavailable):
            await readiness.raise_unless_ready()
        await asyncio.sleep(1.0)
        await readiness.raise_unless_ready()
    finally:
        readiness.close()


def test_health_needs_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway(tmp_path)
    over = threading.Event()

    def hang(**_: object) -> list[Job]:
        over.wait(20)
        return []

    monkeypatch.setattr(gateway.context.jobs, "list", hang)
    with gateway.http as http:
        waiting = [threading.Thread(target=http.get, args=("/api/jobs",)) for _ in range(60)]
        for thread in waiting:
            thread.start()
        try:
            time.sleep(0.3)
            began = time.monotonic()
            assert http.get("/healthz").text == "ok"
            assert http.get("/readyz").text == "ok"
            assert time.monotonic() - began < 5.0
        finally:
            over.set()
            for thread in waiting:
                thread.join()
