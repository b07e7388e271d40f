"""An evaluated episode, moment by moment: scrubbed by mouse and keys, in line with its terms."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from safetensors.numpy import load

from tabrl.control.arrays import Floats
from tests.e2e.page.test_page import AXE, VIOLATIONS, browser  # noqa: F401
from tests.e2e.stack import RESULTS, Site
from tests.e2e.taught import taught
from tests.support.training_context import trained_legged, trained_robots

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]
WALKER, LAST = trained_legged()[0].id, trained_robots()[-1].id
SENTENCES = {WALKER: "trot forward", LAST: "draw a circle in the air"}
SHOWN = "() => [...(window.__tabrl?.history().at(-1)?.qpos ?? [])]"


@dataclass(frozen=True)
class Taught:
    """A command schedule's training, and what it recorded."""

    path: str
    model: str
    header: dict[str, Any]
    tensors: dict[str, Floats]


@pytest.fixture(scope="module", params=[WALKER, LAST])
def trained(site: Site, request: pytest.FixtureRequest) -> Taught:
    ids = taught(site, request.param, SENTENCES[request.param])
    model = httpx.get(f"{site.url}/api/models/{ids['model']}", trust_env=False).json()
    data = httpx.get(f"{site.url}{model['episodes_url']}", trust_env=False).content
    index = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    header = json.loads(index["__metadata__"]["header"])
    return Taught(f"/tasks/{ids['task']}/jobs/{ids['job']}", ids["model"], header, load(data))


def opened(page: Page, url: str) -> None:
    page.goto(f"{url}?quality=low")
    page.wait_for_function("() => window.__tabrl?.stats()?.controlHz > 0", timeout=90_000)
    page.get_by_role("button", name="Replay").click()
    replay = page.get_by_test_id("replay")
    expect(replay).to_have_attribute("data-step", re.compile(r"[1-9]"), timeout=60_000)


def seen(page: Page, wanted: Floats) -> None:
    """Wait until the robot in the picture stands as it stood."""
    page.wait_for_function(
        f"wanted => {{ const at = ({SHOWN})();"
        " return at.every((value, i) => Math.abs(value - wanted[i]) < 1e-6) }",
        arg=wanted.tolist(),
    )


def test_every_moment_is_shown_as_it_was(site: Site, page: Page, trained: Taught) -> None:
    opened(page, f"{site.url}{trained.path}")
    replay, slider = page.get_by_test_id("replay"), page.get_by_role("slider", name="Moment")
    expect(page.get_by_test_id("link")).to_contain_text("Replay of an evaluated episode")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(replay).to_have_attribute("data-step", "13")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^0\.28 of "))
    seen(page, trained.tensors["typical/qpos"][13])
    terms = replay.get_by_role("region", name="Reward and its terms")
    for name in trained.header["terms"]:
        expect(terms).to_contain_text(name.replace("_", " "))
    page.screenshot(path=RESULTS / f"replay-{trained.header['robot']}.png")
    page.keyboard.press("End")
    last = len(trained.tensors["typical/time"]) - 1
    expect(replay).to_have_attribute("data-step", str(last))
    seen(page, trained.tensors["typical/qpos"][last])
    page.get_by_role("button", name="Worst of").click()
    slider.focus()
    page.keyboard.press("Home")
    seen(page, trained.tensors["worst/qpos"][0])


def test_curves_are_scrubbed_and_live_goes_on_where_it_was(
    site: Site, page: Page, trained: Taught
) -> None:
    opened(page, f"{site.url}/models/{trained.model}")
    replay = page.get_by_test_id("replay")
    page.get_by_role("button", name="Pause").first.click()
    curves, slider = replay.locator(".cursor-ew-resize"), page.get_by_role("slider", name="Moment")
    slider.scroll_into_view_if_needed()
    box, thumb = curves.bounding_box(), slider.bounding_box()
    assert box is not None
    assert thumb is not None
    below = thumb["y"] + thumb["height"] + 50  # what is scrolled is not covered there
    page.mouse.move(box["x"] + 0.2 * box["width"], below)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], below)
    page.mouse.up()
    last = len(trained.tensors["typical/time"]) - 1
    page.wait_for_function(
        """half => Math.abs(
            document.querySelector("[data-testid=replay]").dataset.step - half) <= 2""",
        arg=0.5 * last,
    )
    step = int(replay.get_attribute("data-step") or 0)
    seen(page, trained.tensors["typical/qpos"][step])
    before = page.evaluate("() => window.__tabrl.stats().time")
    replay.get_by_role("button", name="Live").click()
    expect(replay).to_have_attribute("data-watching", "false")
    expect(page.get_by_test_id("link")).not_to_contain_text("Replay")
    page.wait_for_function(
        "before => window.__tabrl.stats().time > before + 0.4", arg=before, timeout=60_000
    )


def test_axe_finds_nothing_and_a_phone_shows_robot_and_terms(
    site: Site,
    browser: Browser,  # noqa: F811
    trained: Taught,
) -> None:
    for width, height, scheme in ((1440, 900, "light"), (390, 844, "dark")):
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme,
            reduced_motion="reduce",
        )  # fmt: skip
        opened(page, f"{site.url}{trained.path}")
        page.get_by_role("slider", name="Moment").press("End")
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(VIOLATIONS) == [], width
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        viewer = page.get_by_test_id("viewer").bounding_box()
        assert viewer is not None
        assert viewer["height"] > 150
        page.screenshot(path=RESULTS / f"replay-{trained.header['robot']}-{width}.png")
        page.close()


def test_steps_add_up(trained: Taught) -> None:
    terms, reward = trained.tensors["typical/terms"], trained.tensors["typical/reward"]
    total = terms.sum(1)
    assert np.allclose(np.maximum(total, 0) if trained.header["clipped"] else total, reward, 1e-5)
