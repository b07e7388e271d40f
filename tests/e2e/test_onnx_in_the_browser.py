"""onnxruntime-web runs the exported controller in Chromium, and answers what inference answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from tabrl.control.command_schedule import ScheduleDocument
from tabrl.control.policy import dump_policy, read_policy
from tabrl.export.exportable import Exportable
from tabrl.robots import Robot, scene_xml
from tabrl_exporter.formats import FORMATS
from tabrl_trainer.pretrained import load_pretrained
from tests.support.golden.vectors import STATES, State, some_answers
from tests.support.made_up import made_up_schedule
from tests.support.servers.files import FileServer, file_server
from tests.support.training_context import trained_of_each_kind

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(600)]
RUNTIME = Path(__file__).parent / "onnx" / "node_modules" / "onnxruntime-web" / "dist"
FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
CLOSE = 1e-5  # rad
RUN = """async ({ address, state, shapes }) => {
    const ort = await import(`${address}ort/ort.wasm.min.mjs`);
    ort.env.wasm.wasmPaths = `${address}ort/`;
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(`${address}policy.onnx`);
    const feeds = Object.fromEntries(Object.entries(state).map(([name, values]) =>
        [name, new ort.Tensor("float64", Float64Array.from(values), shapes[name])]));
    const { targets } = await session.run(feeds);
    return Array.from(targets.data);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    """A plain file server with the runtime, and a page that does nothing."""
    if not RUNTIME.is_dir():
        pytest.skip("onnxruntime-web is not installed: run `scripts/web onnx`")
    with file_server(tmp_path_factory.mktemp("onnx")) as server:
        (server.root / "ort").mkdir()
        for name in FILES:
            shutil.copy(RUNTIME / name, server.root / "ort" / name)
        (server.root / "index.html").write_text("<!doctype html><title>ONNX</title>")
        yield server


@pytest.mark.parametrize("robot", trained_of_each_kind(), ids=lambda robot: robot.id)
def test_it_answers_what_inference_answers(server: FileServer, page: Page, robot: Robot) -> None:
    header, weights = read_policy(load_pretrained(robot.id).policy)
    program = ScheduleDocument.of(made_up_schedule(robot, 1))
    params = dump_policy(header.model_copy(update={"program": program}), weights)
    model = Exportable("mdl_1", 0, header.step, robot, params, scene_xml(robot.id))
    (server.root / "policy.onnx").write_bytes(FORMATS["onnx"].write(model)["policy.onnx"])
    states, wanted = some_answers(model.policy)
    page.goto(server.address)
    found = page.evaluate(RUN, {"address": server.address, **_columns(states)})
    assert wanted.shape == (STATES, robot.nu)
    np.testing.assert_allclose(np.reshape(found, wanted.shape), wanted, rtol=0, atol=CLOSE)
    assert np.ptp(wanted, axis=0).max() > 1000 * CLOSE


def _columns(states: list[State]) -> dict[str, object]:
    """The model's inputs, flat, and their shapes; what is not known is not a number."""
    inputs: dict[str, NDArray[np.float64]] = {
        name: np.array([getattr(state, name) for state in states])
        for name in ("time", "qpos", "qvel", "ctrl")
    }
    return {
        "state": {name: values.ravel().tolist() for name, values in inputs.items()},
        "shapes": {name: list(values.shape) for name, values in inputs.items()},
    }
