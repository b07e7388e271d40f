"""The commands against an api that answers by script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from tabrl.contracts.training import RunReport
from tabrl.robots import registry
from tabrl_local import cli
from tabrl_local.launcher import STATE_FILE
from tabrl_local.operating.environment import RunningStack, environment_of
from tests.support.robots import ROBOTS


def test_run_prints_nothing_but_the_run_report_as_json(tabrl: Any, api: Any) -> None:
    code, out, err = tabrl("run", "go", "--json", "--candidate", "2")
    assert code == 0
    report = RunReport.model_validate_json(out)
    assert (report.task_id, report.robot) == ("tsk_1", "go1")
    assert report.model_id == "mdl_1"
    assert report.candidates == 2
    assert (report.reward_base, report.reward_program, report.reward_result) == (0.1, 0.5, 0.7)
    stages = report.stages_s
    assert list(stages) == ["writing", "queue", "search", "ppo", "evaluation", "total"]
    assert stages["queue"] == 2.0
    assert stages["total"] >= stages["writing"]
    assert "goes on from snapshot 3" in err
    posted = [body for method, path, body, _ in api.requests if path == "/api/tasks/tsk_1/train"]
    assert posted == [{"candidate": 2}]


def test_a_follow_up_names_what_it_goes_on_from(tabrl: Any, api: Any) -> None:
    code, _, err = tabrl("run", "slower", "--after", "job_1")
    assert code == 0, err
    (posted,) = [body for _, path, body, _ in api.requests if path == "/api/tasks" and body]
    assert posted["prompt"] == "slower"
    assert posted["parent"] == {"task_id": "tsk_1", "candidate": 1, "job_id": "job_1"}


def test_the_first_robot_that_can_learn_is_taken(tabrl: Any, api: Any) -> None:
    def asked() -> list[str]:
        return [body["robot"] for _, path, body, _ in api.requests if path == "/api/tasks"]

    assert tabrl("run", "go")[0] == 0
    assert tabrl("run", "go", "--robot", "crawler")[0] == 0
    assert asked() == ["go1", "crawler"]
    api.robots = api.robots[:1]
    code, _, err = tabrl("run", "go")
    assert code == 1
    assert "tabrl-train-base crawler" in err
    assert len(asked()) == 2


def test_robots_say_whether_they_can_learn(
    tabrl: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "robot.toml").write_text("name = ")
    monkeypatch.setenv("TABRL_ROBOTS", str(tmp_path))
    registry.forget()
    try:
        _, out, _ = tabrl("robots")
        _, document, _ = tabrl("robots", "--json")
    finally:
        monkeypatch.undo()
        registry.forget()
    crawler, go1, broken = out.splitlines()[1:]
    assert crawler.split() == [
        "crawler", "Crawler", "legged", "no:", "tabrl-train-base", "crawler",
    ]  # fmt: skip
    assert go1.split() == ["go1", "Go1", "legged", "yes"]
    assert broken.startswith("✗ broken cannot be used: ")
    found = json.loads(document)
    assert [robot["trained"] for robot in found["robots"]] == [False, True]
    assert found["refused"][0]["folder"] == "broken"


def test_without_a_stack_the_robots_of_the_folders_are_listed(
    tabrl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABRL_URL")
    monkeypatch.setenv("TABRL_PORT", "1")  # nobody listens there
    code, out, err = tabrl("robots")
    assert code == 0
    assert "No stack is running" in err
    assert [line.split()[0] for line in out.splitlines()[1:]] == [robot.id for robot in ROBOTS]
    code, _, err = tabrl("robots", "--port", "1")
    assert code == 1
    assert "nothing answers at http://127.0.0.1:1" in err


def test_other_weights_on_the_way_are_told(tabrl: Any, api: Any) -> None:
    api.events.insert(2, {"type": "reweighted", "update": 40, "weights": {"speed": 0.25}})
    _, _, err = tabrl("run", "go")
    assert "update 40" in err
    assert "speed 0.25" in err


def test_the_run_report_has_the_documented_keys(tabrl: Any) -> None:
    _, out, _ = tabrl("run", "go", "--json")
    assert set(json.loads(out)) == {
        "task_id", "job_id", "model_id", "stages_s", "candidates", "chosen", "samples",
        "samples_per_s", "checks", "reward_base", "reward_program", "reward_result",
        "fall_rate_base", "fall_rate_result", "params_sha256", "reward_sha256", "snapshots",
        "versions", "robot", "flags", "robustness", "tier", "history",
    }  # fmt: skip


def test_a_run_report_tells_what_is_doubtful(tabrl: Any, api: Any) -> None:
    message = "The reward rose, but the success checks got worse."
    api.job_result["flags"] = [{"code": "reward_up_checks_down", "message": message}]
    _, out, _ = tabrl("run", "go")
    assert message in out
    _, out, _ = tabrl("run", "go", "--json")
    assert json.loads(out)["flags"][0]["code"] == "reward_up_checks_down"


def test_posts_carry_an_idempotency_key_of_their_own(tabrl: Any, api: Any) -> None:
    tabrl("run", "go")
    keys = [
        headers["Idempotency-Key"] for method, _, _, headers in api.requests if method == "POST"
    ]
    assert len(keys) == len(set(keys)) == 2


def test_a_cut_stream_is_resumed_after_the_last_event(tabrl: Any, api: Any) -> None:
    api.cut_after, api.job_state = 2, "running"

    def resumed() -> list[str]:
        return [
            headers["Last-Event-ID"]
            for _, path, _, headers in api.requests
            if path == "/api/jobs/job_1/events" and "Last-Event-ID" in headers
        ]

    answer = api.answer

    def finish_once_resumed(method: str, path: str) -> tuple[int, bytes]:
        if resumed():
            api.job_state = "succeeded"
        status, data = answer(method, path)
        return int(status), bytes(data)

    api.answer = finish_once_resumed
    code, _, err = tabrl("run", "go", "--json")
    assert code == 0
    assert resumed() == ["2"]
    assert err.count("goes on from snapshot 3") == 1
    assert "connection lost" in err


def test_a_failed_training_is_an_error_with_its_reason(tabrl: Any, api: Any) -> None:
    api.job_state = "failed"
    api.job_failure = {"kind": "learning", "code": "diverged", "message": "the loss is not finite"}
    api.events[-1] = {"type": "state", "state": "failed", "attempt": 1}
    code, out, err = tabrl("run", "go", "--json")
    assert code == 1
    assert out == ""
    assert "learning" in err
    assert "the loss is not finite" in err


def test_a_task_nobody_understands_is_explained(tabrl: Any, api: Any) -> None:
    api.task_state = "failed"
    api.task_failure = {"kind": "code", "code": "not_understood", "message": "try: walk backwards"}
    code, _, err = tabrl("run", "colourless green ideas")
    assert code == 1
    assert "try: walk backwards" in err


def test_an_unknown_candidate_is_refused_before_training(tabrl: Any, api: Any) -> None:
    code, _, err = tabrl("run", "go", "--candidate", "7")
    assert code == 1
    assert "there is no candidate 7 (choose one of 1 to 2)" in err
    assert not [path for _, path, _, _ in api.requests if path.endswith("/train")]


def test_problem_documents_become_one_line(tabrl: Any, api: Any) -> None:
    problem = {"title": "Conflict", "detail": "job job_1 has ended", "code": "job_finished"}
    api.problem = (409, problem)
    code, _, err = tabrl("cancel", "job_1")
    assert (code, err) == (1, "error: job job_1 has ended\n")


def test_an_unknown_id_is_one_line(tabrl: Any) -> None:
    assert tabrl("cancel", "job_unknown")[::2] == (1, "error: not here\n")
    code, _, err = tabrl("cancel", "../../etc")
    assert code == 1
    assert "is no id" in err


def test_something_else_on_the_port_is_recognised(tabrl: Any, api: Any) -> None:
    api.raw = b"<html>hello</html>"
    code, _, err = tabrl("jobs")
    assert code == 1
    assert "is not TabRL" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://"])
def test_a_wrong_address_is_one_line(tabrl: Any, url: str) -> None:
    code, _, err = tabrl("jobs", "--url", url)
    assert code == 1
    assert "is no address" in err


def test_nothing_at_the_address_says_how_to_start(tabrl: Any) -> None:
    code, _, err = tabrl("jobs", "--port", "1")
    assert code == 1
    assert "`tabrl up`" in err


def test_jobs_lists_and_speaks_json(tabrl: Any) -> None:
    code, out, _ = tabrl("jobs", "--json")
    assert code == 0
    assert [job["id"] for job in json.loads(out)] == ["job_1"]
    assert "job_1" in tabrl("jobs")[1]


def test_tasks_and_models_are_starred_and_deleted(tabrl: Any, api: Any) -> None:
    for arguments in (
        ("star", "tsk_1"), ("star", "tsk_1", "--off"), ("delete", "tsk_1"), ("delete", "mdl_1"),
    ):  # fmt: skip
        assert tabrl(*arguments)[0] == 0, arguments
    assert [request[:3] for request in api.requests] == [
        ("PATCH", "/api/tasks/tsk_1", {"starred": True}),
        ("PATCH", "/api/tasks/tsk_1", {"starred": False}),
        ("DELETE", "/api/tasks/tsk_1", {}),
        ("DELETE", "/api/models/mdl_1", {}),
    ]
    code, _, err = tabrl("delete", "tsk_2")
    assert code == 1
    assert "not here" in err


@pytest.mark.parametrize("name", ["up", "doctor", "backup", "restore"])
def test_the_data_directory_is_that_of_the_environment(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    folder = ["there"] if name in ("backup", "restore") else []

    def data(*arguments: str) -> Path:
        made = group.commands[name].make_context(name, [*folder, *arguments])
        return Path(made.params["data"])

    monkeypatch.delenv("TABRL_DATA", raising=False)
    assert data() == Path("var")
    monkeypatch.setenv("TABRL_DATA", str(tmp_path))
    assert data() == tmp_path
    assert data("--data", "here") == Path("here")


def test_the_doctor_finds_a_running_stack(tmp_path: Path) -> None:
    state = {
        "url": "http://127.0.0.1:8500",
        "redis_socket": "/tmp/tabrl a/redis.sock",
        "ready": {
            "api": "http://127.0.0.1:8500/readyz",
            "inference": "http://127.0.0.1:8501/readyz",
            "exporter": "http://127.0.0.1:8503/readyz",
            "trainer": "http://127.0.0.1:8502/readyz",
        },
    }
    (tmp_path / STATE_FILE).write_text(json.dumps(state))
    stack = RunningStack.of(tmp_path)
    told = environment_of(tmp_path, stack, {"TABRL_DATABASE_URL": "postgresql://x"})
    assert told["TABRL_REDIS_URL"] == "unix:///tmp/tabrl%20a/redis.sock"
    assert (told["TABRL_HOST"], told["TABRL_PORT"]) == ("127.0.0.1", "8500")
    assert told["TABRL_INFERENCE_URL"] == "ws://127.0.0.1:8501"
    assert told["TABRL_EXPORTER_URL"] == "http://127.0.0.1:8503"
    assert told["TABRL_DATABASE_URL"] == "postgresql://x"
    assert RunningStack.of(tmp_path / "none") == RunningStack()
    none = environment_of(tmp_path, RunningStack(), {})
    assert none["TABRL_REDIS_URL"] == f"unix://{tmp_path}/redis.sock"


def test_a_quote_says_what_a_sentence_takes(tabrl: Any, api: Any) -> None:
    code, out, err = tabrl("quote", "--trainings", "2")
    assert code == 0, err
    assert out.splitlines() == [
        "writing   20 s, $0.02 (as the last 12 took)",
        "training  2 min, 2,000,000 samples, starts in 64 s (nothing measured yet)",
        "together  2 min",
    ]
    assert json.loads(tabrl("quote", "--json")[1]) == api.quote | {"tiers": []}
