"""The policy in the browser: by itself where the server is gone, and as the server would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.settings import Settings
from tabrl.control.command_schedule import ScheduleDocument
from tabrl.control.policy import dump_policy, read_policy
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.ids import new_model_id
from tabrl.domain.models import Model
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.export.robot_constants import robot_constants
from tabrl.robots import Robot, scene_xml
from tabrl_local.ports import pick_free
from tabrl_local.stack import BUILT_PAGE
from tabrl_trainer.pretrained import load_pretrained
from tests.e2e.probe import browser_ticks, stat
from tests.e2e.stack import RESULTS
from tests.support.inference import TrainingInProgress
from tests.support.made_up import made_up_schedule
from tests.support.servers.redis import RedisServer
from tests.support.training_context import trained_of_each_kind

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(900)]
START_LIMIT_S = 180.0
COMPARED = 75  # control steps; contacts make a chaos of rounding errors by and by
STATS = "window.__tabrl?.stats()"


@dataclass
class Pair:
    """The api and an inference server that can be killed, with a model of each trained robot."""

    url: str
    environment: dict[str, str]
    models: dict[str, TrainingInProgress]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, service: str) -> None:
        """Start a service and wait until it is ready."""
        self.running[service] = subprocess.Popen(
            [sys.executable, "-m", f"tabrl_{service}"], env=self.environment
        )
        name = "TABRL_PORT" if service == "api" else "TABRL_INFERENCE_PORT"
        address = f"http://127.0.0.1:{self.environment[name]}/readyz"
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end:
            with suppress(httpx.HTTPError):
                if httpx.get(address, trust_env=False).status_code == 200:
                    return
            time.sleep(0.2)
        raise AssertionError(f"{service} did not start")

    def kill(self, service: str) -> None:
        """As if the machine it runs on were gone."""
        process = self.running.pop(service)
        process.kill()
        process.wait()

    def page_of(self, robot: Robot, inference: str) -> str:
        """The address of a robot's model."""
        model_id = self.models[robot.id].model_id
        return f"{self.url}/models/{model_id}?quality=low&inference={inference}"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, redis_session: RedisServer) -> Iterator[Pair]:
    if not (BUILT_PAGE / "index.html").is_file():
        pytest.fail("the page is not built: run `make setup`")
    folder, taken = tmp_path_factory.mktemp("pair"), set[int]()
    port, inference = (pick_free("127.0.0.1", 24_200, taken) for _ in range(2))
    environment = {
        **{name: value for name, value in os.environ.items() if name != "TABRL_TOKEN"},
        "TABRL_DATA": str(folder),
        "TABRL_REDIS_URL": redis_session.url,
        "TABRL_PORT": str(port),
        "TABRL_INFERENCE_PORT": str(inference),
        "TABRL_WEB_DIST": str(BUILT_PAGE),
    }
    pair = Pair(f"http://127.0.0.1:{port}", environment, _models(folder))
    try:
        pair.start("api")
        pair.start("inference")
        yield pair
    finally:
        for process in pair.running.values():
            process.terminate()
            process.wait()


def _models(folder: Path) -> dict[str, TrainingInProgress]:
    """A model of each trained robot, that asks for something of every channel."""
    blobs, models = make_blob_store(Settings(data=folder).blobs), {}
    for robot in trained_of_each_kind():
        constants = json.dumps(robot_constants(embodiment_of(robot))).encode()
        blobs.put(Model.robot_constants_key(robot.id), constants)
        header, weights = read_policy(load_pretrained(robot.id).policy)
        program = ScheduleDocument.of(made_up_schedule(robot))
        asking = dump_policy(header.model_copy(update={"program": program}), weights)
        models[robot.id] = TrainingInProgress(folder, asking, robot, new_model_id())
    return models


@pytest.mark.parametrize("robot", trained_of_each_kind(), ids=lambda robot: robot.id)
def test_the_robot_moves_as_the_server_would_move_it(pair: Pair, page: Page, robot: Robot) -> None:
    page.goto(pair.page_of(robot, "browser"))
    page.wait_for_function(f"() => {STATS}?.pilot?.own.ready")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function(
        "count => { const last = window.__tabrl.history().at(-1);"
        " return last.time > count * 0.02 && last.time < 10 }",
        arg=COMPARED,
    )
    assert page.evaluate(f"() => {STATS}.pilot.where") == "browser"
    ticks = browser_ticks(page)[:COMPARED]
    model_id = pair.models[robot.id].model_id
    params = httpx.get(f"{pair.url}/api/models/{model_id}/params", trust_env=False).content
    wanted = _rollout(robot, params)
    np.testing.assert_allclose([tick.qpos for tick in ticks], wanted, atol=2e-4)
    assert np.ptp(wanted, axis=0).max() > 0.05, "it moves"


def test_a_robot_goes_on_when_inference_is_killed_and_back_when_it_is_there(
    pair: Pair, page: Page
) -> None:
    robot = trained_of_each_kind()[0]
    page.goto(pair.page_of(robot, "auto"))
    link = page.get_by_test_id("link")
    expect(link).to_have_attribute("data-inference", "server", timeout=120_000)
    page.wait_for_function(f"() => {STATS}?.pilot?.own.ready")
    pair.kill("inference")
    try:
        expect(link).to_have_attribute("data-inference", "browser", timeout=30_000)
        expect(page.get_by_text("this browser runs the policy")).to_be_visible()
        tick = stat(page, "tick")
        page.wait_for_function(f"tick => {STATS}.tick > tick + 100", arg=tick)
        page.screenshot(path=RESULTS / "inference_killed.png")
        times = [tick.time for tick in browser_ticks(page) if tick.time > 0.0]
        assert times[0] == pytest.approx(CONTROL_DT), "it was never reset"
        np.testing.assert_allclose(np.diff(times), CONTROL_DT, atol=1e-9)
    finally:
        pair.start("inference")
    expect(link).to_have_attribute("data-inference", "server", timeout=120_000)
    tick = stat(page, "tick")
    page.wait_for_function(f"tick => {STATS}.tick > tick + 50", arg=tick)
    assert browser_ticks(page)[0].time < CONTROL_DT


def test_what_a_training_publishes_is_run_here_too(pair: Pair, page: Page) -> None:
    robot = trained_of_each_kind()[-1]
    training = pair.models[robot.id]
    page.goto(pair.page_of(robot, "browser"))
    page.wait_for_function(f"() => {STATS}?.pilot?.where === 'browser'")
    assert stat(page, "paramsVersion") == 0
    pair.kill("inference")
    try:  # nobody is there to tell the browser: it looks by itself
        training.publish(load_pretrained(robot.id).policy, step=1000)
        page.wait_for_function(f"() => {STATS}.paramsVersion === 1")
        expect(page.get_by_test_id("link")).to_contain_text("In this browser · snapshot 1")
    finally:
        pair.start("inference")


def test_where_it_runs_is_chosen_and_kept(pair: Pair, page: Page) -> None:
    robot = trained_of_each_kind()[0]
    page.goto(pair.page_of(robot, "server"))
    link, switch = page.get_by_test_id("link"), page.get_by_test_id("inference")
    expect(link).to_have_attribute("data-inference", "server", timeout=120_000)
    for wish in ("auto", "browser"):
        switch.click()
        expect(switch).to_have_attribute("data-wish", wish)
    expect(link).to_have_attribute("data-inference", "browser")
    page.goto(pair.page_of(robot, "browser").replace("&inference=browser", ""))
    expect(switch).to_have_attribute("data-wish", "browser")
    expect(link).to_have_attribute("data-inference", "browser")
    page.screenshot(path=RESULTS / "inference_in_the_browser.png")


def _rollout(robot: Robot, params: bytes) -> NDArray[np.float64]:
    """`qpos [T, nq]` after each of the first control steps, with the server's own controller."""
    policy = load_policy(params)
    model = mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    rows = []
    for _ in range(COMPARED):
        rows.append(data.qpos.copy())
        _, ctrl = policy.control(
            np.array([data.time]), data.qpos[None], data.qvel[None], data.ctrl[None]
        )
        data.ctrl[:] = ctrl[0]
        mujoco.mj_step(model, data, round(CONTROL_DT / model.opt.timestep))
    return np.array(rows)
