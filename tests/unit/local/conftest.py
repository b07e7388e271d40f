"""A small api on loopback that answers as the real one does, with a script of events."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tabrl_local import cli

Json = dict[str, Any]
NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:00:02Z"


def row(reward: float, falls: float = 0.0) -> Json:
    return {"reward": reward, "terms": {"speed": reward}, "fall_rate": falls, "episodes": 8}


def result(passed: bool = True) -> Json:
    return {
        "checks": [
            {
                "id": "speed",
                "name": "mean forward speed",
                "target": "≥ 0.3 m/s",
                "base": 0.0,
                "program": 0.35,
                "result": 0.41 if passed else 0.2,
                "passed": passed,
            }
        ],
        "base": row(0.1, 0.01),
        "program": row(0.5),
        "result": row(0.7),
        "program_words": "forward 0.40 m/s",
        "samples": 100_000,
        "samples_per_s": 9_000.0,
        "snapshots": 7,
        "delivered": "result",
        "params_sha256": "a" * 64,
        "reward_sha256": "b" * 64,
        "stages_s": {"search": 12.0, "ppo": 40.0, "evaluation": 5.0},
        "versions": {"tabrl": "0.1.0"},
    }


@dataclass
class FakeApi:
    """What it answers can be changed by a test; what it was asked is kept."""

    url: str = ""
    task_state: str = "ready"
    task_failure: Json | None = None
    job_state: str = "succeeded"
    job_failure: Json | None = None
    job_result: Json | None = field(default_factory=result)
    events: list[Json] = field(default_factory=list)
    cut_after: int | None = None  # events before the stream is cut once
    model: Json | None = None
    robots: list[Json] = field(
        default_factory=lambda: [
            {
                "id": "crawler", "name": "Crawler", "embodiment": "legged", "trained": False,
                "training_command": "tabrl-train-base crawler",
            },
            {
                "id": "go1", "name": "Go1", "embodiment": "legged", "trained": True,
                "training_command": None, "examples": ["go", "stop"],
            },
        ]
    )  # fmt: skip
    quote: Json = field(
        default_factory=lambda: {
            "writing": {
                "jobs": 1, "seconds": 20.0, "starts_in_s": 0.0, "samples": None,
                "cost_usd": 0.02, "measured_on": 12,
            },
            "training": {
                "jobs": 2, "seconds": 130.0, "starts_in_s": 64.0, "samples": 2_000_000,
                "cost_usd": None, "measured_on": 0,
            },
        }
    )  # fmt: skip
    blobs: dict[str, bytes] = field(default_factory=dict)
    problem: tuple[int, Json] | None = None
    raw: bytes | None = None
    requests: list[tuple[str, str, Json, dict[str, str]]] = field(default_factory=list)

    def job(self, kind: str, job_id: str) -> Json:
        train = kind == "train"
        return {
            "id": job_id,
            "kind": kind,
            "state": self.job_state if train else "succeeded",
            "task_id": "tsk_1",
            "candidate": 1 if train else None,
            "robot": "go1",
            "model_id": "mdl_1" if train else None,
            "place_in_queue": None,
            "attempt": 1,
            "created_at": NOW,
            "started_at": LATER,
            "finished_at": LATER,
            "failure": self.job_failure if train else None,
            "result": self.job_result if train and self.job_state == "succeeded" else None,
            "weights": {"speed": 1.0},
        }

    def task(self) -> Json:
        return {
            "id": "tsk_1",
            "robot": "go1",
            "prompt": "go",
            "state": self.task_state,
            "created_at": NOW,
            "job_id": "job_write",
            "failure": self.task_failure,
            "understood": ["go"],
            "not_understood": [],
            "candidates": [
                {
                    "n": n,
                    "name": f"idea {n}",
                    "idea": "go forward",
                    "author": "composer",
                    "code": "",
                    "terms": ["speed"],
                    "weights": {"speed": 1.0},
                    "checks": [],
                    "artifact_sha256": "b" * 64,
                    "report": {},
                }
                for n in (1, 2)
            ],
            "jobs": [],
        }

    def answer(self, method: str, path: str) -> tuple[int, bytes]:
        if self.raw is not None:
            return 200, self.raw
        if self.problem is not None:
            return self.problem[0], json.dumps(self.problem[1]).encode()
        if path in self.blobs:
            return 200, self.blobs[path]
        known: dict[tuple[str, str], tuple[int, Any]] = {
            ("GET", "/api/robots"): (200, self.robots),
            ("POST", "/api/tasks"): (202, {**self.task(), "state": "writing", "candidates": []}),
            ("GET", "/api/tasks/tsk_1"): (200, self.task()),
            ("POST", "/api/tasks/tsk_1/train"): (202, {"jobs": [self.job("train", "job_1")]}),
            ("GET", "/api/robots/go1/quote"): (200, self.quote),
            ("GET", "/api/jobs"): (200, {"jobs": [self.job("train", "job_1")]}),
            ("GET", "/api/jobs/job_1"): (200, self.job("train", "job_1")),
            ("GET", "/api/jobs/job_write"): (200, self.job("reward", "job_write")),
            ("POST", "/api/jobs/job_1/keep-going"): (202, self.job("train", "job_1")),
            ("POST", "/api/jobs/job_1/cancel"): (200, self.job("train", "job_1")),
            ("GET", "/api/models/mdl_1"): (200, self.model),
            ("PATCH", "/api/tasks/tsk_1"): (200, self.task()),
            ("DELETE", "/api/tasks/tsk_1"): (200, {}),
            ("DELETE", "/api/models/mdl_1"): (200, {}),
        }
        status, document = known.get((method, path), (404, None))
        if document is None:
            kind = path.removeprefix("/api/").split("s/")[0]
            status = 404
            document = {"status": 404, "code": f"unknown_{kind}", "detail": "not here"}
        return status, json.dumps(document).encode()


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.endswith("/events") and api.problem is None:
                self._stream(path)
            else:
                self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def do_PATCH(self) -> None:
            self._reply("PATCH")

        def do_DELETE(self) -> None:
            self._reply("DELETE")

        def _reply(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.requests.append(
                (method, self.path, json.loads(body or b"{}"), dict(self.headers.items()))
            )
            status, data = api.answer(method, self.path.split("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, path: str) -> None:
            api.requests.append(("GET", path, {}, dict(self.headers.items())))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            done = {"type": "state", "state": "succeeded", "attempt": 1}
            script = [done] if "job_write" in path else api.events
            first = int(self.headers.get("Last-Event-ID", "0"))
            for number, event in enumerate(script[first:], start=first + 1):
                if api.cut_after is not None and number > api.cut_after:
                    api.cut_after = None
                    break
                text = f"id: {number}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n"
                self.wfile.write(text.encode())
                self.wfile.flush()
            self.close_connection = True

    return Handler


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    fake.events = [
        {"type": "state", "state": "running", "attempt": 1},
        {"type": "stage", "stage": "search", "elapsed_s": 0.1},
        {"type": "notice", "code": "resumed", "message": "goes on from snapshot 3"},
        {"type": "a_later_version_knows_this", "x": 1},
        {"type": "state", "state": "succeeded", "attempt": 1},
    ]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def model_view(api: FakeApi, scene: bytes, inference_url: str) -> Json:
    """A model whose scene and parameters the fake serves."""
    api.blobs["/api/robots/go1/scene.xml"] = scene
    return {
        "id": "mdl_1",
        "job_id": "job_1",
        "task_id": "tsk_1",
        "robot": "go1",
        "scene_url": "/api/robots/go1/scene.xml",
        "scene_sha256": hashlib.sha256(scene).hexdigest(),
        "visuals_url": None,
        "params_version": 3,
        "params_sha256": hashlib.sha256(api.blobs.get("/api/models/mdl_1/params", b"")).hexdigest(),
        "step": 10,
        "updated_at": NOW,
        "job_state": "succeeded",
        "inference_url": inference_url,
    }


@pytest.fixture
def serve_model(api: FakeApi) -> Any:
    """`serve_model(scene, inference_url)` makes `mdl_1` known to the api."""

    def serve(scene: bytes, inference_url: str) -> None:
        api.model = model_view(api, scene, inference_url)

    return serve


@pytest.fixture
def tabrl(api: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """`tabrl("jobs", …)` gives exit code, standard output and standard error."""
    monkeypatch.setenv("TABRL_URL", api.url)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tabrl", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        streams = capsys.readouterr()
        return int(ended.value.code or 0), streams.out, streams.err

    return call
