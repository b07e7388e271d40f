"""What has been taught: its film strips, and how it is found again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.stack import RESULTS, Site
from tests.e2e.taught import taught

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(900)]

SENTENCE = "trot forward"
PICTURES, WIDTH, HEIGHT = 16, 240, 160
# Of a strip: its size, and how much two of its pictures differ, grey levels of 255 a pixel.
STRIP = """async (strip) => {
    const [, url] = /url\\("(.*)"\\)/.exec(getComputedStyle(strip).backgroundImage);
    const image = await createImageBitmap(await (await fetch(url)).blob());
    const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
    pen.drawImage(image, 0, 0);
    const [one, other] = [0, 5].map((n) => pen.getImageData(240 * n, 0, 240, 160).data);
    const differs = one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0);
    return [image.width, image.height, differs / one.length];
}"""


def test_what_was_taught_is_seen_in_motion_and_found_again(site: Site, page: Page) -> None:
    task = taught(site, "go1", SENTENCE)["task"]
    page.goto(f"{site.url}/gallery?quality=low")
    cards = page.get_by_test_id("taught")
    card = cards.filter(has_text=SENTENCE).first
    _moves(card.get_by_test_id("strip"))
    page.screenshot(path=RESULTS / "gallery.png")

    search = page.get_by_label("Search in sentences")
    search.fill("TROT forw")
    expect(card).to_be_visible()
    search.fill("no such words")
    expect(page.get_by_text("Nothing that was taught is like that.")).to_be_visible()
    expect(cards).to_have_count(0)
    search.fill("")
    page.get_by_role("button", name="Kept").click()
    expect(card).to_have_count(0)
    with _kept(site, task):
        page.reload()
        page.get_by_role("button", name="Kept").click()
        expect(card.get_by_label("kept")).to_be_visible()
        expect(cards).to_have_count(1)


def test_strips_are_made_where_inference_is_gone(site: Site, page: Page) -> None:
    taught(site, "go1", SENTENCE)

    def of_nobody(route: Route) -> None:
        model = route.fetch().json()
        route.fulfill(json={**model, "inference_url": f"{model['inference_url']}/nobody"})

    page.route("**/api/models/*", of_nobody)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site.url}/gallery?quality=low")
    _moves(page.get_by_test_id("taught").filter(has_text=SENTENCE).first.get_by_test_id("strip"))
    page.screenshot(path=RESULTS / "gallery_alone.png")


def _moves(strip: Locator) -> None:
    expect(strip).to_be_visible(timeout=120_000)
    width, height, differs = strip.evaluate(STRIP)
    assert (width, height) == (PICTURES * WIDTH, HEIGHT)
    assert differs > 1.0, "it moves"


@contextmanager
def _kept(site: Site, task: str) -> Iterator[None]:
    """A star on a task, while the block runs."""
    address = f"{site.url}/api/tasks/{task}"
    httpx.patch(address, json={"starred": True}, trust_env=False).raise_for_status()
    yield
    httpx.patch(address, json={"starred": False}, trust_env=False).raise_for_status()
