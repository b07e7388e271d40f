"""`tabrl rollout` against a WebSocket that answers with fixed targets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.sync.server import ServerConnection, serve

from tabrl.contracts.wire import HEADER, PROTOCOL, Header, Hello, Kind, Refusal, Welcome
from tabrl.robots import get_robot, scene_sha256, scene_xml
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.rollout import rollout

GO1 = get_robot("go1")
NQ, NV, NU = 19, 18, 12


@contextmanager
def inference(serve_client: Callable[[ServerConnection], None]) -> Iterator[str]:
    with serve(serve_client, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/api/models/mdl_1/inference"
        finally:
            server.shutdown()
            thread.join()


class Standing:
    """Answers every state with the home pose plus `lean` on the first joint; keeps the states."""

    def __init__(self, lean: float = 0.0) -> None:
        self.targets = np.array(GO1.home, "<f4")
        self.targets[0] += lean
        self.states: list[np.ndarray[Any, Any]] = []
        self.headers: list[Header] = []

    def __call__(self, client: ServerConnection) -> None:
        hello = Hello.model_validate_json(client.recv())
        assert hello.scene_sha256 == scene_sha256("go1")
        welcome = Welcome(
            model_id=hello.model_id, params_version=3, nq=NQ, nv=NV, nu=NU, control_hz=50
        )
        client.send(welcome.model_dump_json())
        for frame in client:
            assert isinstance(frame, bytes)
            header = Header.unpack(frame)
            self.headers.append(header)
            self.states.append(np.frombuffer(frame, "<f8", offset=HEADER.size))
            if header.tick == 2:  # news between the ticks must not disturb
                client.send('{"type":"snapshot","params_version":4,"step":9,"program_words":"x"}')
            answer = Header(Kind.ACTION, PROTOCOL, 0, header.tick, 4)
            client.send(answer.pack() + self.targets.tobytes())


def test_records_what_was_sent_and_done(api: Any, serve_model: Any, tmp_path: Path) -> None:
    server = Standing(lean=0.1)
    with inference(server) as url:
        serve_model(scene_xml("go1"), url)
        with Api(api.url) as client:
            recording, report = rollout(client, "mdl_1", 0.4)
    out = tmp_path / "deep" / "rollout.npz"
    recording.save(out)
    with np.load(out) as file:
        found = {name: file[name] for name in file.files}
    assert set(found) == {
        "time", "qpos", "qvel", "ctrl", "action", "rtt_ms", "foot_position", "foot_contact",
        "foot_names", "scene_sha256",
    }  # fmt: skip
    steps, feet = 20, 4
    shapes = {name: found[name].shape for name in found}
    assert shapes["qpos"] == (steps, NQ)
    assert shapes["qvel"] == (steps, NV)
    assert shapes["ctrl"] == shapes["action"] == (steps, NU)
    assert shapes["foot_position"] == (steps, feet, 3)
    assert shapes["foot_contact"] == (steps, feet)
    np.testing.assert_allclose(np.diff(found["time"]), 0.02, atol=1e-9)
    assert found["time"][0] == 0.0
    sent = np.array(server.states)
    np.testing.assert_array_equal(sent[:, 0], found["time"])
    np.testing.assert_array_equal(sent[:, 1 : 1 + NQ], found["qpos"])
    np.testing.assert_array_equal(sent[:, 1 + NQ : 1 + NQ + NV], found["qvel"])
    # A state carries the targets in force, which are those of the step before.
    np.testing.assert_array_equal(sent[1:, 1 + NQ + NV :], found["ctrl"][:-1])
    np.testing.assert_allclose(found["ctrl"][0], server.targets)
    np.testing.assert_allclose(found["action"][:, 0], 0.1 / GO1.action_scale[0], rtol=1e-5)
    np.testing.assert_allclose(found["action"][:, 1:], 0.0, atol=1e-6)
    assert [header.tick for header in server.headers] == list(range(steps))
    assert [header.flags for header in server.headers[:2]] == [1, 0]
    assert tuple(found["foot_names"]) == GO1.end_effectors
    assert str(found["scene_sha256"]) == scene_sha256("go1")
    assert report.params_version == 4
    assert report.steps == steps
    assert report.rtt_ms.p50 <= report.rtt_ms.p95 <= report.rtt_ms.p99


def test_a_rollout_is_told_even_if_nobody_knows_its_checks(
    api: Any, serve_model: Any, tabrl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, asked = api.answer, []

    def once(method: str, path: str) -> tuple[int, bytes]:
        asked.append(path)
        if path.endswith("/scene.xml") and asked.count(path) > 1:
            return 503, b'{"code": "blob_store_unavailable", "detail": "no store"}'
        status, body = answer(method, path)
        return status, body

    with inference(Standing()) as url:
        serve_model(scene_xml("go1"), url)
        monkeypatch.setattr(api, "answer", once)
        code, out, err = tabrl("rollout", "mdl_1", "--seconds", "0.1", "--json")
    assert code == 1
    assert "success checks are not known: no store" in err
    report = json.loads(out)
    assert (report["steps"], report["checks"]) == (5, None)


def test_the_feet_stand_on_the_floor(api: Any, serve_model: Any) -> None:
    with inference(Standing()) as url:
        serve_model(scene_xml("go1"), url)
        with Api(api.url) as client:
            recording, _ = rollout(client, "mdl_1", 1.0)
    heights = recording.end_position[-1, :, 2]
    np.testing.assert_allclose(heights, GO1.end_effector_radius, atol=0.004)
    assert recording.end_contact[-1].all()
    x, y = recording.end_position[-1, :, 0], recording.end_position[-1, :, 1]
    assert (x[:2] > x[2:]).all(), "front feet before rear feet"
    assert (y[[1, 3]] > y[[0, 2]]).all(), "left feet left of right feet"


def test_a_refusal_is_the_error(api: Any, serve_model: Any) -> None:
    def refuse(client: ServerConnection) -> None:
        client.recv()
        client.send(Refusal(code="unknown_model", message="no such model").model_dump_json())

    with inference(refuse) as url:
        serve_model(scene_xml("go1"), url)
        with Api(api.url) as client, pytest.raises(CommandError, match="no such model") as error:
            rollout(client, "mdl_1", 0.1)
    assert error.value.code == "unknown_model"


def test_a_server_that_leaves_is_an_error(api: Any, serve_model: Any) -> None:
    def leave(client: ServerConnection) -> None:
        client.recv()
        client.close(1012, "going away")

    with inference(leave) as url:
        serve_model(scene_xml("go1"), url)
        with Api(api.url) as client, pytest.raises(CommandError, match="going away"):
            rollout(client, "mdl_1", 0.1)


def test_no_server_is_an_error(api: Any, serve_model: Any) -> None:
    serve_model(scene_xml("go1"), "ws://127.0.0.1:1/")
    with Api(api.url) as client, pytest.raises(CommandError, match="cannot reach the inference"):
        rollout(client, "mdl_1", 0.1)


def test_another_scene_is_refused(api: Any, serve_model: Any) -> None:
    serve_model(scene_xml("go1"), "ws://127.0.0.1:1/")
    api.blobs["/api/robots/go1/scene.xml"] = scene_xml("go1").replace(b"0.01", b"0.02", 1)
    with Api(api.url) as client, pytest.raises(CommandError, match="not the one the model"):
        rollout(client, "mdl_1", 0.1)
