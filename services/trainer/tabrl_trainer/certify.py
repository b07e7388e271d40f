"""`tabrl-certify`: how a policy fares on robots that are other than their scene."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tabrl.contracts.training import RobustnessRow, measured_words
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import PolicyWeights
from tabrl.domain.errors import Invalid, NotFound, TabrlError
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot
from tabrl.sim.elsewhere import Elsewhere, ElsewhereRow, OtherScenes
from tabrl.sim.learning.networks import deployed
from tabrl.sim.robustness import RobustnessTest, certified_schedule
from tabrl_trainer.pretrained import load_pretrained

EPISODES, SECONDS = 64, 8.0


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `tabrl-certify`."""
    options = _parser().parse_args(arguments)
    try:
        path = Path(options.policy)
        data = path.read_bytes() if path.is_file() else load_pretrained(options.policy).policy
        policy = load_policy(data)
        header = policy.header
        embodiment = embodiment_of(get_robot(header.robot).on(header.ground))
        schedule = certified_schedule(embodiment, policy.schedule)
        rows = certify(embodiment, policy.weights, schedule, options.episodes)
        there, missing = certify_elsewhere(embodiment, policy.weights, schedule, options.episodes)
    except TabrlError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"tabrl-certify: {error}{hint}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([row.model_dump() for row in (*rows, *there)], indent=2))
    else:
        print("\n".join([*table((*rows, *there), schedule), *speeds(there), *missing]))
    return 0


def certify(
    embodiment: Embodiment, weights: PolicyWeights, schedule: CommandSchedule, episodes: int
) -> tuple[RobustnessRow, ...]:
    """A row for each disturbance of the robot's kind; some seconds.

    Raises `Invalid` (code `no_disturbances`) for a kind that has none.
    """
    if not embodiment.disturbances:
        raise Invalid(
            f"robots of the kind {embodiment.robot.embodiment!r} have nothing to certify",
            code="no_disturbances",
            hint="their embodiment names no disturbances",
        )
    test = RobustnessTest(embodiment, episodes)
    return test.measure(deployed(weights), schedule, SECONDS)


def certify_elsewhere(
    embodiment: Embodiment, weights: PolicyWeights, schedule: CommandSchedule, episodes: int
) -> tuple[tuple[ElsewhereRow, ...], tuple[str, ...]]:
    """A row for each scene of others that is installed, and what to know of those that are not.

    They are level: a policy that learnt on another ground has none.
    """
    rows, missing = [], []
    ground = embodiment.robot.ground
    if not ground.plain:
        learnt = ground.in_words()
        return (), (f"not measured in scenes of others: they are level, and it learnt {learnt}",)
    for scene in OtherScenes.of(embodiment.robot.id).scenes:
        try:
            elsewhere = Elsewhere(embodiment, scene, episodes)
            rows.append(elsewhere.measure(deployed(weights), schedule, SECONDS))
        except NotFound as error:
            missing.append(f"not measured {scene.words}: {error.message}; {error.hint}")
    return tuple(rows), tuple(missing)


def speeds(rows: tuple[ElsewhereRow, ...]) -> list[str]:
    """How fast it is in scenes of others, in words."""
    return [
        f"{row.speed:.3f} m/s forward {row.words}, {row.own_speed:.3f} m/s in its own"
        for row in rows
        if row.speed is not None and row.own_speed is not None
    ]


def table(rows: Sequence[RobustnessRow], schedule: CommandSchedule) -> list[str]:
    """Lines for a terminal."""
    width = max(len(row.words) for row in rows)
    first = f"{schedule.in_words()}; {rows[0].episodes} episodes of {SECONDS:g} s each"
    lines = [first, f"{'':{width}}  speed error   falls"]
    for row in rows:
        error = measured_words(row.speed_error)
        if row.speed_error is not None:
            error = f"{row.speed_error:.1%}"
        lines.append(f"{row.words:{width}}  {error:>11}  {row.fall_rate:6.1%}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tabrl-certify", description=__doc__)
    parser.add_argument("policy", help="a params file, or the id of a robot: its pretrained policy")
    parser.add_argument(
        "--episodes", type=int, default=EPISODES, help=f"of each disturbance ({EPISODES})"
    )
    parser.add_argument("--json", action="store_true", help="only JSON on standard output")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
