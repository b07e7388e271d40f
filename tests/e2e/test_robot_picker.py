"""Choosing among robots: pictures, what each can do, and whose task something is."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tabrl.embodiments.lookup import page_of
from tabrl.robots import Robot
from tabrl_local.stack import BUILT_VISUALS
from tests.e2e.stack import RESULTS, Site
from tests.support.robots import MADE_UP, PACKAGED

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

NARROW = 400


def card(page: Page, robot: Robot) -> Locator:
    return page.locator("label", has=page.get_by_role("radio", name=robot.name))


def test_each_robot_has_its_picture_its_abilities_and_its_sentences(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    for robot in PACKAGED:
        assert (BUILT_VISUALS / f"{robot.id}.png").is_file(), "set-up draws it: make setup"
        picture = card(page, robot).locator("img")
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0
        page.get_by_role("radio", name=robot.name).click()
        first = page_of(robot).abilities[0]
        expect(page.get_by_test_id("abilities")).to_contain_text(first[1:])
        expect(page.get_by_label("Examples").get_by_role("button")).to_have_text(
            list(robot.examples)
        )
        expect(page.get_by_label("Task")).to_have_attribute("placeholder", robot.examples[0])
    for robot in MADE_UP:
        page.get_by_role("radio", name=robot.name).click()
        hint = robot.examples[0] if robot.examples else f"What should the {robot.name} do?"
        expect(page.get_by_label("Task")).to_have_attribute("placeholder", hint)
        expect(page.get_by_label("Examples")).to_have_count(1 if robot.examples else 0)
        expect(card(page, robot).locator("img")).to_have_count(0)
        expect(card(page, robot)).to_contain_text(f"tabrl-train-base {robot.id}")


def test_it_is_of_use_on_a_narrow_screen_and_by_keyboard(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": NARROW, "height": 860})
    page.goto(f"{site.url}/?quality=low")
    first, second = PACKAGED[:2]
    page.get_by_role("radio", name=first.name).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name=second.name)).to_be_checked()
    for robot in PACKAGED:
        box = card(page, robot).bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= NARROW - box["width"]
        assert box["width"] >= 120, "wide enough for a finger and a name"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / "robots_narrow.png")


def test_a_tasks_robot_is_plain_in_the_list_and_on_its_page(site: Site, page: Page) -> None:
    robot = PACKAGED[-1]
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        task = api.post("/api/tasks", json={"robot": robot.id, "prompt": "florp on"}).json()
    whose = f"{robot.maker} {robot.name}"
    page.goto(f"{site.url}/tasks/{task['id']}?quality=low")
    expect(page.get_by_role("main").get_by_test_id("robot").first).to_have_text(whose)
    page.get_by_role("button", name="Tasks").click()
    item = page.get_by_role("menuitem", name="florp on")
    expect(item.get_by_test_id("robot")).to_have_text(whose)
