"""`tabrl run --tier`, `tabrl keep-going`: what is asked of the api, and what is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

POINT = {
    "minutes": 1.2, "update": 40, "samples": 900_000, "reward": 0.7, "reward_ci95": 0.01,
    "fall_rate": 0.0, "checks": {"speed": 0.41}, "passed": 1, "best": True,
}  # fmt: skip


def posted(api: Any, path: str) -> dict[str, Any]:
    (body,) = [body for method, at, body, _ in api.requests if (method, at) == ("POST", path)]
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ([], {}),
        (["--tier", "command"], {"tier": "command"}),
        (["--tier", "full"], {"tier": "full"}),
        (["--tier", "full", "--minutes", "20"], {"tier": "full", "minutes": 20}),
        (["--minutes", "20"], {"tier": "full", "minutes": 20}),
    ],
)
def test_a_run_asks_for_its_tier_after_it_said_what_that_takes(
    tabrl: Any, api: Any, options: list[str], asked: dict[str, Any]
) -> None:
    code, _, err = tabrl("run", "go", *options)
    assert code == 0, err
    assert posted(api, "/api/tasks/tsk_1/train") == {"candidate": 1, **asked}
    assert posted(api, "/api/tasks").get("tier") == asked.get("tier")
    paths = [path.split("?")[0] for _, path, _, _ in api.requests]
    assert paths.index("/api/robots/go1/quote") < paths.index("/api/tasks")
    assert f"tier {asked.get('tier', 'fine-tune')}: 2 min, 2,000,000 samples" in err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--tier", "hour"], "choose one of: command, fine-tune, full"),
        (["--tier", "command", "--minutes", "5"], "takes no minutes"),
    ],
)
def test_a_tier_that_cannot_be_is_refused_before_anything_is_asked(
    tabrl: Any, api: Any, options: list[str], complaint: str
) -> None:
    code, _, err = tabrl("run", "go", *options)
    assert code == 1
    assert complaint in err
    assert api.requests == []


@pytest.mark.parametrize("result", ["job_1", "mdl_1"])
def test_it_keeps_going_from_a_model_or_its_job(tabrl: Any, api: Any, result: str) -> None:
    api.model = {
        "id": "mdl_1", "job_id": "job_1", "task_id": "tsk_1", "robot": "go1", "scene_url": "",
        "scene_sha256": "0" * 64, "params_version": 1, "params_sha256": "a" * 64, "step": 1,
        "inference_url": "",
    }  # fmt: skip
    later = [{**POINT, "minutes": float(minute)} for minute in range(1, 5)]
    api.job_result |= {"tier": "full", "history": later}
    api.events.insert(3, {"type": "measured", "elapsed_s": 70.0, "point": POINT})
    code, out, err = tabrl("keep-going", result, "--minutes", "15")
    assert code == 0, err
    assert posted(api, "/api/jobs/job_1/keep-going") == {"tier": "full", "minutes": 15}
    assert "minute 1.2: reward 0.700 ± 0.010, 1 of 1 checks met, the best so far" in err
    assert "minute by minute" in out
    report = json.loads(tabrl("keep-going", result, "--json")[1])
    assert report["tier"] == "full"
    assert [point["minutes"] for point in report["history"]] == [1.0, 2.0, 3.0, 4.0]
    assert "writing" not in report["stages_s"]


def test_going_on_is_with_the_next_tier_unless_told(tabrl: Any, api: Any) -> None:
    assert tabrl("keep-going", "job_1")[0] == 0
    assert posted(api, "/api/jobs/job_1/keep-going") == {"tier": "full"}


def test_every_tier_is_quoted(tabrl: Any, api: Any) -> None:
    training = api.quote["training"]
    api.quote["tiers"] = [
        {**training, "tier": "command", "minutes": None, "seconds": 6.0},
        {**training, "tier": "full", "minutes": 10, "seconds": 600.0},
    ]
    _, out, _ = tabrl("quote", "--minutes", "10")
    assert out.splitlines()[3:] == [
        "command          6 s, 2,000,000 samples, starts in 64 s (nothing measured yet)",
        "full (10 min)    10 min, 2,000,000 samples, starts in 64 s (nothing measured yet)",
    ]
    assert any("minutes=10" in path for _, path, _, _ in api.requests)
