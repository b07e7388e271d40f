"""Debian's Chromium, as the end-to-end tests start it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.stack import Chromium


def chromium_path() -> str:
    """Where it is. Raises FileNotFoundError where there is none."""
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("no Chromium: apt-get install chromium")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, while the block runs. Raises FileNotFoundError where there is none."""
    path = chromium_path()
    with sync_playwright() as driver:
        browser = Chromium(driver.chromium, path).launch()
        try:
            yield browser
        finally:
            browser.close()
