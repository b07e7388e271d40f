"""A lost graphics context: the full picture that comes back is the one that was lost."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.page.test_page import LOSE, MOVING
from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(900)]

Pixels = NDArray[np.float64]
CELLS = 60  # that a picture is compared by, along each side: larger than the noise of an edge
SAME = 2.0  # grey levels of 255, of a cell
LIMIT_S = 240.0
# What is on the canvas lasts as long as the frame that it was drawn in.
DRAWN = """canvas => new Promise(done => requestAnimationFrame(
    () => done(canvas.toDataURL("image/png").split(",")[1])))"""
IS_FULL = """() => { const canvas = document.querySelector("[data-testid=viewer] canvas");
    return canvas !== null && canvas.width > canvas.clientWidth }"""

# What is drawn aside, into no picture yet, comes to nothing once `window.fault` names it: shadows
# are drawn 2048 pixels wide, what shells and floor reflect is narrower.
FAULTS = """
    const { prototype } = WebGL2RenderingContext;
    const [bind, view] = [prototype.bindFramebuffer, prototype.viewport];
    prototype.bindFramebuffer = function (target, buffer) {
        this.aside = buffer !== null;
        bind.call(this, target, buffer);
    };
    prototype.viewport = function (x, y, width, height) {
        this.what = width >= 2048 ? "shadows" : "reflections";
        view.call(this, x, y, width, height);
    };
    for (const name of ["drawArrays", "drawElements"]) {
        const draw = prototype[name];
        prototype[name] = function (...drawn) {
            if (!this.aside || window.fault !== this.what) draw.apply(this, drawn);
        };
    }
"""


@pytest.fixture
def small(running_chromium: Browser) -> Iterator[Page]:
    """A page small enough that full pictures come quickly without a graphics card."""
    context = running_chromium.new_context(viewport={"width": 360, "height": 480})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(f"(() => {{{FAULTS}}})()")
    yield page
    context.close()


def _canvas(page: Page) -> Locator:
    return page.get_by_test_id("viewer").locator("canvas")


def _cells(page: Page) -> Pixels:
    """What the canvas shows: mean colours of its cells `[CELLS, CELLS, 3]`."""
    while True:
        png = base64.b64decode(_canvas(page).evaluate(DRAWN))
        shown = Image.open(io.BytesIO(png)).convert("RGB")
        cells = np.asarray(shown.resize((CELLS, CELLS), Image.Resampling.BOX), dtype=np.float64)
        if cells.any():  # a simple picture is not drawn in every frame
            return cells


def _difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one - other).max())


def _settled(page: Page, wanted: Pixels | None = None) -> Pixels:
    """The picture once it changes no more; or sooner, once it is the wanted one."""
    end, still = time.monotonic() + LIMIT_S, 0
    last = _cells(page)
    while still < 4 and time.monotonic() < end:
        page.wait_for_timeout(300)
        now = _cells(page)
        if wanted is not None and _difference(now, wanted) < SAME:
            return now
        still = still + 1 if np.array_equal(now, last) else 0
        last = now
    return last


def _stopped(page: Page, site: Site, quality: str) -> None:
    """A robot that has left footprints and stands still by now."""
    page.goto(f"{site.url}/?quality={quality}")
    page.wait_for_function(MOVING)
    page.get_by_role("button", name="Pause").click()


def _lose(page: Page) -> None:
    _canvas(page).evaluate(LOSE)
    expect(page.get_by_test_id("lost")).to_contain_text("The picture was lost")
    expect(page.get_by_test_id("lost")).to_have_count(0, timeout=120_000)


def test_the_full_picture_comes_back(site: Site, small: Page) -> None:
    _stopped(small, site, "full")
    small.wait_for_function(IS_FULL)
    before = _settled(small)
    small.screenshot(path=RESULTS / "picture_before.png")
    _lose(small)
    small.wait_for_function(IS_FULL)
    after = _settled(small, before)
    small.screenshot(path=RESULTS / "picture_after.png")
    assert before.std() > 5, "there is something to see"
    assert _difference(before, after) < SAME


def test_a_picture_that_lacks_something_is_another(site: Site, small: Page) -> None:
    small.route("**/*.glb", lambda route: route.abort())  # the scene's own shapes come at once
    _stopped(small, site, "full")
    small.wait_for_function(IS_FULL)
    before = _settled(small)
    for gone in ("reflections", "shadows"):
        small.evaluate("gone => { window.fault = gone }", gone)
        _lose(small)
        small.wait_for_function(IS_FULL)
        after = _settled(small)
        small.screenshot(path=RESULTS / f"picture_without_{gone}.png")
        assert _difference(before, after) > 4 * SAME, gone


def test_the_camera_stays_where_somebody_went(site: Site, small: Page) -> None:
    small.route("**/*.glb", lambda route: route.abort())
    _stopped(small, site, "low")
    before = _settled(small)
    box = _canvas(small).bounding_box()
    assert box is not None
    x, y = box["x"] + 0.1 * box["width"], box["y"] + 0.5 * box["height"]
    small.mouse.move(x, y)
    small.mouse.down()
    small.mouse.move(x + 120, y + 10, steps=3)
    small.mouse.up()
    turned = _settled(small)
    assert _difference(before, turned) > 4 * SAME
    _lose(small)
    assert _difference(turned, _settled(small, turned)) < SAME
