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
PARTS = ("rollout", "job", "first-update", "ours", "sb3", "brax")


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for, of this process unless `arguments` are given."""
    parser = argparse.ArgumentParser(prog="make bench-speed", description=__doc__)
    known = (*PARTS, "report")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--tiny", action="store_true", help="only to see that everything runs")
    parser.add_argument("--cap-s", type=float, help="seconds of learning for each peer")
    parser.add_argument("--ours-cap-s", type=float, help="seconds of learning for us")
    parser.add_argument("--out", type=Path, default=ROOT / "var/bench/speed")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(known):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options.parts = options.parts or list(PARTS)
    return options


def main() -> int:
    """Entry point: measures, keeps JSON by part, prints the report."""
    options = read_options()
    sizes = TINY if options.tiny else Sizes()
    if options.cap_s is not None:
        sizes = replace(sizes, cap_s=options.cap_s)
    if options.ours_cap_s is not None:
        sizes = replace(sizes, ours_cap_s=options.ours_cap_s)
    # As the trainer has it; before anything imports JAX.
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    from bench.speed.parts import MEASURES
    from bench.speed.report import markdown
    from bench.speed.results import Results, write_part

    failed = False
    for name in [part for part in options.parts if part != "report"]:
        began = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        part = MEASURES[name](sizes)
        write_part(options.out, name, part)
        failed |= bool(part.note)
        print(f"   {time.monotonic() - began:.0f} s {part.note}", file=sys.stderr, flush=True)
    text = markdown(Results.read(options.out))
    (options.out / "speed.md").write_text(text)
    print(text)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
