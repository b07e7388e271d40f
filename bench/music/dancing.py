"""A robot of the page that dances to a track, and what it did."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from bench.music.judge import Seen, seen
from playwright.sync_api import Page, expect

HEARD = "() => window.__tabrlMusic?.heardAt(0) ?? null"
PATIENCE_MS = 120_000


def open_model(page: Page, url: str, model_id: str) -> None:
    """A model's page, as soon as its policy plays."""
    page.goto(f"{url}/models/{model_id}?quality=low")
    link = page.get_by_test_id("link")
    expect(link).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Music").click()


def dance(page: Page, track: Path, move: str, seconds: float) -> Seen:
    """Play a track to a robot whose page is open; it does one move. What it did, the last minute
    of it at most."""
    page.get_by_label("Moves", exact=True).select_option(move)
    page.get_by_label("Music file").set_input_files(track)
    page.wait_for_function(HEARD, timeout=PATIENCE_MS)
    began, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        page.wait_for_timeout(500.0)
        began.append(page.evaluate(HEARD))
    history = page.evaluate("() => window.__tabrl.history()")
    page.get_by_role("button", name="Stop").click()
    return seen(history, float(np.median(began)))
