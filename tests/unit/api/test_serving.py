"""What is served beside the tasks: robots, the page, health, metrics, the API's description."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tabrl.domain.errors import Unavailable
from tabrl.domain.models import Model
from tabrl_api import contract, openapi
from tabrl_api.page import content_policy
from tests.support.gateway import Gateway


def test_robots(gateway: Gateway, tmp_path: Path) -> None:
    (robot,) = gateway.http.get("/api/robots").json()
    assert (robot["id"], robot["maker"], robot["examples"]) == ("toy", "Nobody", ["stand"])
    assert (robot["visuals_url"], robot["picture_url"]) == (None, None)
    assert (robot["embodiment"], robot["control_hz"], robot["fall"]) == ("toy", 10, None)
    assert (robot["trained"], robot["training_command"]) == (True, None)
    scene = gateway.http.get(robot["scene_url"])
    assert (scene.content, scene.headers["content-type"]) == (b"<mujoco/>", "application/xml")
    assert scene.headers["etag"] == f'"{robot["scene_sha256"]}"'
    cached = gateway.http.get(robot["scene_url"], headers={"If-None-Match": scene.headers["etag"]})
    assert cached.status_code == 304
    missing = gateway.http.get(robot["constants_url"])
    assert (missing.status_code, missing.json()["code"]) == (404, "constants_not_stored")
    gateway.context.blobs.put(Model.robot_constants_key("toy"), b'{"robot": "toy"}')
    assert gateway.http.get(robot["constants_url"]).json() == {"robot": "toy"}

    (tmp_path / "visuals").mkdir()
    (tmp_path / "visuals" / "toy.glb").write_bytes(b"glTF")
    (tmp_path / "visuals" / "toy.png").write_bytes(b"PNG")
    (robot,) = gateway.http.get("/api/robots").json()
    visuals = gateway.http.get(robot["visuals_url"])
    assert visuals.content == b"glTF"
    current = {"If-None-Match": visuals.headers["etag"]}
    assert gateway.http.get(robot["visuals_url"], headers=current).status_code == 304
    picture = gateway.http.get(robot["picture_url"])
    assert (picture.content, picture.headers["content-type"]) == (b"PNG", "image/png")
    current = {"If-None-Match": picture.headers["etag"]}
    assert gateway.http.get(robot["picture_url"], headers=current).status_code == 304


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A built page."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text('<base href="./" /><title>TabRL</title>')
    (folder / "assets" / "app-1a2b.js").write_text("run()")
    (folder / "assets" / "worker-5e6f.js").write_text("work()")
    for suffix, content in (("", b"plain"), (".br", b"brotli"), (".gz", b"gzip")):
        (folder / "assets" / f"mujoco-3c4d.wasm{suffix}").write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.mark.parametrize(
    ("path", "up"),
    [
        ("/", "./"),
        ("/about", "./"),
        ("/tasks/tsk_abc", "../"),
        ("/tasks/tsk_abc/", "../../"),
        ("/tasks/tsk_abc/jobs/job_x", "../../../"),
    ],
)
def test_deep_links_open_the_page(gateway: Gateway, dist: Path, path: str, up: str) -> None:
    """Its files are found from there, also where a proxy put more before the path."""
    page = gateway.http.get(path)
    assert page.text == f'<base href="{up}" /><title>TabRL</title>'
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert gateway.http.head(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/", "'self' 'wasm-unsafe-eval'"),
        ("/tasks/tsk_abc", "'self' 'wasm-unsafe-eval'"),
        ("/assets/app-1a2b.js", "'self' 'wasm-unsafe-eval'"),
        ("/assets/worker-5e6f.js", "'self' 'wasm-unsafe-eval' 'unsafe-eval'"),
    ],
)
def test_the_page_runs_nothing_but_its_own(
    gateway: Gateway, dist: Path, path: str, script: str
) -> None:
    policy = gateway.http.get(path).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == script
    assert rules["connect-src"] == "'self' blob: ws://127.0.0.1:8401"


def test_the_page_may_reach_the_inference_server_that_it_is_told_of() -> None:
    policy = content_policy(["wss://robots.example:8443/below", "wss://two.example"], "")
    assert "connect-src 'self' blob: wss://robots.example:8443 wss://two.example;" in policy


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip"),
        ("identity", None, b"plain"),
    ],
)
def test_wasm_comes_packed(
    gateway: Gateway, dist: Path, accepted: str, encoding: str | None, content: bytes
) -> None:
    url, headers = "/assets/mujoco-3c4d.wasm", {"Accept-Encoding": accepted}
    with gateway.http.stream("GET", url, headers=headers) as response:
        assert b"".join(response.iter_raw()) == content
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["content-type"] == "application/wasm"
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"]
)
def test_nothing_outside_the_page_is_served(gateway: Gateway, dist: Path, path: str) -> None:
    assert "secret" not in gateway.http.get(path).text


def test_without_a_page_the_api_says_so(gateway: Gateway) -> None:
    response = gateway.http.get("/tasks/tsk_abc")
    assert (response.status_code, response.json()["code"]) == (404, "page_not_built")


def test_health(gateway: Gateway) -> None:
    assert gateway.http.get("/healthz").text == "ok"
    assert gateway.http.get("/readyz").text == "ok"
    gateway.queue.broken = Unavailable("The queue failed.", code="queue_unavailable")
    assert gateway.http.get("/healthz").status_code == 200
    ready = gateway.http.get("/readyz")
    assert (ready.status_code, ready.json()["code"]) == (503, "queue_unavailable")


def test_metrics_count_routes_jobs_and_messages(gateway: Gateway) -> None:
    gateway.task()
    gateway.http.get("/api/tasks/tsk_no")
    gateway.http.get("/api/nothing/at/all")
    text = gateway.http.get("/metrics").text
    for line in (
        'tabrl_http_requests_total{method="POST",route="/api/tasks",status="202"} 1.0',
        'tabrl_http_requests_total{method="GET",route="/api/tasks/{task_id}",status="404"} 1.0',
        'tabrl_jobs{kind="reward",state="queued"} 1.0',
        'tabrl_queue_depth{kind="reward"} 1.0',
    ):
        assert line in text
    assert "tsk_" not in text
    gateway.queue.broken = Unavailable("The queue failed.", code="queue_unavailable")
    assert gateway.http.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("file", "made"),
    [("openapi.json", openapi.document), ("src/generated/contract.ts", contract.document)],
)
def test_what_the_page_takes_over_is_current(file: str, made: Callable[[], str]) -> None:
    committed = Path(__file__).parents[3] / "web" / file
    assert committed.read_text() == made(), "run: make contract"


def test_the_description_needs_nothing_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", connect)
    openapi.document()
    assert list(tmp_path.iterdir()) == []


def test_the_description_is_valid_and_complete() -> None:
    described = json.loads(openapi.document())
    validate(described)
    operations = [op for path in described["paths"].values() for op in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert operation["summary"]
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(response["content"]) == ["application/problem+json"]
    events = described["components"]["schemas"]["Event"]["discriminator"]["mapping"]
    assert {"state", "progress", "snapshot"} <= set(events)


def test_the_gateway_loads_no_physics() -> None:
    program = (
        "import sys, tabrl_api.app, tabrl_api.bootstrap\n"
        "robots = tabrl_api.bootstrap.RegisteredRobots()\n"
        "for robot in robots.list_robots():\n"
        "    robots.page_of(robot.id), robots.catalogue_of(robot.id).infos()\n"
        "print([m for m in ('numpy', 'mujoco', 'jax') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_checks_can_be_put_together_from_what_a_robot_has(gateway: Gateway) -> None:
    listed = gateway.http.get("/api/robots/toy/quantities").json()
    by_name = {one["name"]: one for one in listed}
    assert by_name["forward_speed"]["unit"] == "m/s"
    assert by_name["foot_height"]["parts"] == ["toe"]
    assert gateway.http.get("/api/robots/nobody/quantities").status_code == 404
