"""The page away from home: many tabs, a lost picture, proxies, small screens, keyboards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.stack import Chromium, Site
from tests.e2e.taught import cancelled_trainings
from tests.support.servers.reverse_proxy import reverse_proxy

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(900)]

AXE = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map(({id, nodes}) => `${id}: ${nodes.map(node => node.target.join(" ")).join(", ")}`)"""
MOVING = """() => { const now = window.__tabrl?.history().at(-1);
    return window.__tabrl?.link().state === "live" && now?.time > 0.3 && now.qpos[0] > 0.01 }"""
NO_TASK = "tsk_aaaaaaaaaaaaaaaa"
LOSE = """canvas => canvas.getContext("webgl2").getExtension("WEBGL_lose_context").loseContext()"""


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Browser]:
    """A browser for several pages."""
    browser = chromium.launch()
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def nothing_goes_on(site: Site) -> Iterator[None]:
    """No training is left for those that come after."""
    yield
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        for state in ("queued", "running"):
            for job in api.get("/api/jobs", params={"state": state}).json()["jobs"]:
                api.post(f"/api/jobs/{job['id']}/cancel").raise_for_status()


def test_a_first_visitor_sees_a_robot_that_was_taught(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.wait_for_function(MOVING)
    expect(page.get_by_test_id("link")).to_contain_text("taught “trot forward slowly")


def test_eight_tabs_hear_by_one_stream_and_hidden_ones_by_none(
    site: Site, browser: Browser
) -> None:
    task, jobs = cancelled_trainings(site, candidates=2, cancel=False)
    context = browser.new_context()
    pages = [context.new_page() for _ in range(8)]
    for n, page in enumerate(pages):
        page.set_default_timeout(120_000)
        page.route("**/mujoco*.wasm", lambda route: route.abort())  # only streams matter here
        page.goto(f"{site.url}/tasks/{task}/jobs/{jobs[n % 2]}?quality=low")
    for page in pages:
        training = page.get_by_test_id("training")
        expect(training).to_have_attribute("data-state", re.compile("queued|running"))
    assert _streams(site) <= 1
    assert pages[7].evaluate("async () => (await fetch('/api/tasks')).status") == 200

    hide = """() => { Object.defineProperty(document, "hidden", {value: true, configurable: true});
        document.dispatchEvent(new Event("visibilitychange")) }"""
    for page in pages:
        page.evaluate(hide)
    with httpx.Client(base_url=site.url, trust_env=False) as api:
        for job in jobs:
            api.post(f"/api/jobs/{job}/cancel")
    pages[0].wait_for_timeout(2000)
    assert _streams(site) == 0
    pages[0].evaluate(hide.replace("true, c", "false, c"))
    expect(pages[0].get_by_test_id("training")).to_have_attribute("data-state", "cancelled")


def _streams(site: Site) -> float:
    text = httpx.get(f"{site.url}/metrics", trust_env=False).text
    return sum(float(line.split()[-1]) for line in text.splitlines() if _is_gauge(line))


def _is_gauge(line: str) -> bool:
    return line.startswith("tabrl_sse_streams")


def test_a_lost_picture_is_told_and_drawn_anew(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    page.wait_for_function(MOVING)
    before = page.get_by_test_id("viewer").locator("canvas").element_handle()
    assert before is not None
    before.evaluate(LOSE)
    expect(page.get_by_test_id("lost")).to_contain_text("The picture was lost")
    expect(page.get_by_test_id("lost")).to_have_count(0, timeout=60_000)
    after = page.get_by_test_id("viewer").locator("canvas").element_handle()
    assert after is not None
    assert not page.evaluate("([a, b]) => a === b", [before, after])
    assert page.evaluate("c => c.getContext('webgl2').isContextLost()", after) is False


def test_under_a_path_of_a_proxy_with_a_host_of_its_own(site: Site, page: Page) -> None:
    with reverse_proxy(site.url, prefix="/lab/tabrl") as url:
        page.goto(f"{url}/?quality=low")
        page.wait_for_function(MOVING)
        page.get_by_label("Task").fill("florp the quux")
        page.get_by_role("button", name="Write rewards").click()
        page.wait_for_url(f"{url}/tasks/tsk_*")
        page.reload()  # a deep link finds its files
        expect(page.get_by_role("heading", name="florp the quux")).to_be_visible()
        page.get_by_role("link", name="Gallery").click()
        page.wait_for_url(f"{url}/gallery")
        expect(page.get_by_role("heading", name="Gallery")).to_be_visible()


def test_a_waiting_job_shows_its_preview_its_place_and_its_time(site: Site, page: Page) -> None:
    task, jobs = cancelled_trainings(site, candidates=1, cancel=True)

    def queued(route: Route) -> None:
        body = route.fetch().json()
        waits = {"state": "queued", "place_in_queue": 2, "starts_in_s": 61.0, "attempt": 0}
        body["jobs"] = [{**job, **waits} for job in body["jobs"]]
        route.fulfill(json=body)

    page.route(f"**/api/tasks/{task}", queued)
    page.add_init_script("delete window.SharedWorker")  # whose requests could not be held back
    page.route("**/api/events?*", lambda route: route.abort())
    page.goto(f"{site.url}/tasks/{task}/jobs/{jobs[0]}?quality=low")
    waiting = page.get_by_test_id("waiting")
    expect(waiting).to_contain_text("Number 2 in the queue, starts in about 1:01 min")
    expect(page.get_by_test_id("link")).to_contain_text("Recording", timeout=60_000)
    page.wait_for_function("() => window.__tabrl?.history().length > 20")


def test_three_robots_move_to_one_clock_and_are_pushed_at_once(site: Site, page: Page) -> None:
    task, _ = cancelled_trainings(site, candidates=2, cancel=False)
    page.goto(f"{site.url}/tasks/{task}/compare?quality=low")
    expect(page.get_by_test_id("seat")).to_have_count(3)
    page.wait_for_function("() => window.__tabrlGroup?.().every(({time}) => time > 1)")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(300)
    still = page.evaluate("() => window.__tabrlGroup()")
    assert len({round(robot["time"], 6) for robot in still}) == 1
    page.get_by_role("button", name="Push all to their left").click()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(
        "old => window.__tabrlGroup().every((now, n) => now.qpos[1] > old[n].qpos[1] + 0.01)",
        arg=still,
    )


def test_tasks_are_found_again(site: Site, page: Page) -> None:
    cancelled_trainings(site, candidates=1, cancel=True)
    page.goto(f"{site.url}/tasks")
    rows = page.get_by_role("list", name="Tasks").get_by_role("listitem")
    expect(rows.first).to_be_visible()
    page.get_by_label("Search in sentences").fill("WALK forw")
    expect(rows.first).to_contain_text("walk forward")
    page.get_by_label("Search in sentences").fill("no such words")
    expect(page.get_by_text("No task is like that.")).to_be_visible()


@pytest.mark.parametrize("width", [390, 768, 1440, 2560])
def test_the_robot_is_seen_without_scrolling(site: Site, browser: Browser, width: int) -> None:
    height = 844 if width == 390 else 900
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{site.url}/?quality=low")
    viewer = page.get_by_test_id("viewer")
    expect(viewer).to_be_visible(timeout=60_000)
    box = viewer.bounding_box()
    assert box is not None
    assert box["y"] + 0.6 * box["height"] < height
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
def test_axe_finds_nothing(site: Site, browser: Browser, scheme: str, width: int) -> None:
    task, jobs = cancelled_trainings(site, candidates=1, cancel=True)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    job = f"/tasks/{task}/jobs/{jobs[0]}"
    nowhere = ("/nothing/here", f"/tasks/{NO_TASK}", f"/tasks/{NO_TASK}/compare")
    lists = ("/tasks", "/gallery", f"/tasks/{task}/compare")
    for path in ("/", *(lists if width > 390 else ()), *nowhere, job):
        page = context.new_page()
        page.goto(f"{site.url}{path}?quality=low")
        page.wait_for_timeout(1500)
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(VIOLATIONS) == [], path
        for panel in ("Drive", "Music", "Disturb") if path == job else ():
            page.get_by_role("button", name=panel, exact=True).click()
            expect(page.get_by_role("region", name=panel).get_by_role("button")).not_to_have_count(
                0
            )
            assert page.evaluate(VIOLATIONS) == [], panel
        page.close()


def test_a_keyboard_reaches_everything_on_the_start(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?quality=low")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name = "() => { const e = document.activeElement; return e.ariaLabel ?? e.innerText ?? '' }"
        reached.add(page.evaluate(name).strip())
    wanted = {"Gallery", "Tasks", "New task", "Colours: system", "bow", "Reset", "Pause", "Centre"}
    assert wanted <= reached
