"""`tabrl-train-base ROBOT`: train a policy from nothing, then measure it and write its files."""

from __future__ import annotations

import argparse
import os
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import jax

from tabrl.adapters.settings import Settings
from tabrl.control.command_schedule import CommandSchedule
from tabrl.domain.errors import TabrlError
from tabrl.robots import get_robot, robot_folder
from tabrl.robots.abilities import ABILITIES, store_abilities
from tabrl.sim.factory import SimulatorKind
from tabrl.sim.learning.checkpoint import dump_tree
from tabrl.sim.learning.networks import deployed, policy_weights
from tabrl.sim.motion_library import dump_motion_library, record_motion_library
from tabrl_trainer.pretrained import BANK, OWN_FOLDER, POLICY, TRAIN_STATE
from tabrl_trainer.pretraining.model_card import EPISODES, CardRow, ModelCard, measure
from tabrl_trainer.pretraining.pretraining import Pretraining, pretraining_of
from tabrl_trainer.pretraining.train import PretrainingProgress, PretrainingRun
from tabrl_trainer.sizes import GPU, sizes_for
from tabrl_trainer.storage.params import params_file

REPORT_EVERY_S = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `tabrl-train-base`."""
    options = _parser().parse_args(arguments)
    try:
        robot = get_robot(options.robot)
        work = options.work or Path("var/base") / robot.id
        out = options.out or default_output(robot.id, work)
        simulator = options.simulator or Settings().simulator
        _prepare(simulator)
        run = PretrainingRun(pretraining_of(robot), work, options.seed, simulator)
        if not options.ship_only:
            _train(run)
        ship(run, options.seed, out)
    except TabrlError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"tabrl-train-base: {error}{hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tabrl-train-base", description=__doc__)
    parser.add_argument("robot", help="id of the robot, such as go1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--simulator",
        choices=get_args(SimulatorKind),
        help="what the robots move in while they learn (default: TABRL_SIMULATOR); the card is "
        "measured on the CPU's in any case",
    )
    parser.add_argument(
        "--work", type=Path, help="folder of the checkpoint (default var/base/ROBOT)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="where the finished files go (default: for a robot under TABRL_ROBOTS, the folder "
        f"{OWN_FOLDER}/ in its own folder, where the trainer finds them, if that can be written; "
        "else WORK/shipped)",
    )
    parser.add_argument(
        "--ship-only", action="store_true", help="measure and write what the checkpoint holds now"
    )
    return parser


def _prepare(simulator: SimulatorKind) -> None:
    """On a GPU, learn in full precision and keep what was compiled, as the trainer does."""
    if sizes_for(simulator) is GPU:
        cache = Settings().data.absolute() / "compiled"
        jax.config.update("jax_default_matmul_precision", "highest")  # type: ignore[no-untyped-call]
        jax.config.update("jax_compilation_cache_dir", str(cache))  # type: ignore[no-untyped-call]


def default_output(robot_id: str, work: Path) -> Path:
    """Where the finished files go unless told: to a robot that is the user's own, else to `work`.

    Raises `NotFound` (code `unknown_robot`).
    """
    folder = robot_folder(robot_id)
    own = isinstance(folder, Path) and folder.parent != files("tabrl.robots")
    if isinstance(folder, Path) and own and os.access(folder, os.W_OK):
        return folder / OWN_FOLDER
    return work / "shipped"


def _train(run: PretrainingRun) -> None:
    reported, began, first = 0.0, time.monotonic(), run.samples
    for progress in run.run():
        if time.monotonic() - reported > REPORT_EVERY_S:
            reported = time.monotonic()
            rate = (progress.samples - first) / max(reported - began, 1e-9)
            print(progress_line(progress, rate, run.pretraining), flush=True)


def progress_line(progress: PretrainingProgress, rate: float, pretraining: Pretraining[Any]) -> str:
    """A line for the terminal; `rate` in control steps a second."""
    left = (progress.total - progress.samples) / max(rate, 1.0) / 60.0
    terms = " ".join(f"{name} {progress.terms[name]:.2f}" for name in pretraining.reported_terms)
    return (
        f"{progress.samples / 1e6:6.2f} of {progress.total / 1e6:.0f} M  {progress.stage:8s} "
        f"reward {progress.reward:5.2f}  {terms}  "
        f"{pretraining.words.failures}/min {progress.failures_per_minute:.2f}  "
        f"{rate / 1e3:.1f} k/s  {left:.0f} min left"
    )


def ship(run: PretrainingRun, seed: int, out: Path) -> ModelCard:
    """Write params file, training state, library, card and abilities into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    pretraining, robot, state = run.pretraining, run.pretraining.robot, run.state
    weights = policy_weights(state.params.policy, state.normalizer)
    neutral = CommandSchedule.neutral(pretraining.embodiment.commands)
    (out / POLICY).write_bytes(params_file(robot.id, weights, neutral, run.samples))
    (out / TRAIN_STATE).write_bytes(dump_tree(state))
    (out / BANK).write_bytes(dump_motion_library(record_motion_library(robot, weights.act, seed)))
    print(f"measuring the card: {EPISODES} episodes a row")
    rows: list[CardRow] = []
    for row in measure(pretraining, deployed(weights)):
        print(f"{row.mark:8s} {row.command}: {row.measured}", flush=True)
        rows.append(row)
    card = ModelCard(
        robot=robot.id,
        seed=seed,
        samples=run.samples,
        stages=[stage.document() for stage in pretraining.curriculum],
        episodes=EPISODES,
        rows=rows,
    )
    text = card.markdown(pretraining.words)
    (out / "card.json").write_text(card.model_dump_json(indent=1) + "\n")
    (out / "card.md").write_text(text)
    store_abilities(card.abilities, out / ABILITIES)
    print(text)
    print(f"written to {out}")
    return card


if __name__ == "__main__":
    raise SystemExit(main())
