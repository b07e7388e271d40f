"""Robots side by side: whose ground, whose policy, at what pace, and whether there is a picture."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.test_page import LOSE
from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(900)]

SEATS = 3  # two candidates on flat ground, and the pretrained policy
FULL_HZ = 45.0
GROUP = "window.__tabrlGroup?.()"
MOVING = f"() => {GROUP}?.length === {SEATS} && {GROUP}.every(({{time}}) => time > 0.5)"
KEEPS_PACE_OR_TELLS = f"""() => {GROUP}.every(({{controlHz}}) => controlHz >= {FULL_HZ})
    || /robots are drawn|more slowly than real ones/.test(document.body.innerText)"""
IN_THE_BROWSER = """() => [...document.querySelectorAll("[data-testid=seat]")].every(
    (seat) => /[1-9][0-9]* Hz in this browser/.test(seat.innerText))"""


@pytest.fixture(scope="module")
def task(site: Site) -> dict[str, Any]:
    """Three candidates that play the pretrained policy, the last of them on rough ground.

    Their trainings are cancelled, and told as waiting: others would not be shown.
    """
    with httpx.Client(base_url=site.url, trust_env=False, timeout=60.0) as api:
        robot = next(one for one in api.get("/api/robots").json() if one["id"] == "go1")
        (rough,) = (one["ground"] for one in robot["grounds"] if one["name"] == "rough")
        task = api.post("/api/tasks", json={"robot": "go1", "prompt": "walk forward"}).json()
        while task["state"] == "writing":
            task = api.get(f"/api/tasks/{task['id']}").json()
        for order in ({"candidate": 1}, {"candidate": 2}, {"candidate": 3, "ground": rough}):
            (job,) = api.post(f"/api/tasks/{task['id']}/train", json=order).json()["jobs"]
            api.post(f"/api/jobs/{job['id']}/cancel").raise_for_status()
        told: dict[str, Any] = api.get(f"/api/tasks/{task['id']}").json()
    waits = {"state": "queued", "place_in_queue": 2, "starts_in_s": 61.0, "attempt": 0}
    return {**told, "jobs": [{**job, **waits} for job in told["jobs"]]}


@pytest.fixture
def together(site: Site, task: dict[str, Any], page: Page) -> Page:
    """The page of the task's robots, that move by now."""
    _visit(site, task, page)
    page.wait_for_function(MOVING)
    return page


def test_one_ground_for_all_and_a_pace_that_is_kept_or_told(together: Page) -> None:
    expect(together.get_by_test_id("seat")).to_have_count(SEATS)
    note = together.get_by_role("status").filter(has_text="Left out")
    expect(note).to_contain_text(re.compile("one ground, here flat ground.*trained on: rough"))
    together.wait_for_function(KEEPS_PACE_OR_TELLS)
    together.screenshot(path=RESULTS / "side_by_side.png")


def test_a_lost_picture_comes_back_and_after_three_times_by_a_button(together: Page) -> None:
    canvas, lost = (
        together.get_by_test_id("group").locator("canvas"),
        together.get_by_test_id("lost"),
    )
    for _ in range(3):
        canvas.evaluate(LOSE)
        expect(lost).to_contain_text("comes back in a moment")
        expect(lost).to_have_count(0)
    canvas.evaluate(LOSE)
    expect(lost).to_contain_text("The simulation goes on.")
    together.screenshot(path=RESULTS / "side_by_side_lost.png")
    lost.get_by_role("button", name="Draw it anew").click()
    expect(lost).to_have_count(0)
    assert canvas.evaluate("one => one.getContext('webgl2').isContextLost()") is False


def test_robots_go_on_in_the_browser_when_inference_is_killed(site: Site, together: Page) -> None:
    expect(together.get_by_text("in this browser")).to_have_count(0)
    os.kill(site.pid("inference"), signal.SIGKILL)
    together.wait_for_function(IN_THE_BROWSER)
    before = together.evaluate(f"() => {GROUP}.map(({{time}}) => time)")
    together.wait_for_function(
        f"was => {GROUP}.every(({{time}}, n) => time > was[n] + 1)", arg=before
    )
    together.screenshot(path=RESULTS / "side_by_side_alone.png")


def test_without_webassembly_it_says_so(site: Site, task: dict[str, Any], page: Page) -> None:
    page.add_init_script("delete window.WebAssembly")
    _visit(site, task, page)
    expect(page.get_by_role("alert")).to_contain_text("The physics engine did not start")


def _visit(site: Site, task: dict[str, Any], page: Page) -> None:
    page.route(f"**/api/tasks/{task['id']}", lambda route: route.fulfill(json=task))
    page.goto(f"{site.url}/tasks/{task['id']}/compare?quality=low")
