"""`tabrl-train-base ROBOT`: train a base policy from nothing, then measure and ship it."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path

from tabrl.control.commands import CommandSchedule
from tabrl.domain.errors import TabrlError
from tabrl.robots import Robot, get_robot
from tabrl.sim.learning.checkpoint import dump_tree
from tabrl.sim.learning.networks import deployed, policy_weights
from tabrl.sim.motion_library import dump_motion_library, record_motion_library
from tabrl_trainer.pretrained import BANK, POLICY, TRAIN_STATE
from tabrl_trainer.pretraining.model_card import EPISODES, ModelCard, measure
from tabrl_trainer.pretraining.train import CURRICULUM, BaseProgress, BaseTraining
from tabrl_trainer.storage.params import params_file

REPORT_EVERY_S = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `tabrl-train-base`."""
    parser = argparse.ArgumentParser(prog="tabrl-train-base", description=__doc__)
    parser.add_argument("robot", help="id of the robot, such as go1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--work", type=Path, help="folder of the checkpoint (default var/base/ROBOT)"
    )
    parser.add_argument(
        "--out", type=Path, help="where the finished files go (default: WORK/shipped)"
    )
    parser.add_argument(
        "--ship-only", action="store_true", help="measure and write what the checkpoint holds now"
    )
    options = parser.parse_args(arguments)
    try:
        robot = get_robot(options.robot)
        work = options.work or Path("var/base") / robot.id
        training = BaseTraining(robot, work, options.seed)
        if not options.ship_only:
            _train(training)
        ship(training, robot, options.seed, options.out or work / "shipped")
    except TabrlError as error:
        print(f"tabrl-train-base: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _train(training: BaseTraining) -> None:
    reported, began, first = 0.0, time.monotonic(), training.samples
    for progress in training.run():
        if time.monotonic() - reported > REPORT_EVERY_S:
            reported = time.monotonic()
            rate = (progress.samples - first) / max(reported - began, 1e-9)
            print(_line(progress, rate), flush=True)


def _line(progress: BaseProgress, rate: float) -> str:
    left = (progress.total - progress.samples) / max(rate, 1.0) / 60.0
    tracking = " ".join(
        f"{name} {progress.terms[name]:.2f}"
        for name in ("velocity", "yaw", "orientation", "height", "feet", "swing", "slip")
    )
    return (
        f"{progress.samples / 1e6:6.2f} of {progress.total / 1e6:.0f} M  {progress.stage:8s} "
        f"reward {progress.reward:5.2f}  {tracking}  falls/min {progress.falls_per_minute:.2f}  "
        f"{rate / 1e3:.1f} k/s  {left:.0f} min left"
    )


def ship(training: BaseTraining, robot: Robot, seed: int, out: Path) -> ModelCard:
    """Write params file, training state, library and card into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    state = training.state
    weights = policy_weights(state.params.policy, state.normalizer)
    params = params_file(robot.id, weights, CommandSchedule(), training.samples)
    (out / POLICY).write_bytes(params)
    (out / TRAIN_STATE).write_bytes(dump_tree(state))
    (out / BANK).write_bytes(dump_motion_library(record_motion_library(robot, weights.act, seed)))
    print(f"measuring the card: {EPISODES} episodes a row")
    rows = []
    for row in measure(robot, deployed(weights)):
        mark = "reached" if row.passed else "missed"
        print(f"{mark:7s} {row.command}: {row.measured}", flush=True)
        rows.append(row)
    card = ModelCard(
        robot=robot.id,
        seed=seed,
        samples=training.samples,
        stages=[dataclasses.asdict(stage) for stage in CURRICULUM],
        episodes=EPISODES,
        rows=rows,
    )
    (out / "card.json").write_text(card.model_dump_json(indent=1) + "\n")
    (out / "card.md").write_text(card.markdown())
    print(card.markdown())
    return card


if __name__ == "__main__":
    raise SystemExit(main())
