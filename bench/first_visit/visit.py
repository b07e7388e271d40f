"""One visit with an empty cache, and when it reached what: the browser's own marks and timings."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

PATIENCE_MS = 120_000
SIZE = {"width": 1440, "height": 900}
SEEN = "() => performance.getEntriesByName('tabrl:seen').length > 0"
# When the robot moved, its worker tells: the page may hear of it later, while it draws.
READ = """() => {
    const at = Object.fromEntries(performance.getEntriesByType("mark")
        .map(({name, startTime}) => [name.replace("tabrl:", ""), startTime]));
    const [visit] = performance.getEntriesByType("navigation");
    const files = performance.getEntriesByType("resource");
    const fetched = (part) => files.find(({name}) => name.includes(part)).responseEnd;
    const frames = window.__tabrl.history();
    const moved = frames[frames.findLastIndex(({time}) => time === 0) + 1];
    return {
        page: visit.responseEnd,
        script: at.start,
        robots: at.robots,
        engine: fetched(".wasm"),
        scene: at.scene,
        picture: at.picture,
        live: at.live,
        moving: moved.at - performance.timeOrigin,
        seen: at.seen,
        bytes: visit.encodedBodySize
            + files.reduce((total, {encodedBodySize}) => total + encodedBodySize, 0),
    };
}"""

STAGES = {
    "page": "the page is answered",
    "script": "its first line runs",
    "robots": "the robots are known",
    "engine": "MuJoCo's WebAssembly is fetched",
    "scene": "the engine runs, the scene is compiled",
    "picture": "the first picture is drawn",
    "live": "the page hears that the policy answers",
    "moving": "the policy has moved the robot (the worker's clock)",
    "seen": "this is on the screen",
}


@dataclass(frozen=True)
class Visit:
    """When each stage was reached, ms after the navigation began; and bytes fetched until then."""

    reached: dict[str, float]
    bytes: int


def visit(browser: Browser, address: str) -> Visit:
    """Open a page in a context of its own, which knows nothing of earlier visits."""
    context = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]})
    try:
        page = context.new_page()
        page.goto(address, wait_until="commit", timeout=PATIENCE_MS)
        page.wait_for_function(SEEN, timeout=PATIENCE_MS, polling=100)
        told = page.evaluate(READ)
    finally:
        context.close()
    return Visit({stage: float(told[stage]) for stage in STAGES}, int(told["bytes"]))
