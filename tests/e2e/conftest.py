"""The real stack and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

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


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A desktop-sized page; an uncaught error or a breach of its policy fails the test."""
    errors: list[str] = []
    browser = chromium.launch()
    try:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if "Content Security" in said.text else None,
        )
        yield page
    finally:
        browser.close()
    assert errors == []
