"""The real stack and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tabrl_local.stack import BUILT_PAGE
from tests.e2e.stack import Chromium, Site, running
from tests.support.missing import missing


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole stack on a data directory of its own, with a log of every tick."""
    if not (BUILT_PAGE / "index.html").is_file():
        pytest.fail("the page is not built: run `make setup`")
    with running(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Chromium:
    """Debian's Chromium, or a skip by name."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium", "chromium")
    return Chromium(playwright.chromium, path)


@pytest.fixture(scope="session")
def running_chromium(chromium: Chromium) -> Iterator[Browser]:
    """One browser for all tests that open a single page."""
    browser = chromium.launch()
    yield browser
    browser.close()


@pytest.fixture
def page(running_chromium: Browser) -> Iterator[Page]:
    """A desktop-sized page as of somebody who was never there before.

    An uncaught error or a breach of its policy fails the test.
    """
    errors: list[str] = []
    context = running_chromium.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security" in said.text else None,
        )
        yield page
    finally:
        context.close()
    assert errors == []
