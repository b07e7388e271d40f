"""Speed on a GPU: the MJX simulator and learning on it, part by part.

On a machine with an NVIDIA GPU: `make setup-python`, then
`.tools/uv/bin/uv pip install -p .venv/bin/python "jax[cuda12]==0.10.2"`, then `make bench-gpu`, or
one part after the other with `make bench-gpu PART=stepping-jax`. A part is meant to end within nine
minutes, most of which it compiles. Every row is printed as soon as it is there; JSON and tables
of all parts measured so far lie in `var/bench/gpu`. Without a GPU it measures the CPU: try it there
with `BENCH_ARGS=--tiny`.

parts:
  stepping-jax   the physics alone, JAX's kernels, at several numbers of robots
  stepping-warp  the same with Warp's kernels
  rollout        policy, observation, physics and reward against the physics alone
  update         PPO's update at the trainer's sizes
  starts         a process just begun, to its first update: nothing compiled, all compiled
  learning       search and fine-tuning of a walk
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.gpu.results import Row

    from tabrl_trainer.pretrained import PretrainedPolicy

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("stepping-jax", "stepping-warp", "rollout", "update", "starts", "learning")


def main() -> int:
    """Entry point; 1 if a part failed, the others are measured all the same."""
    options = _options()
    # As the trainer has it; before anything imports JAX. A second process shares the device.
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax
    from bench.gpu.results import PartResult, cells_of
    from bench.speed.base import find_base
    from bench.speed.machine import Machine

    base_name, base = find_base()
    measures = _measures(options, base)
    device = f"{jax.devices()[0].device_kind} ({jax.default_backend()})"
    failures = 0
    for part in options.parts or PARTS:
        began = time.monotonic()
        print(f"== {part}", file=sys.stderr, flush=True)
        impl = part.removeprefix("stepping-") if part.startswith("stepping") else options.impl
        result = PartResult(
            part=part, machine=Machine.here(), device=device, impl=impl, base=base_name
        )
        try:
            for row in measures[part]():
                result.rows.append(row)
                print("  ".join(cells_of(row)), file=sys.stderr, flush=True)
        except Exception as error:  # a device nobody has tried may refuse any part
            traceback.print_exc()
            result.failure = f"{type(error).__name__}: {str(error)[:300]}"
            failures += 1
        result.write(options.out)
        print(result.markdown(), flush=True)
        print(f"   {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return int(failures > 0)


def _measures(
    options: argparse.Namespace, base: PretrainedPolicy
) -> dict[str, Callable[[], Iterator[Row]]]:
    """What measures each part; loads JAX."""
    from bench.gpu.measurements import measure_learning, measure_rollout
    from bench.gpu.start import measure_starts
    from bench.gpu.stepping import measure_stepping, measure_updates

    from tabrl_trainer.sizes import CPU, sizes_for

    sizes = sizes_for("auto")
    batches = [CPU.fine_tuning] if options.tiny else [sizes.fine_tuning, sizes.pretraining]
    steps = 2 if options.tiny else sizes.fine_tuning.config.unroll
    return {
        "stepping-jax": lambda: measure_stepping(options.robots, "jax", steps, options.repeats),
        "stepping-warp": lambda: measure_stepping(options.robots, "warp", steps, options.repeats),
        "rollout": lambda: measure_rollout(base, options.robots, options.impl, options.repeats),
        "update": lambda: measure_updates(batches, options.repeats),
        "starts": lambda: measure_starts(options.out / "start", options.learn_robots, options.impl),
        "learning": lambda: measure_learning(
            base, options.learn_robots, options.impl, options.search_s, options.ppo_s
        ),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", help="see above; default: all")
    parser.add_argument("--robots", type=int, nargs="+", default=[1024, 4096, 8192])
    parser.add_argument("--learn-robots", type=int, default=4096, help="of a job's batch")
    parser.add_argument(
        "--impl", choices=["jax", "warp"], default="jax", help="kernels of the other parts"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--search-s", type=float, default=8.0)
    parser.add_argument("--ppo-s", type=float, default=45.0)
    parser.add_argument("--tiny", action="store_true", help="only to see that everything runs")
    parser.add_argument("--out", type=Path, default=ROOT / "var/bench/gpu")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if options.tiny:
        options.robots, options.learn_robots, options.repeats = [4], 128, 1
        options.search_s = options.ppo_s = 1.0
    return options


if __name__ == "__main__":
    sys.exit(main())
