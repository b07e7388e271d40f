"""What Lighthouse says of how quickly the page comes: the real stack, a real browser.

    python -m bench.lighthouse [--runs N] [--quality low] [--url ADDRESS] [--json FILE]

Throttling is "provided": the desktop is this machine as it is, nothing is simulated. The stack is
warm, each run's browser new and its cache empty. Prints median and range of the runs, and the load
of the machine meanwhile. A run that Lighthouse's own wait for a processor at rest ends has no
report, one whose page never rested has no score: both are counted. 1 if the median score is below
95, or there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from bench.chromium import chromium_path
from bench.lighthouse.figures import FIGURES, SCORE, Figures, Range, figures_of
from bench.stack import add_page_options, at_address

from tests.e2e.page.lighthouse import NoReportError, audit

AIM = 95.0
# It is given up waiting for a processor at rest after so long, ms: a robot that moves leaves none.
PATIENCE_MS = 30_000
OPTIONS = (
    "--preset=desktop",
    "--throttling-method=provided",
    f"--max-wait-for-load={PATIENCE_MS}",
    "--only-categories=performance",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _parser().parse_args(arguments)
    chromium = chromium_path()
    with at_address(options.url) as url:
        address = f"{url}/" + (f"?quality={options.quality}" if options.quality else "")
        found = [_told(_run(address, chromium)) for _ in range(options.runs)]
    runs = [figures for figures in found if figures is not None]
    ranges = {name: Range.over([figures[name] for figures in runs]) for name in FIGURES}
    print(f"{len(found)} runs, {len(runs)} with a report:")
    for name, over in ranges.items():
        print(_line(name, over))
    if options.json:
        known = {name: asdict(over) for name, over in ranges.items() if over is not None}
        told = {"figures": known, "runs": len(found), "load": os.getloadavg()[0]}
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    score = ranges[SCORE]
    return 0 if score is not None and score.median >= AIM else 1


def _run(address: str, chromium: str) -> Figures | None:
    try:
        return figures_of(audit(address, chromium, *OPTIONS))
    except NoReportError:
        return None


def _told(figures: Figures | None) -> Figures | None:
    words = "no report"
    if figures is not None:
        words = ", ".join(FIGURES[name].told(value) for name, value in figures.items())
    print(f"{words}  (load {os.getloadavg()[0]:.1f})", flush=True)
    return figures


def _line(name: str, over: Range | None) -> str:
    figure = FIGURES[name]
    if over is None:
        return f"{figure.told(None):>12}  {figure.words}"
    span = f"{figure.told(over.least)} to {figure.told(over.most)}, {over.runs} runs"
    return f"{figure.told(over.median):>12}  {figure.words} ({span})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.lighthouse", description="Lighthouse's figures.")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    add_page_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
