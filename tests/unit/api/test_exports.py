"""The gateway hands on what the exporter builds, says and refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tabrl.domain.models import Model
from tabrl.ports.blobs import EPISODES
from tests.support.gateway import Gateway

ZIP = b"PK" + bytes(200_000)


@dataclass
class FakeExporter:
    """An exporter whose next answer a test says."""

    status: int = 200
    body: bytes = ZIP
    formats: list[object] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    episodes: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def exporter() -> Iterator[FakeExporter]:
    fake = FakeExporter()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.answer(200, json.dumps(fake.formats).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.asked.append((self.path, body))
            fake.episodes.append(self.headers.get("X-Episodes-Bytes"))
            self.answer(fake.status, fake.body)

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def gateway(tmp_path: Path, exporter: FakeExporter) -> Gateway:
    return Gateway(tmp_path, exporter_url=exporter.url)


def trained(gateway: Gateway) -> Model:
    """A model with its first parameters, those of the robot."""
    (job,) = gateway.train(gateway.ready_task())
    return gateway.context.models.get(job["model_id"])


def test_a_download_is_a_zip_by_the_models_name(gateway: Gateway, exporter: FakeExporter) -> None:
    model = trained(gateway)
    answer = gateway.http.get(f"/api/models/{model.id}/exports/onnx")
    assert answer.status_code == 200
    assert answer.content == ZIP
    assert answer.headers["content-type"] == "application/zip"
    name = f"{model.id}-v{model.params_version}-onnx.zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    (asked,) = exporter.asked
    assert asked == (f"/exports/onnx?model={model.id}&version={model.params_version}", b"policy")


@pytest.mark.parametrize(
    ("shown", "sent"), [({"episodes": True}, b"episodes"), ({"episodes": False}, b""), ({}, b"")]
)
def test_evaluated_episodes_go_along_where_the_format_shows_them(
    gateway: Gateway, exporter: FakeExporter, shown: dict[str, bool], sent: bytes
) -> None:
    """An exporter of a version before says nothing of them, and would take them for parameters."""
    exporter.formats = [{"name": "web", "words": "a folder", **shown}]
    model = trained(gateway)
    gateway.context.blobs.put(f"{EPISODES}/{model.job_id}/1.safetensors", b"episodes")
    assert gateway.http.get(f"/api/models/{model.id}/exports/web").status_code == 200
    assert exporter.asked[0][1] == b"policy" + sent
    assert exporter.episodes == [str(len(sent))]


def test_formats_are_those_of_the_exporter(gateway: Gateway, exporter: FakeExporter) -> None:
    offered = [{"name": "numpy", "words": "a numpy program", "episodes": False}]
    exporter.formats = [*offered]
    model = trained(gateway)
    answer = gateway.http.get(f"/api/models/{model.id}/exports")
    assert answer.json() == {"formats": offered}
    exporter.formats = [1]
    strange = gateway.http.get(f"/api/models/{model.id}/exports")
    assert (strange.status_code, strange.json()["code"]) == (503, "exporter_unavailable")


@pytest.mark.parametrize("status", [404, 409, 422])
def test_what_the_exporter_refuses_is_told_in_its_words(
    gateway: Gateway, exporter: FakeExporter, status: int
) -> None:
    exporter.status = status
    said = {"code": "no_such_thing", "message": "It cannot be done.", "hint": "Do another thing."}
    exporter.body = json.dumps(said).encode()
    problem = gateway.http.get(f"/api/models/{trained(gateway).id}/exports/web")
    assert problem.status_code == status
    assert problem.json()["code"] == said["code"]
    assert problem.json()["detail"] == said["message"]
    assert problem.json()["hint"] == said["hint"]


def test_a_fault_of_the_exporter_is_no_fault_of_the_request(
    gateway: Gateway, exporter: FakeExporter
) -> None:
    exporter.status, exporter.body = 500, b"Internal Server Error"
    problem = gateway.http.get(f"/api/models/{trained(gateway).id}/exports/numpy")
    assert (problem.status_code, problem.json()["code"]) == (503, "exporter_unavailable")
    assert "500" in problem.json()["detail"]


def test_an_exporter_that_is_away_is_named(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, exporter_url="http://127.0.0.1:9")
    model = trained(gateway)
    for address in ("exports", "exports/numpy"):
        problem = gateway.http.get(f"/api/models/{model.id}/{address}")
        assert (problem.status_code, problem.json()["code"]) == (503, "exporter_unavailable")
        assert "TABRL_EXPORTER_URL" in problem.json()["hint"]


def test_a_model_that_is_not_there_is_not_exported(
    gateway: Gateway, exporter: FakeExporter
) -> None:
    problem = gateway.http.get("/api/models/mdl_aaaaaaaaaaaaaaaa/exports/numpy")
    assert (problem.status_code, problem.json()["code"]) == (404, "unknown_model")
    assert exporter.asked == []
