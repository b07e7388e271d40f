"""EnvPool's own Go1 joystick task, stepped natively: `python -m bench.speed.peers.envpool_go1 -h`.

It is MuJoCo Playground's task in C++: a step is physics, observation, reward and the resets of who
fell, as in our rollout phase but for the policy. The robots hold their home pose, so none falls.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import envpool  # type: ignore[import-not-found]
import numpy as np
from bench.speed.stepping import SteppingRow, control_rate

TASK = "Go1JoystickFlatTerrain-v1"


def measure(robots: int, steps: int, repeats: int) -> SteppingRow:
    """Step a batch as large as `robots`, on all cores of this process."""
    threads = len(os.sched_getaffinity(0))
    envs = envpool.make_gymnasium(TASK, num_envs=robots, num_threads=threads, seed=0)
    config, space = envs.spec.config, envs.action_space
    home = np.zeros((robots, *space.shape), space.dtype)
    envs.reset()
    return SteppingRow(
        name=f"EnvPool {envpool.__version__}, {TASK}",
        robots=robots,
        repeats=repeats,
        control_per_s=control_rate(lambda: envs.step(home), robots, steps, repeats),
        substeps=round(config.ctrl_dt / config.sim_dt),
    )


def main() -> None:
    """Entry point: writes the row as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robots", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True, help="control steps a repeat")
    parser.add_argument("--repeats", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    row = measure(options.robots, options.steps, options.repeats)
    options.out.write_text(row.model_dump_json(indent=2))


if __name__ == "__main__":
    main()
