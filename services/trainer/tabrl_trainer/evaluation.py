"""The three rows at the end: pretrained policy with no command, with the schedule, the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.checks import CheckSpec, describe
from tabrl.contracts.findings import Finding
from tabrl.contracts.phases import EPISODE_S
from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.training import CheckResult, EvaluationRow
from tabrl.control.agreement import reward_checks_disagree
from tabrl.control.checks import evaluate_checks
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.looks import uglier
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.learning.networks import deployed
from tabrl.sim.simulator import PolicyFn, Simulator, episode
from tabrl_trainer.rollout_reward import RolloutReward

CHUNK_S = 2.0  # rollouts are compiled for this length


@dataclass(frozen=True)
class Candidate:
    """A policy under a command schedule."""

    weights: PolicyWeights
    schedule: CommandSchedule


@dataclass(frozen=True)
class EvaluationEntry:
    """One candidate's evaluation with the checks' measured values, and how it looks."""

    row: EvaluationRow
    values: tuple[float, ...]
    looks: Mapping[str, float] = field(default_factory=dict)


class Evaluator:
    """Runs candidates one after the other, undisturbed, in episodes of 10 s unless told otherwise.

    There is a simulator for each candidate, with a robot for each of its episodes; it may be the
    same one. Candidates with as many episodes begin from the same starts.
    """

    def __init__(
        self, embodiment: Embodiment, simulators: Sequence[Simulator], seed: int = 7_919
    ) -> None:
        self._embodiment = embodiment
        self._simulators = tuple(simulators)
        self._seed = seed

    def warm_ups(self, policy: PolicyFn) -> list[Callable[[], None]]:
        """What compiles, done together, all that evaluations of policies of this kind need."""
        steps = round(CHUNK_S / CONTROL_DT)
        different = dict.fromkeys(self._simulators)
        return [partial(simulator.prepare, policy, steps) for simulator in different]

    def evaluate(
        self,
        candidates: Sequence[Candidate],
        reward: RolloutReward,
        checks: Sequence[CheckSpec],
        on_step: Callable[[], None] = lambda: None,
        seconds: float | None = None,
    ) -> list[EvaluationEntry]:
        """Deterministic actions, episodes of `seconds`. Raises `ValueError` on a wrong count.

        `on_step` is called at every step and may raise to end the evaluation early.
        """
        rollouts = self.rollouts(candidates, on_step, seconds)
        return [_row(rollout, reward, checks, self._embodiment) for rollout in rollouts]

    def rollouts(
        self,
        candidates: Sequence[Candidate],
        on_step: Callable[[], None] = lambda: None,
        seconds: float | None = None,
    ) -> Iterator[Rollout]:
        """What each candidate did in episodes of `seconds`, `[T, B]` each.

        Raises `ValueError` on a wrong count.
        """
        if len(candidates) != len(self._simulators):
            raise ValueError(f"{len(candidates)} candidates, room for {len(self._simulators)}")
        rules = EpisodeConfig(reset_noise=0.5)
        for candidate, simulator in zip(candidates, self._simulators, strict=True):
            schedules = StagedCommands.stack([candidate.schedule] * simulator.size)
            policy = deployed(candidate.weights)
            run = episode(
                simulator, schedules, policy, seconds or EPISODE_S, self._seed, rules, on_step,
                CHUNK_S,
            )  # fmt: skip
            yield run.rollout


def half_width(values: NDArray[np.floating]) -> float:
    """Half the width of the 95 % confidence interval of the mean of `values [B]`; 0 for one."""
    if len(values) < 2:
        return 0.0
    return float(1.96 * values.std(ddof=1, dtype=np.float64) / np.sqrt(len(values)))


def _row(
    rollout: Rollout, reward: RolloutReward, checks: Sequence[CheckSpec], embodiment: Embodiment
) -> EvaluationEntry:
    terms = reward.terms_of(rollout)
    by_episode = terms.sum(-1).mean(0, dtype=np.float64)
    values = evaluate_checks(checks, rollout.fields, embodiment)
    fallen = embodiment.failures(rollout).max(0) > 0.5
    return EvaluationEntry(
        EvaluationRow(
            reward=float(by_episode.mean()),
            reward_ci95=half_width(by_episode),
            terms=reward.means(terms),
            fall_rate=float(fallen.mean()),
            episodes=len(by_episode),
        ),
        tuple(values),
        embodiment.looks(rollout),
    )


def check_results(
    checks: Sequence[CheckSpec],
    base: EvaluationEntry,
    program: EvaluationEntry,
    result: EvaluationEntry,
    catalogue: Catalogue,
) -> list[CheckResult]:
    """The checks with all three rows; `passed` is the result's."""
    words = [describe(check, catalogue) for check in checks]
    return [
        CheckResult(
            id=check.id,
            name=words[i].name,
            target=words[i].target,
            base=base.values[i],
            program=program.values[i],
            result=result.values[i],
            passed=check.passed(result.values[i]),
        )
        for i, check in enumerate(checks)
    ]


def flags_of(
    checks: Sequence[CheckSpec],
    base: EvaluationEntry,
    program: EvaluationEntry,
    result: EvaluationEntry,
    embodiment: Embodiment,
) -> tuple[Finding, ...]:
    """What a person should know before believing the result."""
    results = check_results(checks, base, program, result, embodiment.catalogue)
    findings = (
        reward_checks_disagree(base.row, program.row, result.row, checks, results),
        uglier(embodiment.looked_at, program.looks, result.looks),
    )
    return tuple(finding for finding in findings if finding is not None)
