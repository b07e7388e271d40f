"""What all replicas say alike: true or absent, never old, and never at the price of a scrape."""

from __future__ import annotations

import threading
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tabrl.domain.errors import Unavailable
from tabrl_api.reaper import Reaper
from tabrl_api.shared_metrics import SharedReader
from tests.support.gateway import Gateway


def scraped(gateway: Gateway) -> dict[tuple[str, str], float]:
    """Values by the sample's name and its labels."""
    text = gateway.http.get("/metrics").text
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_ages_of_jobs_and_the_reapers_round(gateway: Gateway) -> None:
    gateway.task()
    Reaper(gateway.context).reap()
    time.sleep(0.05)
    values = scraped(gateway)
    assert values["tabrl_jobs", "reward,queued"] == 1.0
    assert 0.05 <= values["tabrl_oldest_waiting_seconds", "reward"] < 60.0
    assert values["tabrl_oldest_waiting_seconds", "train"] == 0.0
    assert values["tabrl_longest_running_seconds", "reward"] == 0.0
    assert time.time() - values["tabrl_sweeper_last_pass_timestamp_seconds", ""] < 60.0
    assert values["tabrl_part_up", "database"] == values["tabrl_part_up", "store"] == 1.0


def test_a_part_that_is_down_takes_its_values_along_and_no_others(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ("tabrl_jobs", "train,queued") in scraped(gateway)

    def down() -> None:
        raise Unavailable("The database does not answer.", code="database_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(gateway.context.jobs, "counts", down)
        values = scraped(gateway)
    assert values["tabrl_part_up", "database"] == 0.0
    assert ("tabrl_jobs", "train,queued") not in values
    assert ("tabrl_oldest_waiting_seconds", "train") not in values
    assert values["tabrl_queue_depth", "train"] == 0.0
    assert scraped(gateway)["tabrl_part_up", "database"] == 1.0


def test_a_part_that_hangs_is_asked_once_and_waited_for_briefly(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = [], threading.Event()

    def hang(_key: str) -> bool:
        asked.append(1)
        answer.wait(30.0)
        return True

    monkeypatch.setattr(gateway.context.blobs, "exists", hang)
    reader = SharedReader(gateway.context, limit_s=0.1)
    up = gateway.context.metrics.shared.part_up.labels("store")
    for _ in range(3):
        began = time.monotonic()
        reader.observe()
        assert time.monotonic() - began < 5.0
        assert up._value.get() == 0.0
    assert asked == [1]
    answer.set()
    time.sleep(0.2)
    reader.observe()
    assert up._value.get() == 1.0
