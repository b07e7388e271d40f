"""What somebody has typed, chosen or asked for is not lost: not by a reload, nor by the network."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.stack import Site
from tests.e2e.taught import cancelled_trainings

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]


def test_a_sentence_outlives_a_reload_until_it_is_a_task(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill("florp the quux")
    robot = page.get_by_role("radio").last
    robot.click()
    page.reload()
    expect(page.get_by_label("Task")).to_have_value("florp the quux")
    expect(robot).to_be_checked()
    page.get_by_role("radio").first.click()
    page.get_by_role("button", name="Write rewards").click()
    page.wait_for_url("**/tasks/tsk_*")
    page.get_by_role("link", name="New task").click()
    expect(page.get_by_label("Task")).to_have_value("")


def test_what_was_looked_for_is_in_the_address(site: Site, page: Page) -> None:
    cancelled_trainings(site, candidates=1, cancel=True)
    page.goto(f"{site.url}/tasks?quality=low")
    page.get_by_label("Search in sentences").fill("walk forw")
    page.get_by_label("State").select_option("ready")
    page.wait_for_url("**/tasks?quality=low&q=walk+forw&state=ready")
    page.get_by_role("list", name="Tasks").get_by_role("link").first.click()
    page.wait_for_url("**/tasks/tsk_*")
    page.go_back()
    expect(page.get_by_label("Search in sentences")).to_have_value("walk forw")
    page.reload()
    expect(page.get_by_label("Search in sentences")).to_have_value("walk forw")
    expect(page.get_by_label("State")).to_have_value("ready")
    page.get_by_role("link", name="Gallery").click()
    page.get_by_role("button", name="Kept").click()
    page.wait_for_url("**/gallery?kept=1")
    page.get_by_role("link", name="Gallery").click()  # as if for the first time
    expect(page.get_by_role("button", name="Kept")).to_have_attribute("aria-pressed", "false")


def test_an_answer_that_got_lost_makes_no_second_task(site: Site, page: Page) -> None:
    sentence = "florp the quux twice"
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            return route.fallback()
        lost.append(route.fetch().json()["id"])
        return route.abort()

    page.route("**/api/tasks", lose)
    page.goto(f"{site.url}/?quality=low")
    page.get_by_label("Task").fill(sentence)
    page.get_by_role("button", name="Write rewards").click()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.get_by_role("button", name="Write rewards").click()
    page.wait_for_url("**/tasks/tsk_*")
    assert page.url.endswith(lost[0])
    found = httpx.get(f"{site.url}/api/tasks", params={"text": sentence}, trust_env=False)
    assert [task["id"] for task in found.json()["tasks"]] == lost
