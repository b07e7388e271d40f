"""Speed on a GPU: the MJX simulator against bare MJX, the way to the first update, learning.

On a machine with an NVIDIA GPU: `make setup-python`, then
`.tools/uv/bin/uv pip install -p .venv/bin/python "jax[cuda12]==0.10.2"` (and `warp-lang` for
`--impl warp`), then `make bench-gpu`. Without a GPU it measures JAX on the CPU:
try it there with `BENCH_ARGS=--tiny`. Compilation takes most of the time. Results: JSON and a
table in `var/bench/gpu`, the table on the standard output too.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASUREMENT_NAMES = ("stepping", "starts", "learning")


def main() -> int:
    """Entry point; 1 if a part failed, the others are measured all the same."""
    parser = argparse.ArgumentParser(
        prog="make bench-gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "measurements",
        metavar="parts",
        nargs="*",
        help=f"of {', '.join(MEASUREMENT_NAMES)}; default: all",
    )
    parser.add_argument("--robots", type=int, nargs="+", default=[1024, 4096, 8192])
    parser.add_argument("--learn-robots", type=int, default=4096, help="of a job's batch")
    parser.add_argument("--impl", choices=["jax", "warp"], default="jax")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--search-s", type=float, default=8.0)
    parser.add_argument("--ppo-s", type=float, default=45.0)
    parser.add_argument("--tiny", action="store_true", help="only to see that everything runs")
    parser.add_argument("--out", type=Path, default=ROOT / "var/bench/gpu")
    options = parser.parse_args()
    if unknown := set(options.measurements) - set(MEASUREMENT_NAMES):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.tiny:
        options.robots, options.learn_robots, options.repeats = [16], 128, 2
        options.search_s = options.ppo_s = 1.0
    # As the trainer has it; before anything imports JAX. A second process shares the device.
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(options.out / "compiled"))
    import jax
    from bench.gpu.measurements import measure_learning, measure_stepping
    from bench.gpu.results import Results
    from bench.gpu.start import measure_starts
    from bench.speed.base import find_base
    from bench.speed.machine import Machine

    base_name, base = find_base()
    device = f"{jax.devices()[0].device_kind} ({jax.default_backend()})"
    results = Results(machine=Machine.here(), device=device, impl=options.impl, base=base_name)

    def stepping() -> None:
        for robots in options.robots:
            row = measure_stepping(base, robots, options.impl, options.repeats)
            results.stepping.append(row)

    def starts() -> None:
        results.starts = measure_starts(options.out / "start", options.learn_robots, options.impl)

    def learning() -> None:
        results.learning = measure_learning(
            base, options.learn_robots, options.impl, options.search_s, options.ppo_s
        )

    measurements: dict[str, Callable[[], None]] = {
        "stepping": stepping, "starts": starts, "learning": learning,
    }  # fmt: skip
    for name in options.measurements or MEASUREMENT_NAMES:
        began = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            measurements[name]()
        except Exception as error:  # a device nobody has tried may refuse any part
            traceback.print_exc()
            results.notes.append(f"{name} failed: {type(error).__name__}: {str(error)[:300]}")
        results.write(options.out)
        print(f"   {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(results.markdown())
    return int(bool(results.notes))


if __name__ == "__main__":
    sys.exit(main())
