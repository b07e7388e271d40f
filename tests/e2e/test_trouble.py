"""What the page says when something is missing or goes wrong."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.probe import fits_a_phone
from tests.e2e.stack import Chromium, Site

ARM = Path(__file__).parents[2] / "web" / "tests" / "arm.xml"

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]


def test_a_sentence_without_meaning_is_answered_with_help(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill("florp the quux")
    page.get_by_role("button", name="Write rewards").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("No reward could be written", timeout=120_000)
    assert len(alert.inner_text()) > 80, "it says what to do"
    expect(page.get_by_label("Task")).to_have_value("florp the quux")


def test_an_unknown_task_is_named_as_such(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/tasks/tsk_aaaaaaaaaaaaaaaa")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_long_task_is_held_back_before_it_is_sent(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill("walk " * 2000)
    expect(page.get_by_text("characters too many")).to_be_visible()
    expect(page.get_by_role("button", name="Write rewards")).to_be_disabled()


def test_a_robot_that_is_not_trained_can_be_looked_at(site: Site, page: Page) -> None:
    command = "tabrl-train-base arm"

    def with_an_arm(route: Route) -> None:
        (robot, *others) = route.fetch().json()
        arm = {
            **robot,
            "id": "arm",
            "name": "Arm",
            "scene_url": "/api/robots/arm/scene.xml",
            "visuals_url": None,
            "fall": None,
            "trained": False,
            "training_command": command,
        }
        route.fulfill(json=[robot, arm, *others])

    page.route("**/api/robots", with_an_arm)
    page.route(
        "**/api/robots/arm/scene.xml",
        lambda route: route.fulfill(body=ARM.read_bytes(), content_type="application/xml"),
    )
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill("nod")
    expect(page.get_by_role("button", name="Write rewards")).to_be_enabled()
    page.get_by_role("radio", name="Arm").click()
    expect(page.get_by_role("button", name="Write rewards")).to_be_disabled()
    expect(page.get_by_role("alert")).to_contain_text(command)
    page.wait_for_function("() => window.__tabrl?.history().at(-1)?.qpos.length === 2")
    assert fits_a_phone(page)


def test_without_webgl_the_rest_of_the_page_works(site: Site, chromium: Chromium) -> None:
    browser = chromium.launch("--disable-3d-apis")
    try:
        page = browser.new_page()
        page.goto(site.url)
        expect(page.get_by_role("alert")).to_contain_text("WebGL", timeout=60_000)
        expect(page.get_by_label("Task")).to_be_editable()
    finally:
        browser.close()


def test_without_webassembly_the_rest_of_the_page_works(site: Site, chromium: Chromium) -> None:
    browser = chromium.launch()
    try:
        page = browser.new_page()
        page.add_init_script("delete window.WebAssembly")
        page.goto(site.url)
        expect(page.get_by_role("alert")).to_contain_text("WebAssembly", timeout=60_000)
        expect(page.get_by_label("Task")).to_be_editable()
    finally:
        browser.close()


def test_a_lost_server_is_told_and_found_again(site: Site, page: Page) -> None:
    model_id = model_of_a_cancelled_job(site)
    page.goto(f"{site.url}/models/{model_id}?quality=low&inference=server")
    link = page.get_by_test_id("link")
    expect(link).to_have_attribute("data-state", "live", timeout=120_000)
    page.wait_for_function("() => window.__tabrl.stats() !== null")  # a moment after the link
    seen = page.evaluate("() => window.__tabrl.stats().tick")
    os.kill(site.pid("inference"), signal.SIGKILL)
    expect(page.get_by_text("Connection to the policy lost")).to_be_visible(timeout=30_000)
    expect(link).to_have_attribute("data-state", "live", timeout=120_000)
    page.wait_for_function("tick => window.__tabrl.stats().tick > tick + 50", arg=seen)


def model_of_a_cancelled_job(site: Site) -> str:
    """A model that plays the base policy, made without waiting for a training."""
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        task = api.post("/api/tasks", json={"robot": "go1", "prompt": "walk forward"}).json()
        while task["state"] == "writing":
            task = api.get(f"/api/tasks/{task['id']}").json()
        started = api.post(f"/api/tasks/{task['id']}/train", json={"candidate": 1}).json()
        job = started["jobs"][0]
        api.post(f"/api/jobs/{job['id']}/cancel")
        return str(job["model_id"])
