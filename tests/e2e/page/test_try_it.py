"""What a row of a result's robustness has measured, brought about in the picture and taken back.

Judged by the states that the page sent to the inference server: from each of them MuJoCo in Python,
with the scene made other in the same way, arrives at the next one; in any other world it does not.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import mujoco
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tabrl.robots import scene_xml
from tests.e2e.probe import ServerTick, server_ticks
from tests.e2e.stack import RESULTS, Site
from tests.e2e.taught import taught
from tests.support.training_context import trained_legged

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

WALKER = trained_legged()[0].id
CLOSE = 1e-5  # of any number of qpos, after a step of control
ENOUGH = 40  # steps
AS_IT_IS = "as it is"


class World:
    """The robot's scene, with what a trouble changes."""

    def __init__(self, trouble: dict[str, Any] | None) -> None:
        self._model = mujoco.MjModel.from_xml_string(scene_xml(WALKER).decode())
        self._data = mujoco.MjData(self._model)
        if trouble is not None:
            root = int(self._model.jnt_bodyid[0])
            self._model.geom_friction[:, 0] *= trouble["friction"]
            self._model.body_mass[root] *= trouble["mass"]
            self._model.body_mass[root] += trouble["load_kg"]

    def error(self, now: ServerTick, then: ServerTick) -> float:
        """How far from what came the step goes here, as the largest of qpos."""
        data = self._data
        data.time, data.qpos[:], data.qvel[:] = now.time, now.qpos, now.qvel
        data.ctrl[:] = now.ctrl_out
        data.qacc_warmstart[:] = 0.0
        for _ in range(round((then.time - now.time) / self._model.opt.timestep)):
            mujoco.mj_step(self._model, data)
        return float(np.abs(data.qpos - then.qpos).max())


@pytest.fixture(scope="module")
def troubles(site: Site) -> list[dict[str, Any]]:
    robots = httpx.get(f"{site.url}/api/robots", trust_env=False).json()
    return list(next(robot["troubles"] for robot in robots if robot["id"] == WALKER))


@pytest.fixture
def result(site: Site, page: Page, troubles: list[dict[str, Any]]) -> Page:
    """The page of a training by commands alone, as if its robustness had been measured too."""
    ids = taught(site, WALKER, "trot forward")
    figures = {"episodes": 32, "reward": 1.0, "speed_error": 0.1, "fall_rate": 0.0}
    rows = [{"name": AS_IT_IS, "words": AS_IT_IS, **figures}]
    rows += [{"name": one["name"], "words": one["label"], **figures} for one in troubles]

    def measured(route: Route) -> None:
        body = route.fetch().json()
        for job in body["jobs"]:
            job["result"]["robustness"] = rows
        route.fulfill(json=body)

    page.route(f"**/api/tasks/{ids['task']}", measured)
    address = f"{site.url}/tasks/{ids['task']}/jobs/{ids['job']}"
    page.goto(f"{address}?quality=low&inference=server")
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live", timeout=120_000)
    page.wait_for_function("() => window.__tabrl.stats()?.tick > 50")
    return page


def _latest(page: Page) -> int:
    return int(page.evaluate("() => window.__tabrl.history().at(-1).tick"))


def _go_on(page: Page) -> tuple[int, int]:
    """From which tick to which the robot has gone on meanwhile, what was under way left out."""
    first = _latest(page) + 3
    page.wait_for_function(
        "tick => window.__tabrl.history().at(-1).tick > tick", arg=first + ENOUGH
    )
    return first, first + ENOUGH


def test_a_row_is_tried_and_taken_back(
    site: Site, result: Page, troubles: list[dict[str, Any]]
) -> None:
    spans = [(AS_IT_IS, _go_on(result))]
    rows = result.get_by_test_id("robustness")
    for trouble in troubles:
        button = rows.get_by_role("button", name=f"Try it: {trouble['label']}")
        button.click()
        expect(button).to_have_text("As it was")
        expect(result.get_by_test_id("link")).to_contain_text(trouble["label"])
        spans.append((trouble["name"], _go_on(result)))
        result.screenshot(path=RESULTS / f"try_{trouble['name']}.png")
    expect(rows.get_by_role("button", pressed=True)).to_have_count(1)
    rows.get_by_role("button", pressed=True).click()
    expect(rows.get_by_role("button", pressed=True)).to_have_count(0)
    expect(result.get_by_test_id("link")).not_to_contain_text(troubles[-1]["label"])
    spans.append((AS_IT_IS, _go_on(result)))

    worlds = {one["name"]: World(one) for one in troubles} | {AS_IT_IS: World(None)}
    logged = list(server_ticks(site.tick_log))
    mine = {tick.tick: tick for tick in logged if tick.connection == logged[-1].connection}
    for name, (first, last) in spans:
        ticks = [mine[tick] for tick in range(first, last) if tick in mine]
        pairs = [(now, then) for now, then in pairwise(ticks) if then.tick == now.tick + 1]
        assert len(pairs) > ENOUGH / 2
        errors = {
            world: float(np.median([it.error(now, then) for now, then in pairs]))
            for world, it in worlds.items()
        }
        assert errors.pop(name) < CLOSE, name
        assert min(errors.values()) > 5 * CLOSE, (name, errors)
