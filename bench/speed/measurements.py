"""The measurements of the benchmark, each on its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bench.robot import ROBOT
from bench.speed.base import find_base
from bench.speed.cold_start import measure_cold, write_job
from bench.speed.first_update import NEXT_SOURCE, first_update
from bench.speed.from_scratch import learn
from bench.speed.job import measure_job
from bench.speed.machine import Machine
from bench.speed.peers.environment import PeerError, peers_python, run_peer
from bench.speed.race import Race, RaceResult
from bench.speed.results import FirstUpdates, Measurement
from bench.speed.rollout import UNROLL, measure_rollout
from bench.speed.sizes import Sizes
from bench.speed.stepping import SteppingRow
from bench.speed.walk_task import SOURCE

from tabrl.sim.reward.function import export_reward
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.sizes import CPU

FOLDER = Path(__file__).resolve().parents[2] / "var/bench"
PEERS = FOLDER / "peers"
ROBOTS = CPU.fine_tuning.robots


def rollout(sizes: Sizes) -> Measurement:
    """The rollout phase against bare stepping."""
    name, base = find_base()
    context = TrainingContext(ROBOT, base)
    machine = Machine.here()
    rows = [measure_rollout(context, size, sizes.repeats, sizes.chunks) for size in sizes.robots]
    return Measurement(machine=machine, base=name, rollout=rows)


def job(sizes: Sizes) -> Measurement:
    """A job's samples a second and shares of time."""
    name, base = find_base()
    context = TrainingContext(ROBOT, base)
    context.warm_up()
    machine = Machine.here()
    return Measurement(
        machine=machine, base=name, job=measure_job(context, sizes.search_s, sizes.ppo_s)
    )


def first_updates(sizes: Sizes) -> Measurement:
    """Warm and cold ways from the artifact to the first update."""
    del sizes
    name, base = find_base()
    walk, other = export_reward(SOURCE, ROBOT), export_reward(NEXT_SOURCE, ROBOT)
    machine = Machine.here()
    folder = FOLDER / "cold"
    shutil.rmtree(folder, ignore_errors=True)
    write_job(folder, (base.policy, base.train_state, base.library), other.blob, other.weights)
    cold_empty, cold = measure_cold(folder), measure_cold(folder)
    context = TrainingContext(ROBOT, base)
    context.warm_up()
    first = first_update(context, walk.blob, walk.weights)
    second = first_update(context, other.blob, other.weights)
    halved = {term: 0.5 * weight for term, weight in other.weights.items()}
    reweighted = first_update(context, other.blob, halved)
    return Measurement(
        machine=machine,
        base=name,
        first_updates=FirstUpdates(
            first=first, second=second, reweighted=reweighted, cold_empty=cold_empty, cold=cold
        ),
    )


def ours(sizes: Sizes) -> Measurement:
    """Our race, from scratch."""
    machine = Machine.here()
    race = Race(
        "TabRL",
        f"{ROBOTS} robots",
        cap_s=sizes.ours_cap_s,
        min_s=sizes.ours_min_s,
    )
    learn(race, ROBOTS, CPU.fine_tuning.config)
    return Measurement(machine=machine, races=[race.result])


def sb3(sizes: Sizes) -> Measurement:
    """Stable-Baselines3 at its defaults and at our batch, on the faster kind of environments."""

    def run(setting: str, envs: int, kind: str, cap_s: float) -> RaceResult:
        options = ["--setting", setting, "--envs", str(envs), "--kind", kind]
        out = FOLDER / f"races/sb3-{setting}-{kind}.json"
        options += ["--cap-s", str(cap_s)]
        return run_peer(python, "sb3", options, out, cap_s + 300.0, RaceResult)

    machine, races, note = Machine.here(), [], ""
    try:
        python = peers_python(PEERS)
        for setting, envs in (("defaults", 8), ("ours", ROBOTS)):
            probes = {kind: run(setting, envs, kind, 0.0) for kind in ("dummy", "subproc")}
            better = max(probes, key=lambda kind: probes[kind].samples_per_s)
            races.append(run(setting, envs, better, sizes.cap_s))
            races += probes.values()
    except PeerError as error:
        note = str(error)
    return Measurement(machine=machine, races=races, note=note)


def brax(sizes: Sizes) -> Measurement:
    """Brax PPO on MJX."""
    machine, races, note = Machine.here(), [], ""
    try:
        python, out = peers_python(PEERS), FOLDER / "races/brax.json"
        options = ["--robots", str(ROBOTS), "--cap-s", str(sizes.cap_s)]
        races.append(run_peer(python, "brax_mjx", options, out, sizes.cap_s + 900.0, RaceResult))
    except PeerError as error:
        note = str(error)
    return Measurement(machine=machine, races=races, note=note)


def envpool(sizes: Sizes) -> Measurement:
    """EnvPool's own Go1 task, as many robots and control steps as `rollout` measures of ours."""
    machine, rows, note = Machine.here(), [], ""
    try:
        python = peers_python(PEERS)
        for robots in sizes.robots:
            out = FOLDER / f"stepping/envpool-{robots}.json"
            options = ["--robots", str(robots), "--steps", str(sizes.chunks * UNROLL)]
            options += ["--repeats", str(sizes.repeats)]
            rows.append(run_peer(python, "envpool_go1", options, out, 600.0, SteppingRow))
    except PeerError as error:
        note = str(error)
    return Measurement(machine=machine, stepping=rows, note=note)


MEASUREMENTS: dict[str, Callable[[Sizes], Measurement]] = {
    "rollout": rollout,
    "job": job,
    "first-update": first_updates,
    "ours": ours,
    "sb3": sb3,
    "brax": brax,
    "envpool": envpool,
}
