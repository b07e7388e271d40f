"""How long a first visitor waits for a robot that moves: the real stack, a real browser.

    python -m bench.first_visit [--visits N] [--quality low] [--url ADDRESS] [--json FILE]

The stack is warm, the visitor's cache is empty, and the browser is open already. Prints the median
over all visits of when each stage was reached, ms after the navigation began, and the load of the
machine meanwhile. 1 if the robot is seen to move later than after two seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from statistics import median

from bench.chromium import chromium
from bench.first_visit.visit import STAGES, Visit, visit
from bench.stack import add_page_options, at_address

AIM_MS = 2000.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _parser().parse_args(arguments)
    with at_address(options.url) as url, chromium() as browser:
        address = f"{url}/" + (f"?quality={options.quality}" if options.quality else "")
        visit(browser, address)  # the stack answers its first visitor later than all others
        visits = [_told(visit(browser, address)) for _ in range(options.visits)]
    medians = {stage: median(one.reached[stage] for one in visits) for stage in STAGES}
    for stage, words in STAGES.items():
        print(f"{medians[stage]:8.0f} ms  {words}")
    print(f"{visits[-1].bytes / 1e6:8.2f} MB fetched")
    if options.json:
        told = {"medians_ms": medians, "bytes": visits[-1].bytes, "load": os.getloadavg()[0]}
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0 if medians["seen"] <= AIM_MS else 1


def _told(one: Visit) -> Visit:
    load = os.getloadavg()[0]
    print(f"seen after {one.reached['seen']:5.0f} ms  (load {load:.1f})", flush=True)
    return one


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.first_visit", description="A first visit.")
    parser.add_argument("--visits", type=int, default=9, metavar="N")
    add_page_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
