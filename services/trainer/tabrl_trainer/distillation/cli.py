"""`tabrl-distill`: a student for a policy, if its certificate says that it needs one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tabrl.contracts.training import RobustnessRow
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid, TabrlError
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot
from tabrl.sim.learning.networks import deployed
from tabrl.sim.robustness import RobustnessTest, certified_schedule
from tabrl_trainer.certify import EPISODES, SECONDS, table
from tabrl_trainer.distillation.learning import Amount, taught
from tabrl_trainer.distillation.student import Columns, StudentPolicy
from tabrl_trainer.pretrained import load_pretrained

BEARABLE = 0.01  # of the speed: what not knowing it may cost


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `tabrl-distill`; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _distill(options)
    except TabrlError as error:
        hint = f"; {error.hint}" if error.hint else ""
        print(f"tabrl-distill: {error}{hint}", file=sys.stderr)
        return 1


def _distill(options: argparse.Namespace) -> int:
    path = Path(options.policy)
    params = path.read_bytes() if path.is_file() else load_pretrained(options.policy).policy
    policy = load_policy(params)
    embodiment = embodiment_of(get_robot(policy.header.robot).on(policy.header.ground))
    Columns.of(embodiment)
    schedule = certified_schedule(embodiment, policy.schedule)
    test = RobustnessTest(embodiment, options.episodes)
    before = test.measure(deployed(policy.weights), schedule, SECONDS)
    print("\n".join(["without a student", *table(before, schedule)]), flush=True)
    if not (needed(embodiment, before) or options.anyway):
        print("it needs no student: not knowing its speed costs it little (--anyway makes one)")
        return 0
    amount = Amount(rounds=options.rounds, robots=options.robots, steps=options.steps)
    student = taught(embodiment, policy.weights, schedule, amount, _progress)
    after = test.measure(StudentPolicy(policy.weights, student), schedule, SECONDS)
    print("\n".join(["with it, its speed unknown everywhere", *table(after, schedule)]))
    if worse(embodiment, before, after):
        raise Invalid("the student is of no use: the policy does better without", code="no_gain")
    options.out.write_bytes(student.dump(params))
    print(options.out)
    return 0


def needed(embodiment: Embodiment, rows: tuple[RobustnessRow, ...]) -> bool:
    """Whether not knowing its speed costs a policy more than is bearable, or makes it fall."""
    usual, blind = (_row(embodiment, rows, blind) for blind in (False, True))
    return _cost(blind) > _cost(usual) + BEARABLE


def worse(
    embodiment: Embodiment, before: tuple[RobustnessRow, ...], after: tuple[RobustnessRow, ...]
) -> bool:
    """Whether a policy whose speed is unknown does no better with its student."""
    return _cost(_row(embodiment, after, True)) >= _cost(_row(embodiment, before, True))


def _cost(row: RobustnessRow) -> float:
    """Speed error of those that stood, and a fall counts as a stand-still."""
    return (1.0 if row.speed_error is None else row.speed_error) + row.fall_rate


def _row(embodiment: Embodiment, rows: tuple[RobustnessRow, ...], blind: bool) -> RobustnessRow:
    """The row of a robot in its scene, or of one that differs in what it does not know alone."""
    unsensed = embodiment.unsensed
    assert unsensed is not None
    for disturbance, row in zip(embodiment.disturbances, rows, strict=True):
        unknown = [name for one in disturbance.randomisation.unknown for name in one.segments]
        plain = not disturbance.randomisation.noise and disturbance.randomisation.late == 0.0
        if plain and (unsensed.segment in unknown) == blind:
            return row
    raise Invalid("the kind's certificate has no row without speed", code="no_disturbances")


def _progress(number: int, error: float) -> None:
    print(f"round {number + 1}: estimates are off by {error:.3f} m/s", flush=True)


def _parser() -> argparse.ArgumentParser:
    usual = Amount()
    parser = argparse.ArgumentParser(prog="tabrl-distill", description=__doc__)
    parser.add_argument("policy", help="a params file, or the id of a robot: its pretrained policy")
    parser.add_argument("out", type=Path, help="the student's file")
    parser.add_argument("--anyway", action="store_true", help="also if it needs none")
    parser.add_argument("--episodes", type=int, default=EPISODES, help=f"of a row ({EPISODES})")
    for name in ("rounds", "robots", "steps"):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=int, default=value, help=f"see Amount ({value})")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
