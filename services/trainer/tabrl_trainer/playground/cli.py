"""`tabrl-playground JOB`: MuJoCo Playground's trainer on the reward of one of our trainings."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from tabrl.domain.errors import Conflict, TabrlError, Unavailable
from tabrl.ports import JobFailedError

STEPS = 2_000_000


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `tabrl-playground`: 0 when the policy is written."""
    options = _parser().parse_args(arguments)
    # Before JAX begins: with a pool of two threads XLA's CPU program can wait for itself for ever.
    os.environ.setdefault("NPROC", str(2 * max(os.cpu_count() or 1, 2)))
    try:
        _require_playground()
        _train(options)
    except TabrlError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"tabrl-playground: {error}{hint}", file=sys.stderr)
        return 1
    except JobFailedError as error:
        print(f"tabrl-playground: {error.failure.message}", file=sys.stderr)
        return 1
    return 0


def _require_playground() -> None:
    if find_spec("mujoco_playground") is None:
        raise Unavailable(
            "MuJoCo Playground is not installed",
            code="no_playground",
            hint="install the package playground (pip install playground==0.2.0)",
        )


def _train(options: argparse.Namespace) -> None:
    from tabrl.adapters.blobs import make_blob_store
    from tabrl.adapters.clock import SystemClock
    from tabrl.adapters.settings import Settings
    from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
    from tabrl.adapters.sql.engine import make_engine
    from tabrl.adapters.sql.jobs import SqlJobRepository
    from tabrl.control.command_schedule import CommandSchedule
    from tabrl.robots import get_robot
    from tabrl_trainer.playground.environment import TabrlEnvironment
    from tabrl_trainer.playground.step_reward import StepReward
    from tabrl_trainer.playground.train import BraxPPO, train
    from tabrl_trainer.stages.verified import verified_artifact
    from tabrl_trainer.storage.params import params_file

    settings = Settings()
    database, clock = make_engine(settings.database), SystemClock()
    job = SqlJobRepository(database, clock).get(options.job)
    if job.spec is None:
        raise Conflict(
            f"{options.job} is no training",
            code="no_training",
            hint="`tabrl jobs` lists trainings",
        )
    blobs, verified = make_blob_store(settings.blobs), SqlVerifiedArtifacts(database, clock)
    reward = StepReward(verified_artifact(job.spec, blobs, verified), job.valid_weights)
    ground = job.spec.ground
    environment = TabrlEnvironment(get_robot(job.robot).on(ground), reward)
    ppo = BraxPPO(
        environments=options.robots, unroll=options.unroll, evaluations=options.evaluations
    )
    weights = train(environment, options.steps, ppo, _say, options.seed)
    neutral = CommandSchedule.neutral(environment.embodiment.commands)
    options.out.write_bytes(params_file(job.robot, weights, neutral, 0, ground))
    print(f"{options.out} written")


def _say(steps: int, measured: dict[str, float]) -> None:
    reward = float(measured["eval/episode_reward"])
    length = float(measured["eval/avg_episode_length"])
    print(f"{steps} steps: reward of an episode {reward:.2f}, {length:.0f} steps long", flush=True)


def _some(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("it takes 1 or more")
    return count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tabrl-playground", description=__doc__)
    parser.add_argument("job", help="a training, whatever became of it: its robot and reward")
    parser.add_argument(
        "--steps", type=_some, default=STEPS, help=f"control steps of all robots ({STEPS})"
    )
    parser.add_argument("--robots", type=_some, default=512, help="at once (512)")
    parser.add_argument("--unroll", type=_some, default=20, help="steps of each an update (20)")
    parser.add_argument("--evaluations", type=int, default=5, help="during training (5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, default=Path("policy.safetensors"), help="the params file to write"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
