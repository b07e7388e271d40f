"""A task that is deleted while others look at it: they are told, and ask no more."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.stack import RESULTS, Site
from tests.e2e.taught import cancelled_trainings

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

BACK_HERE = """() => window.dispatchEvent(new Event("visibilitychange"))"""
POLLS_MS = 4000  # a task that is worked on is asked for several times meanwhile


@pytest.fixture
def windows(running_chromium: Browser) -> Iterator[BrowserContext]:
    """Several windows of one person; no robot is simulated in them."""
    context = running_chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    context.route("**/mujoco*.wasm", lambda route: route.abort())
    yield context
    context.close()


def test_every_window_is_told_and_asks_no_more(site: Site, windows: BrowserContext) -> None:
    task, (job,) = cancelled_trainings(site, candidates=1, cancel=True)
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        model = api.get(f"/api/jobs/{job}").json()["model_id"]
    asked: list[str] = []

    def still_worked_on(route: Route) -> None:
        asked.append(route.request.url)
        answer = route.fetch()
        body = answer.json()
        if not answer.ok:
            return route.fulfill(response=answer)
        body["jobs"] = [{**each, "state": "running"} for each in body["jobs"]]
        return route.fulfill(json=body)

    watching, beside, alone, deleting = (windows.new_page() for _ in range(4))
    for page in (watching, beside):
        page.route(f"**/api/tasks/{task}", still_worked_on)
    watching.goto(f"{site.url}/tasks/{task}")
    beside.goto(f"{site.url}/tasks/{task}/compare")
    alone.goto(f"{site.url}/models/{model}")
    for page in (watching, beside, alone):
        expect(page.get_by_role("heading", level=1, name="walk forward")).to_be_visible()

    deleting.goto(f"{site.url}/tasks/{task}")
    deleting.get_by_role("button", name="Delete", exact=True).click()
    deleting.get_by_role("button", name="Delete with all it has learnt").click()
    deleting.wait_for_url(f"{site.url}/")

    _is_told(watching, "This task was deleted")
    _is_told(beside, "This task was deleted")
    alone.evaluate(BACK_HERE)
    _is_told(alone, "This model was deleted")
    watching.screenshot(path=RESULTS / "deleted.png")
    asked.clear()
    watching.wait_for_timeout(POLLS_MS)
    assert asked == []

    deleting.go_back()  # what is gone is not shown from memory either
    expect(deleting.get_by_role("alert")).to_contain_text("may have been deleted")
    expect(deleting.get_by_role("heading", name="walk forward")).to_have_count(0)
    deleting.get_by_role("link", name="All tasks").click()
    deleting.wait_for_url(f"{site.url}/tasks")


def _is_told(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()
    expect(page.get_by_role("link", name="To the start")).to_be_visible()
