"""Sentences as people write them elsewhere: very long, without a space, from right to left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.probe import fits_a_phone
from tests.e2e.stack import RESULTS, Site
from tests.e2e.taught import cancelled_trainings

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

WIDTH, HEIGHT = 390, 844
SENTENCES = {
    "long": ("w" * 400 + "🤖🐕" * 50 + " walk slowly to the other side," * 70)[:2000],
    "arabic": "امش ببطء إلى الأمام ثم ارفع قدمك " * 12,
}


@pytest.fixture
def phone(running_chromium: Browser) -> Iterator[Page]:
    """A page on a phone."""
    context = running_chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_sentence_of_any_kind_leaves_room_for_the_robot(
    site: Site, phone: Page, kind: str
) -> None:
    task, (job,) = cancelled_trainings(site, candidates=1, cancel=True)
    sentence = SENTENCES[kind]

    def said(route: Route) -> None:
        body = route.fetch().json()
        lineage = {"task_id": task, "candidate": 1, "job_id": job}
        body |= {"prompt": sentence, "understood": [sentence], "parent": lineage}
        for candidate in body["candidates"]:
            candidate["name"] = sentence
        route.fulfill(json=body)

    def listed(route: Route) -> None:
        body = route.fetch(url=f"{site.url}/api/tasks").json()  # also what was not taught
        for one in body["tasks"]:
            one["prompt"] = sentence
            one["jobs"] = [{**each, "state": "succeeded"} for each in one["jobs"]]
        route.fulfill(json=body)

    phone.route(f"**/api/tasks/{task}", said)
    phone.route("**/api/tasks?*", listed)
    phone.route("**/api/tasks", listed)
    phone.goto(f"{site.url}/tasks/{task}/jobs/{job}?quality=low")
    viewer = phone.get_by_test_id("viewer")
    expect(viewer).to_be_visible()
    expect(phone.get_by_test_id("lineage")).to_contain_text(sentence[:20])
    phone.screenshot(path=RESULTS / f"sentence_{kind}.png")
    box = viewer.bounding_box()
    assert box is not None
    assert box["y"] + 0.6 * box["height"] < HEIGHT
    assert fits_a_phone(phone)

    heading = phone.get_by_role("heading", level=1)
    turned = "heading => getComputedStyle(heading).direction"
    assert heading.evaluate(turned) == ("rtl" if kind == "arabic" else "ltr")
    clamped = heading.bounding_box()
    phone.get_by_role("button", name="Show all of it").click()
    whole = heading.bounding_box()
    assert clamped is not None
    assert whole is not None
    assert whole["height"] > clamped["height"]
    assert fits_a_phone(phone)

    for path in ("/gallery", "/tasks", f"/tasks/{task}/compare"):
        phone.goto(f"{site.url}{path}?quality=low")
        expect(phone.get_by_text(sentence[:20]).first).to_be_visible()
        phone.screenshot(path=RESULTS / f"sentence_{kind}_{path.rsplit('/', 1)[-1]}.png")
        assert fits_a_phone(phone), path
