"""The three rows at the end: base with no command, base with the program, the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.checks import CheckSpec
from tabrl.contracts.findings import Finding
from tabrl.contracts.phases import EPISODE_S
from tabrl.contracts.training import CheckResult, EvaluationRow
from tabrl.control.agreement import reward_checks_disagree
from tabrl.control.checks import evaluate_checks
from tabrl.control.policy import PolicyWeights
from tabrl.control.program import CommandProgram
from tabrl.control.sequence import Sequences
from tabrl.control.tape import CONTROL_DT, Tape
from tabrl.robots import Robot
from tabrl.sim.networks import deployed
from tabrl.sim.simulator import EpisodeRules, PolicyFn, Simulator, episode
from tabrl_trainer.scoring import TapeReward

# Of the base with no command, the base with the program, the result. The first only stands there.
EPISODES = (64, 256, 256)
FEWER_EPISODES = (64, 64, 64)  # on a machine so busy that all would take longer than MOST_S
MOST_S = 18.0
BLOCK_S = 2.0  # rollouts are compiled for this length
FALL_MARGIN = 0.01  # a result may fall at most one point more often than the base


@dataclass(frozen=True)
class Contender:
    """A policy under a program."""

    weights: PolicyWeights
    program: CommandProgram


@dataclass(frozen=True)
class Row:
    """One contender's evaluation with the checks' measured values."""

    row: EvaluationRow
    values: tuple[float, ...]


class Evaluator:
    """Runs contenders one after the other, undisturbed, in episodes of 10 s unless told otherwise.

    There is a simulator for each contender, with a robot for each of its episodes; it may be the
    same one. Contenders with as many episodes begin from the same starts.
    """

    def __init__(self, robot: Robot, simulators: Sequence[Simulator], seed: int = 7_919) -> None:
        self._robot = robot
        self._simulators = tuple(simulators)
        self._seed = seed

    def warm_up(self, policy: PolicyFn) -> None:
        """Compile what evaluations of policies of this kind would compile."""
        for simulator in self._simulators:
            simulator.prepare(policy, round(BLOCK_S / CONTROL_DT))

    def evaluate(
        self,
        contenders: Sequence[Contender],
        reward: TapeReward,
        checks: Sequence[CheckSpec],
        between: Callable[[], None] = lambda: None,
        seconds: float | None = None,
    ) -> list[Row]:
        """Deterministic actions, episodes of `seconds`. Raises `ValueError` on a wrong count.

        `between` is called at every step and may raise to end the evaluation early.
        """
        tapes = self.tapes(contenders, between, seconds)
        return [_row(tape, reward, checks, self._robot) for tape in tapes]

    def tapes(
        self,
        contenders: Sequence[Contender],
        between: Callable[[], None] = lambda: None,
        seconds: float | None = None,
    ) -> Iterator[Tape]:
        """What each contender did in episodes of `seconds`, `[T, B]` each.

        Raises `ValueError` on a wrong count.
        """
        if len(contenders) != len(self._simulators):
            raise ValueError(f"{len(contenders)} contenders, room for {len(self._simulators)}")
        rules = EpisodeRules(reset_noise=0.5)
        for contender, simulator in zip(contenders, self._simulators, strict=True):
            programs = Sequences.stack([contender.program] * simulator.size)
            policy = deployed(contender.weights)
            run = episode(
                simulator, programs, policy, seconds or EPISODE_S, self._seed, rules, between,
                BLOCK_S,
            )  # fmt: skip
            yield run.tape


def half_width(values: NDArray[np.floating]) -> float:
    """Half the width of the 95 % confidence interval of the mean of `values [B]`; 0 for one."""
    if len(values) < 2:
        return 0.0
    return float(1.96 * values.std(ddof=1, dtype=np.float64) / np.sqrt(len(values)))


def _row(tape: Tape, reward: TapeReward, checks: Sequence[CheckSpec], robot: Robot) -> Row:
    terms = reward.terms_of(tape)
    by_episode = terms.sum(-1).mean(0, dtype=np.float64)
    values = evaluate_checks(checks, tape.fields, robot)
    fallen = tape.fallen.max(0) > 0.5
    return Row(
        EvaluationRow(
            reward=float(by_episode.mean()),
            reward_ci95=half_width(by_episode),
            terms=reward.means(terms),
            fall_rate=float(fallen.mean()),
            episodes=len(by_episode),
        ),
        tuple(values),
    )


def check_results(
    checks: Sequence[CheckSpec], base: Row, program: Row, result: Row
) -> list[CheckResult]:
    """The checks with all three rows; `passed` is the result's."""
    return [
        CheckResult(
            id=check.id,
            name=check.name,
            target=check.target,
            base=base.values[i],
            program=program.values[i],
            result=result.values[i],
            passed=check.passed(result.values[i]),
        )
        for i, check in enumerate(checks)
    ]


def flags_of(
    checks: Sequence[CheckSpec], base: Row, program: Row, result: Row
) -> tuple[Finding, ...]:
    """What a person should know before believing the result."""
    results = check_results(checks, base, program, result)
    finding = reward_checks_disagree(base.row, program.row, result.row, checks, results)
    return () if finding is None else (finding,)


def never_worse(base: Row, program: Row, result: Row) -> bool:
    """Whether the result may be delivered: no more falls than the base, no less reward."""
    steady = result.row.fall_rate <= base.row.fall_rate + FALL_MARGIN
    return steady and result.row.reward >= program.row.reward


def why_not(base: Row, program: Row, result: Row) -> str:
    """Why it may not, in a sentence."""
    if result.row.reward < program.row.reward:
        why = f"its reward was lower ({result.row.reward:.3f} against {program.row.reward:.3f})"
    else:
        why = f"it fell more often ({result.row.fall_rate:.1%} against {base.row.fall_rate:.1%})"
    return f"The fine-tuned policy was not delivered, because {why}: the found program is."
