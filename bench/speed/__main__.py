"""`make bench-speed`: speed as ratios, measured in one run; see `--help` for its parts."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.speed.sizes import TINY, Sizes

ROOT = Path(__file__).resolve().parents[2]
MEASUREMENT_NAMES = ("rollout", "job", "first-update", "ours", "sb3", "brax", "envpool")


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for, of this process unless `arguments` are given."""
    parser = argparse.ArgumentParser(prog="make bench-speed", description=__doc__)
    known = (*MEASUREMENT_NAMES, "report")
    parser.add_argument(
        "measurements", metavar="parts", nargs="*", help=f"of {', '.join(known)}; default: all"
    )
    parser.add_argument("--tiny", action="store_true", help="only to see that everything runs")
    parser.add_argument("--cap-s", type=float, help="seconds of learning for each peer")
    parser.add_argument("--ours-cap-s", type=float, help="seconds of learning for us")
    parser.add_argument("--out", type=Path, default=ROOT / "var/bench/speed")
    options = parser.parse_args(arguments)
    if unknown := set(options.measurements) - set(known):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options.measurements = options.measurements or list(MEASUREMENT_NAMES)
    return options


def main() -> int:
    """Entry point: measures, stores JSON, prints the report."""
    options = read_options()
    sizes = TINY if options.tiny else Sizes()
    if options.cap_s is not None:
        sizes = replace(sizes, cap_s=options.cap_s)
    if options.ours_cap_s is not None:
        sizes = replace(sizes, ours_cap_s=options.ours_cap_s)
    # As the trainer has it; before anything imports JAX.
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    from bench.speed.measurements import MEASUREMENTS
    from bench.speed.report import markdown
    from bench.speed.results import Results, write_measurement

    failed = False
    for name in [name for name in options.measurements if name != "report"]:
        began = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        measurement = MEASUREMENTS[name](sizes)
        write_measurement(options.out, name, measurement)
        failed |= bool(measurement.note)
        print(
            f"   {time.monotonic() - began:.0f} s {measurement.note}", file=sys.stderr, flush=True
        )
    text = markdown(Results.read(options.out))
    (options.out / "speed.md").write_text(text)
    print(text)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
