"""What a test can learn from the page and from the server's log of ticks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class BrowserTick:
    """One control step as the page computed it."""

    tick: int
    time: float
    qpos: Vector


@dataclass(frozen=True)
class ServerTick:
    """One state as the inference server received it, and its answer."""

    connection: str
    tick: int
    params_version: int
    time: float
    qpos: Vector
    qvel: Vector
    ctrl_in: Vector
    ctrl_out: Vector


def browser_ticks(page: Page) -> list[BrowserTick]:
    """The page's latest ticks since its last reset, oldest first."""
    raw = page.evaluate("() => window.__tabrl.history()")
    ticks = [BrowserTick(r["tick"], r["time"], np.array(r["qpos"])) for r in raw]
    starts = [i for i in range(1, len(ticks)) if ticks[i].time < ticks[i - 1].time]
    return ticks[starts[-1] :] if starts else ticks


def stat(page: Page, name: str) -> float:
    """One of the page's own figures, such as `controlHz`."""
    return float(page.evaluate("name => window.__tabrl.stats()[name]", name))


def server_ticks(path: Path) -> Iterator[ServerTick]:
    """The server's log; a last line still being written is left out."""
    for line in path.read_text().splitlines(keepends=True):
        if not line.endswith("\n"):
            continue
        raw = json.loads(line)
        yield ServerTick(
            connection=raw["connection"],
            tick=raw["tick"],
            params_version=raw["params_version"],
            time=raw["time"],
            qpos=np.array(raw["qpos"]),
            qvel=np.array(raw["qvel"]),
            ctrl_in=np.array(raw["ctrl_in"]),
            ctrl_out=np.array(raw["ctrl_out"]),
        )


def fits_a_phone(page: Page) -> bool:
    """Whether nothing runs off the edge at a phone's width; the page is as wide as before then."""
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate("() => document.documentElement.scrollWidth")
    if before is not None:
        page.set_viewport_size(before)
    return bool(width <= 390)


def picture(page: Page) -> NDArray[np.float64]:
    """The middle of the viewer, where nothing lies over the robot: grey levels `[H, W]`."""
    box = page.get_by_test_id("viewer").bounding_box()
    assert box is not None
    png = page.screenshot(
        clip={
            "x": box["x"] + 0.25 * box["width"],
            "y": box["y"] + 0.3 * box["height"],
            "width": 0.5 * box["width"],
            "height": 0.45 * box["height"],
        }
    )
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=np.float64)
