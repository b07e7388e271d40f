"""Robots without a pretrained policy, and those that nobody wrote the page for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tabrl.domain.ids import new_model_id
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import page_of
from tabrl.robots import Robot
from tests.e2e.probe import fits_a_phone
from tests.e2e.stack import RESULTS, Site
from tests.support.inference import TrainingInProgress
from tests.support.made_up import made_up_params, made_up_schedule
from tests.support.robots import MADE_UP, PACKAGED
from tests.support.training_context import trained_robots

UNTRAINED = (*MADE_UP, *(robot for robot in PACKAGED if robot not in trained_robots()))
pytestmark = [
    pytest.mark.needs_chromium,
    pytest.mark.stack,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("robot", UNTRAINED, ids=lambda robot: robot.id),
]
LAST_STATE = "() => window.__tabrl?.history().at(-1)"


def test_it_is_looked_at_before_it_can_learn(site: Site, page: Page, robot: Robot) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill("nod")
    expect(page.get_by_role("button", name="Write rewards")).to_be_enabled()
    page.get_by_role("radio", name=robot.name).click()
    expect(page.get_by_role("button", name="Write rewards")).to_be_disabled()
    expect(page.get_by_role("alert")).to_contain_text(f"tabrl-train-base {robot.id}")
    nq = embodiment_of(robot).nq
    page.wait_for_function(f"nq => ({LAST_STATE})()?.qpos.length === nq", arg=nq)
    page.screenshot(path=RESULTS / f"{robot.id}_untrained.png")
    assert fits_a_phone(page)


def test_it_is_driven_by_a_policy_that_is_swapped(
    site: Site, page: Page, robot: Robot, request: pytest.FixtureRequest
) -> None:
    asking = made_up_params(robot, made_up_schedule(robot))
    training = TrainingInProgress(site.data, asking, robot, new_model_id())
    request.addfinalizer(training.take_base_back)
    page.goto(f"{site.url}/models/{training.model_id}?quality=low")
    link = page.get_by_test_id("link")
    expect(link).to_have_attribute("data-state", "live", timeout=120_000)
    page.wait_for_function("() => window.__tabrl.stats()?.tick > 50")
    training.publish(made_up_params(robot, seed=1), step=1000)
    page.wait_for_function("() => window.__tabrl.stats().paramsVersion === 1")
    for readout in page_of(robot).readouts:
        expect(page.get_by_text(readout.label, exact=True).first).to_be_visible()
    state = page.evaluate(LAST_STATE)
    assert len(state["qpos"]) == embodiment_of(robot).nq
    page.screenshot(path=RESULTS / f"{robot.id}_driven.png")
