"""A share folder on a plain file server: it plays, and asks for nothing that is not in it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Request, Response, expect
from safetensors.numpy import load

from tabrl.control.arrays import Floats
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import dump_policy, read_policy
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of
from tabrl.export.exportable import Exportable
from tabrl.export.formats import format_named
from tabrl.robots import Robot, scene_xml
from tabrl_local.stack import BUILT_PAGE, BUILT_VISUALS
from tabrl_trainer.pretrained import load_pretrained
from tests.e2e.page.test_page import LOSE
from tests.e2e.probe import browser_ticks, picture
from tests.e2e.stack import RESULTS, Site
from tests.e2e.taught import taught
from tests.support.servers.files import FileServer, file_server
from tests.support.training_context import trained_of_each_kind, trained_robots

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(600)]
STATS = "window.__tabrl?.stats()"
SENTENCE = 'sway & "wave" <gently>'


@dataclass
class Visit:
    """What a browser asked for at the file server."""

    address: str
    asked: list[str]
    failed: list[str]

    def watch(self, page: Page) -> None:
        """Remember every request, and those that came to nothing."""

        def answered(response: Response) -> None:
            if response.status >= 400:
                self.failed.append(response.url)

        def asked(request: Request) -> None:
            self.asked.append(request.url)

        page.on("request", asked)
        page.on("response", answered)
        page.on("requestfailed", lambda request: self.failed.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))

    def elsewhere(self) -> list[str]:
        """What does not lie in the folder."""
        inside = (self.address, "data:", "blob:")
        return [url for url in self.asked if not url.startswith(inside)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    if not (BUILT_PAGE / "share.html").is_file():
        pytest.fail("the page is not built: run `make setup`")
    with file_server(tmp_path_factory.mktemp("files")) as server:
        yield server


def _share(server: FileServer, robot: Robot, schedule: CommandSchedule) -> Visit:
    """A folder of a robot's pretrained policy under a schedule, deep below the server's root."""
    header, weights = read_policy(load_pretrained(robot.id).policy)
    program = ScheduleDocument.of(schedule)
    params = dump_policy(header.model_copy(update={"program": program}), weights)
    meshes = BUILT_VISUALS / f"{robot.id}.glb"
    model = Exportable(
        "mdl_shared", 2, 1_200_000, robot, params, scene_xml(robot.id),
        visuals=meshes.read_bytes() if meshes.is_file() else None,
        page=BUILT_PAGE, sentence=SENTENCE,
    )  # fmt: skip
    folder = f"some/where/{robot.id}"
    for name, data in format_named("web").write(model).items():
        path = server.root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Visit(f"{server.address}{folder}/", [], [])


@pytest.mark.parametrize("robot", trained_of_each_kind(), ids=lambda robot: robot.id)
def test_it_plays_with_no_server_but_one_for_files(
    server: FileServer, page: Page, robot: Robot
) -> None:
    recipes = list(embodiment_of(robot).recipes.values())
    visit = _share(server, robot, recipes[len(recipes) // 2])
    visit.watch(page)
    page.goto(f"{visit.address}?quality=low")
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    page.wait_for_function(f"() => {STATS}?.tick > 150")
    assert page.evaluate(f"() => {STATS}.pilot.where") == "browser"
    ticks = [tick for tick in browser_ticks(page) if tick.time > 0.0]
    np.testing.assert_allclose(np.diff([tick.time for tick in ticks]), CONTROL_DT, atol=1e-9)
    assert np.ptp([tick.qpos for tick in ticks], axis=0).max() > 0.03, "it moves"
    expect(page.get_by_text("this browser", exact=True)).to_be_visible()
    page.get_by_text("What this is").click()
    expect(page.get_by_text("What it would do on a real robot, nothing here says")).to_be_visible()
    expect(page.get_by_text("snapshot 2 of its training")).to_be_visible()
    assert picture(page).std() > 5, "there is something to see"
    page.screenshot(path=RESULTS / f"share_{robot.id}.png")
    assert visit.elsewhere() == visit.failed == []
    assert len(visit.asked) > 6


def test_a_visitor_can_push_it_stop_it_and_begin_again(server: FileServer, page: Page) -> None:
    robot = next(one for one in trained_robots() if one.embodiment == "legged")
    standing = CommandSchedule.neutral(embodiment_of(robot).commands)
    visit = _share(server, robot, standing)
    visit.watch(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{visit.address}?quality=low")
    page.wait_for_function(f"() => {STATS}?.tick > 50")
    before = browser_ticks(page)[-1]
    page.get_by_role("button", name="Push").click()
    page.wait_for_function(f"tick => {STATS}.tick > tick + 60", arg=before.tick)
    after = [tick.qpos[:2] for tick in browser_ticks(page) if tick.tick > before.tick]
    assert np.linalg.norm(after - before.qpos[:2], axis=1).max() > 0.02
    page.screenshot(path=RESULTS / "share_phone.png")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_timeout(500)
    stopped = page.evaluate("() => window.__tabrl.history().at(-1).tick")
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.__tabrl.history().at(-1).tick") == stopped
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => window.__tabrl.history().at(-1).time < 1")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert visit.elsewhere() == visit.failed == []


def test_a_lost_picture_is_told_and_comes_back(server: FileServer, page: Page) -> None:
    robot = trained_robots()[0]
    visit = _share(server, robot, CommandSchedule.neutral(embodiment_of(robot).commands))
    visit.watch(page)
    page.goto(f"{visit.address}?quality=low")
    page.wait_for_function(f"() => {STATS}?.tick > 50")
    canvas, lost = page.get_by_test_id("viewer").locator("canvas"), page.locator("#lost")
    for _ in range(3):
        canvas.evaluate(LOSE)
        expect(lost).to_contain_text("its picture comes back in a moment")
        expect(lost).to_be_hidden()
    canvas.evaluate(LOSE)
    expect(page.locator("#comes")).to_be_hidden()
    page.screenshot(path=RESULTS / "share_lost.png")
    lost.get_by_role("button", name="Draw it anew").click()
    expect(lost).to_be_hidden()
    assert canvas.evaluate("one => one.getContext('webgl2').isContextLost()") is False
    page.wait_for_timeout(500)
    assert picture(page).std() > 5, "there is something to see"
    assert visit.elsewhere() == visit.failed == []


@pytest.fixture(scope="module")
def downloaded(site: Site, server: FileServer) -> str:
    """A folder, by its name, of what a training has found, as the api hands it out."""
    robot = next(one for one in trained_robots() if one.embodiment == "legged")
    model = taught(site, robot.id, "trot forward")["model"]
    answer = httpx.get(f"{site.url}/api/models/{model}/exports/web", trust_env=False, timeout=120.0)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(server.root)
    return f"{model}-web"


@pytest.mark.stack
@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 800, "light"), (390, 844, "dark")])
def test_evaluated_episodes_are_scrubbed_with_no_server(
    server: FileServer, downloaded: str, page: Page, width: int, height: int, scheme: str
) -> None:
    tensors = load((server.root / downloaded / "model/episodes.safetensors").read_bytes())
    visit = Visit(f"{server.address}{downloaded}/", [], [])
    visit.watch(page)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{visit.address}?quality=low")
    page.wait_for_function(f"() => {STATS}?.tick > 50")
    page.get_by_role("button", name="Replay").click()
    replay, slider = page.get_by_test_id("replay"), page.get_by_role("slider", name="Moment")
    expect(replay).to_have_attribute("data-step", re.compile("[1-9]"))
    slider.press("End")
    _stands(page, tensors["typical/qpos"][-1])
    slider.press("Home")
    slider.press("Shift+ArrowRight")
    expect(replay).to_have_attribute("data-step", "10")
    _stands(page, tensors["typical/qpos"][10])
    page.get_by_role("button", name="Worst of").click()
    slider.press("Home")
    _stands(page, tensors["worst/qpos"][0])
    expect(replay.get_by_role("region", name="Reward and its terms")).to_contain_text("reward")
    expect(page.get_by_role("button", name="Push")).to_be_hidden()
    fill = "strip => getComputedStyle(strip).fill"
    assert replay.locator(".fill-accent").first.evaluate(fill) != "rgb(0, 0, 0)", "it has its style"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.wait_for_timeout(500)
    page.screenshot(path=RESULTS / f"share_replay_{width}.png")
    page.get_by_role("button", name="Replay").click()
    before = page.evaluate("() => window.__tabrl.history().at(-1).time")
    page.wait_for_function(
        "before => window.__tabrl.history().at(-1).time > before + 0.2", arg=before
    )
    expect(page.get_by_role("button", name="Push")).to_be_visible()
    expect(replay).to_have_count(0)
    assert visit.elsewhere() == visit.failed == []


def _stands(page: Page, wanted: Floats) -> None:
    """Wait until the robot in the picture stands as it stood."""
    page.wait_for_function(
        """wanted => window.__tabrl.history().at(-1).qpos.every(
            (value, i) => Math.abs(value - wanted[i]) < 1e-6)""",
        arg=wanted.tolist(),
    )


def test_a_folder_that_is_not_whole_says_so(server: FileServer, page: Page) -> None:
    robot = trained_robots()[0]
    visit = _share(server, robot, CommandSchedule.neutral(embodiment_of(robot).commands))
    page.route("**/model/policy.safetensors", lambda route: route.fulfill(body=b"no policy"))
    page.goto(f"{visit.address}?quality=low")
    expect(page.get_by_role("alert")).to_contain_text("not a readable params file")
