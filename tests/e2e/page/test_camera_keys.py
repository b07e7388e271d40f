"""The camera by keyboard: arrows turn it while its picture has the focus, unless they drive."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.test_page import MOVING
from tests.e2e.probe import picture
from tests.e2e.stack import RESULTS, Site

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

NOISE = 1.0  # grey levels of 255, in the mean


def test_arrows_turn_the_camera_and_plus_brings_it_nearer(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.wait_for_function(MOVING)
    page.get_by_role("button", name="Pause").click()
    canvas = page.get_by_role("application", name="The robot")
    canvas.focus()
    page.wait_for_timeout(1500)
    seen, scrolled = picture(page), page.evaluate("() => scrollY")  # to where the picture is
    for keys in (["ArrowLeft"] * 6, ["ArrowDown"] * 4, ["+"] * 5):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(1500)  # until it is drawn
        now = picture(page)
        assert np.abs(now - seen).mean() > NOISE, keys
        seen = now
    page.screenshot(path=RESULTS / "camera_keys.png")
    assert page.evaluate("() => scrollY") == scrolled, "keys of the camera do not scroll"
    outline = canvas.evaluate("canvas => getComputedStyle(canvas).outlineStyle")
    assert outline == "solid", "one sees where the keys go"
    page.wait_for_timeout(1500)
    assert np.abs(picture(page) - seen).mean() < NOISE
    expect(canvas).to_be_focused()
