"""The three rows at the end: base with no command, base with the program, the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tabrl.contracts.checks import CheckSpec
from tabrl.contracts.training import CheckResult, EvaluationRow
from tabrl.control.checks import evaluate_checks
from tabrl.control.program import CommandProgram, Programs
from tabrl.control.tape import Tape
from tabrl.sim.cpu import CpuSimulator, episode
from tabrl.sim.simulator import EpisodeRules, PolicyFn
from tabrl_trainer.scoring import TapeReward

EPISODES = 128
EPISODE_S = 10.0
FALL_MARGIN = 0.01  # a result may fall at most one point more often than the base


@dataclass(frozen=True)
class Row:
    """One policy's evaluation with the checks' measured values."""

    row: EvaluationRow
    values: tuple[float, ...]


class Evaluator:
    """Evaluates policies of one robot on `EPISODES` undisturbed episodes of 10 s."""

    def __init__(self, simulator: CpuSimulator, seed: int = 7_919) -> None:
        self._simulator = simulator
        self._seed = seed

    def evaluate(
        self,
        policy: PolicyFn,
        program: CommandProgram,
        reward: TapeReward,
        checks: Sequence[CheckSpec],
    ) -> Row:
        """Run, score and check one policy under one program; deterministic actions."""
        programs = Programs.stack([program] * self._simulator.size)
        run = episode(
            self._simulator, programs, policy, EPISODE_S, self._seed, EpisodeRules(reset_noise=0.5)
        )
        terms = reward.terms_of(run.tape)
        fallen = run.tape.fallen.max(0) > 0.5
        return Row(
            EvaluationRow(
                reward=float(terms.sum(-1).mean()),
                terms=reward.means(terms),
                fall_rate=float(fallen.mean()),
                episodes=self._simulator.size,
            ),
            tuple(float(value) for value in _values(checks, run.tape)),
        )


def _values(checks: Sequence[CheckSpec], tape: Tape) -> list[float]:
    return [float(np.float64(value)) for value in evaluate_checks(checks, tape.fields)]


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


def never_worse(program: Row, base: Row, result: Row) -> bool:
    """Whether the result may be delivered: no more falls than the base, no less reward."""
    steady = result.row.fall_rate <= base.row.fall_rate + FALL_MARGIN
    return steady and result.row.reward >= program.row.reward
