"""From a sentence to a moving robot, in Chromium, on the real services."""

from __future__ import annotations

import re
from itertools import pairwise

import mujoco
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot, scene_xml
from tests.e2e.probe import (
    BrowserTick,
    ServerTick,
    browser_ticks,
    fits_a_phone,
    picture,
    server_ticks,
    stat,
)
from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(1500)]

TASK = "walk backwards"
FALLS = re.compile(r"falls in .* episodes", re.IGNORECASE)
WATCHED_S = 10.0
SUBSTEPS = 2


def shot(page: Page, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png", full_page=True)


def test_seven_steps(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low&inference=server")

    # 1 robot, 2 task
    robot = page.get_by_role("radio", name="Go1")
    robot.click()
    expect(robot).to_be_checked()
    page.wait_for_function("() => window.__tabrl?.history().length > 10")
    shot(page, "1-robot-and-task")
    page.get_by_label("Task").fill(TASK)
    page.get_by_role("button", name="Write rewards").click()

    # 3 candidates
    cards = page.get_by_test_id("candidate")
    expect(cards.first).to_be_visible(timeout=180_000)
    assert cards.count() >= 2
    terms = {frozenset(card.get_by_role("slider").evaluate_all(LABELS)) for card in cards.all()}
    assert len(terms) == cards.count(), "candidates differ in their terms"
    expect(cards.first.get_by_test_id("highlighted")).to_contain_text("def reward")
    expect(page.get_by_label("What was understood")).to_contain_text("backward")
    shot(page, "2-candidates")

    # 4 choose, 5 watch the training
    cards.first.get_by_role("button", name="Train this one").click()
    page.wait_for_url("**/tasks/*/jobs/*")
    training = page.get_by_test_id("training")
    expect(training).to_have_attribute("data-state", "running", timeout=400_000)
    link = page.get_by_test_id("link")
    expect(link).to_have_attribute("data-state", "live", timeout=120_000)

    # 6 the robot moves from the first snapshot on
    page.wait_for_function("() => window.__tabrl.stats()?.paramsVersion >= 1", timeout=240_000)
    expect(page.get_by_test_id("curve")).to_be_visible(timeout=120_000)
    expect(page.get_by_test_id("snapshots")).to_be_visible()
    shot(page, "3-training")

    # 7 success checks in three rows
    checks = page.get_by_test_id("checks")
    expect(checks).to_be_visible(timeout=400_000)
    expect(training).to_have_attribute("data-state", "succeeded", timeout=120_000)
    assert checks.locator("tbody tr").count() == 3
    expect(checks.locator("tr[data-row=result] td").first).to_be_visible()
    expect(checks.get_by_test_id("comparison")).to_contain_text(FALLS)
    disturbances = embodiment_of(get_robot("go1")).disturbances
    measured = [one for one in disturbances if one.substeps == SUBSTEPS]
    robustness = page.get_by_test_id("robustness")
    expect(robustness.locator("tbody tr")).to_have_count(len(measured))
    expect(robustness.get_by_role("button", name="Try it")).not_to_have_count(0)
    assert fits_a_phone(page)

    moving_robot(page)
    watched = watch(page)
    page.wait_for_timeout(500)
    shot(page, "4-result")
    logged = list(server_ticks(site.tick_log))
    same_as_the_servers(watched, logged)
    same_physics_as_python(logged)
    assert backward_speed(watched) > 0.15

    # nothing is lost by a reload, and the address is the task's own
    address = page.url
    page.reload()
    expect(page.get_by_role("heading", name=TASK)).to_be_visible()
    expect(page.get_by_test_id("checks")).to_be_visible()
    expect(page.get_by_test_id("curve")).to_be_visible()
    assert page.url == address
    page.goto(site.url)
    page.get_by_role("button", name="Tasks").click()
    page.get_by_role("menuitem", name=f"{TASK} Unitree Go1").click()
    expect(page.get_by_test_id("checks")).to_be_visible()


LABELS = "sliders => sliders.map(slider => slider.getAttribute('aria-label'))"


def moving_robot(page: Page) -> None:
    """The picture changes while the robot runs; the control: it does not while it is paused."""
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(3000)
    before = picture(page)
    page.wait_for_timeout(1000)
    still = np.abs(picture(page) - before).mean()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(2000)
    moved = np.abs(picture(page) - before).mean()
    assert before.std() > 5, "there is something to see"
    assert still < 0.5
    assert moved > 2 * still + 0.5


def watch(page: Page) -> list[BrowserTick]:
    """Reset the robot and watch it for a while, at the rate it was trained for."""
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(1000 * WATCHED_S)
    rate, factor = stat(page, "controlHz"), stat(page, "realTimeFactor")
    assert 45 <= rate <= 55, f"control at {rate:.1f} Hz"
    assert 0.9 <= factor <= 1.1
    return browser_ticks(page)


def same_as_the_servers(watched: list[BrowserTick], logged: list[ServerTick]) -> None:
    """What the page shows is what the server was told, bit for bit."""
    by_tick = {tick.tick: tick for tick in logged if tick.connection == logged[-1].connection}
    both = [(seen, by_tick[seen.tick]) for seen in watched if seen.tick in by_tick]
    assert len(both) > 0.9 * len(watched) > 300
    for seen, told in both:
        assert seen.time == told.time
        np.testing.assert_array_equal(seen.qpos, told.qpos)


def same_physics_as_python(logged: list[ServerTick]) -> None:
    """Python's MuJoCo, given one logged state and its answer, arrives at the next one."""
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    data = mujoco.MjData(model)
    last = [tick for tick in logged if tick.connection == logged[-1].connection][-300:]
    compared = 0
    for now, then in pairwise(last):
        if then.tick != now.tick + 1 or then.time < now.time:
            continue
        data.time, data.qpos[:], data.qvel[:] = now.time, now.qpos, now.qvel
        data.ctrl[:] = now.ctrl_out
        data.qacc_warmstart[:] = 0.0
        for _ in range(SUBSTEPS):
            mujoco.mj_step(model, data)
        np.testing.assert_allclose(data.qpos, then.qpos, atol=1e-5)
        np.testing.assert_allclose(then.ctrl_in, now.ctrl_out, atol=0)
        compared += 1
    assert compared > 200


def backward_speed(watched: list[BrowserTick]) -> float:
    """Mean speed against the heading, m/s, after two seconds to get going."""
    moving = [tick for tick in watched if tick.time > 2.0]
    speeds = []
    for now, then in pairwise(moving):
        w, x, y, z = now.qpos[3:7]
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        step = (then.qpos[:2] - now.qpos[:2]) / (then.time - now.time)
        speeds.append(-(step[0] * np.cos(yaw) + step[1] * np.sin(yaw)))
    return float(np.mean(speeds))
