"""`npm run dev`: the page from its sources, with the real api behind Vite's proxy."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.page.test_page import MOVING
from tests.e2e.stack import RESULTS, Site
from tests.support.servers.vite import npm_run_dev

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]
# Sources come one by one, and are translated as they are asked for.
PATIENCE_MS = 180_000


@pytest.fixture(scope="module")
def dev(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with npm_run_dev(site.url, tmp_path_factory.mktemp("vite") / "vite.log") as url:
        yield url


def test_a_sentence_is_written_and_found_again(dev: str, page: Page) -> None:
    posted: list[Request] = []
    page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{dev}/?quality=low")
    page.wait_for_function(MOVING)
    page.get_by_label("Task").fill("trot forward")
    page.get_by_role("button", name="Write rewards").click()
    page.wait_for_url(f"{dev}/tasks/tsk_*")
    (order,) = (one for one in posted if one.url == f"{dev}/api/tasks")
    answer = order.response()
    assert answer is not None
    assert answer.status == 202, answer.text()
    assert order.header_value("Origin") == dev
    train = page.get_by_role("button", name="Train").first
    expect(train).to_be_visible(timeout=PATIENCE_MS)
    page.reload()  # a deep link finds its files
    expect(page.get_by_role("heading", name="trot forward")).to_be_visible(timeout=PATIENCE_MS)
    expect(train).to_be_visible(timeout=PATIENCE_MS)
    page.screenshot(path=RESULTS / "dev_server.png")


def test_an_old_browser_may_and_a_foreign_page_may_not(dev: str) -> None:
    """Both without the header `Sec-Fetch-Site`, which only newer browsers set."""
    with httpx.Client(base_url=dev, trust_env=False, timeout=60.0) as browser:
        order = {"robot": "none", "prompt": "sit"}
        own = browser.post("/api/tasks", json=order, headers={"Origin": dev})
        foreign = browser.post("/api/tasks", json=order, headers={"Origin": "http://evil.example"})
    assert own.json()["code"] == "unknown_robot"
    assert foreign.json()["code"] == "origin_refused"
