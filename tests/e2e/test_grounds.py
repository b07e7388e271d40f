"""Grounds on the page: chosen where candidates are, seen where the robot is."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]
HEIGHT = "() => window.__tabrl.stats()?.readings[2]"


@pytest.fixture(scope="module")
def task(site: Site) -> str:
    """A task with candidates for flat ground."""
    asked = {"robot": "go1", "prompt": "walk forward"}
    made = httpx.post(f"{site.url}/api/tasks", json=asked, timeout=30).json()
    end = time.monotonic() + 240
    while httpx.get(f"{site.url}/api/tasks/{made['id']}").json()["state"] != "ready":
        assert time.monotonic() < end
        time.sleep(0.5)
    name: str = made["id"]
    return name


def test_a_training_is_asked_for_on_the_ground_that_is_chosen(
    site: Site, page: Page, task: str
) -> None:
    asked: list[dict[str, object]] = []

    def note(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}"))
        route.abort()

    page.route("**/train", note)
    page.goto(f"{site.url}/tasks/{task}?quality=low")
    ground = page.get_by_label("Train on")
    expect(ground.locator("option:checked")).to_have_text("as asked: flat ground")
    train = page.get_by_role("button", name="Train this one").first
    train.click()
    ground.select_option("rough")
    expect(ground.locator("option:checked")).to_contain_text("rough ground")
    page.screenshot(path=RESULTS / "ground_chosen.png")
    train.click()
    end = time.monotonic() + 30
    while len(asked) < 2 and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert "ground" not in asked[0]
    assert asked[1]["ground"] == {
        "shape": "rough", "friction": None, "angle_deg": 0.0, "height_m": 0.035, "seed": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["rough", "upstairs", "uphill"])
def test_a_robot_stands_on_its_ground(
    site: Site, page: Page, task: str, name: str, request: pytest.FixtureRequest
) -> None:
    (robot,) = (r for r in httpx.get(f"{site.url}/api/robots").json() if r["id"] == "go1")
    (ground,) = (one["ground"] for one in robot["grounds"] if one["name"] == name)
    order = {"candidate": 1, "ground": ground}
    answer = httpx.post(f"{site.url}/api/tasks/{task}/train", json=order)
    (job,) = answer.json()["jobs"]
    request.addfinalizer(lambda: httpx.post(f"{site.url}/api/jobs/{job['id']}/cancel"))
    page.goto(f"{site.url}/models/{job['model_id']}?quality=low")
    expect(page.get_by_text(job["ground_words"])).to_be_visible()
    page.wait_for_function("() => window.__tabrl?.stats()?.tick > 50", timeout=120_000)
    # The pretrained policy stands there, and the height shown is that above the ground.
    assert 0.2 < page.evaluate(HEIGHT) < 0.35
    page.screenshot(path=RESULTS / f"ground_{name}.png", timeout=120_000)
