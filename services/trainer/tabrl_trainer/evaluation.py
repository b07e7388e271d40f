"""The three rows at the end: pretrained policy with no command, with the schedule, the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tabrl.contracts.checks import CheckSpec, describe
from tabrl.contracts.comparison import Comparison
from tabrl.contracts.findings import Finding
from tabrl.contracts.phases import EPISODE_S
from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.training import CheckResult
from tabrl.control.agreement import reward_checks_disagree
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.looks import uglier
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.learning.networks import deployed
from tabrl.sim.simulator import PolicyFn, Simulator, episode
from tabrl_trainer.comparison import ONE_ROUND, TWO_ROUNDS, compare
from tabrl_trainer.episode_scores import EpisodeScores, EvaluationEntry
from tabrl_trainer.rollout_reward import RolloutReward

CHUNK_S = 2.0  # rollouts are compiled for this length
SEED = 7_919
RULES = EpisodeConfig(reset_noise=0.5)


def _nothing() -> None:
    """What is done between two steps unless somebody wants to know."""


@dataclass(frozen=True)
class Candidate:
    """A policy under a command schedule."""

    weights: PolicyWeights
    schedule: CommandSchedule

    def rollout(
        self,
        simulator: Simulator,
        seconds: float,
        seed: int = SEED,
        on_step: Callable[[], None] = _nothing,
    ) -> Rollout:
        """What it does in undisturbed episodes with deterministic actions, `[T, B]`.

        Equal seeds give equal starts on simulators of one size. `on_step` is called at every step
        and may raise.
        """
        schedules = StagedCommands.stack([self.schedule] * simulator.size)
        policy = deployed(self.weights)
        run = episode(simulator, schedules, policy, seconds, seed, RULES, on_step, CHUNK_S)
        return run.rollout


class Standing:
    """What the pretrained policy does without a command, recorded once: no reward changes it."""

    def __init__(self, candidate: Candidate, simulator: Simulator) -> None:
        self._candidate = candidate
        self._simulator = simulator
        self._recorded: Rollout | None = None

    def rollout(self, seconds: float, on_step: Callable[[], None] = _nothing) -> Rollout:
        """So many seconds of it; recorded if nobody asked for as many before."""
        steps = round(seconds / CONTROL_DT)
        if self._recorded is None or self._recorded.shape[0] < steps:
            self._recorded = self._candidate.rollout(self._simulator, seconds, on_step=on_step)
        return Rollout({name: field[:steps] for name, field in self._recorded.fields.items()})


@dataclass(frozen=True)
class Evaluation:
    """The three rows, and how the result compares with the found schedule."""

    base: EvaluationEntry
    program: EvaluationEntry
    result: EvaluationEntry
    comparison: Comparison


class Evaluator:
    """Measures a result against the found schedule over the same starts, in one round or two.

    Each round has an episode of every robot of the simulator. Where the first of two has settled
    the comparison, only the result goes on: how seldom it falls needs the episodes.
    """

    def __init__(
        self, embodiment: Embodiment, standing: Standing, simulator: Simulator, rounds: int
    ) -> None:
        """Raises `ValueError` unless there are one or two rounds."""
        if rounds not in (1, len(TWO_ROUNDS)):
            raise ValueError(f"{rounds} rounds: there are rules for one and for two")
        self._embodiment = embodiment
        self._standing = standing
        self._simulator = simulator
        self._errors = TWO_ROUNDS if rounds == len(TWO_ROUNDS) else (ONE_ROUND,)

    @property
    def most_episodes(self) -> int:
        """Episodes that an evaluation simulates at most."""
        return 2 * len(self._errors) * self._simulator.size

    def warm_up(self, policy: PolicyFn) -> None:
        """Compile what evaluations of policies of this kind would compile."""
        self._simulator.prepare(policy, round(CHUNK_S / CONTROL_DT))

    def measure(
        self,
        candidate: Candidate,
        reward: RolloutReward,
        checks: Sequence[CheckSpec],
        on_step: Callable[[], None] = _nothing,
        seconds: float | None = None,
        seed: int = SEED,
    ) -> EvaluationEntry:
        """One candidate alone, an episode of every robot; see `evaluate`."""
        rollout = candidate.rollout(self._simulator, seconds or EPISODE_S, seed, on_step)
        scores = EpisodeScores.of(rollout, reward, checks, self._embodiment)
        return scores.entry(reward.terms, checks, self._embodiment)

    def standing_falls(
        self, on_step: Callable[[], None] = _nothing, seconds: float | None = None
    ) -> float:
        """Share of episodes in which the pretrained policy falls without a command."""
        rollout = self._standing.rollout(seconds or EPISODE_S, on_step)
        return float((self._embodiment.failures(rollout).max(0) > 0.5).mean())

    def evaluate_alone(
        self,
        program: Candidate,
        reward: RolloutReward,
        checks: Sequence[CheckSpec],
        on_step: Callable[[], None] = _nothing,
        seconds: float | None = None,
    ) -> Evaluation:
        """The rows where nothing was learnt: the result is what it began with."""
        rollout = self._standing.rollout(seconds or EPISODE_S, on_step)
        scores = EpisodeScores.of(rollout, reward, checks, self._embodiment)
        base = scores.entry(reward.terms, checks, self._embodiment)
        entry = self.measure(program, reward, checks, on_step, seconds)
        same = Comparison.of(entry.row.reward, 0.0, 0.0, entry.row.episodes)
        return Evaluation(base, entry, entry, same)

    def evaluate(
        self,
        program: Candidate,
        result: Candidate,
        reward: RolloutReward,
        checks: Sequence[CheckSpec],
        on_step: Callable[[], None] = _nothing,
        seconds: float | None = None,
    ) -> Evaluation:
        """Deterministic actions, episodes of `seconds`, of 10 s unless told otherwise.

        `on_step` is called at every step and may raise to end the evaluation early.
        """
        lasts_s = seconds or EPISODE_S

        def judged(rollout: Rollout) -> EpisodeScores:
            return EpisodeScores.of(rollout, reward, checks, self._embodiment)

        def measured(candidate: Candidate, number: int) -> EpisodeScores:
            return judged(candidate.rollout(self._simulator, lasts_s, SEED + number, on_step))

        before, after = measured(program, 0), measured(result, 0)
        comparison = compare(before.rewards, after.rewards, self._errors[0])
        for number, errors in enumerate(self._errors[1:], start=1):
            if not comparison.settled:
                before = before.joined(measured(program, number))
            after = after.joined(measured(result, number))
            if not comparison.settled:
                comparison = compare(before.rewards, after.rewards, errors)
        base = judged(self._standing.rollout(lasts_s, on_step))
        rows = [
            scores.entry(reward.terms, checks, self._embodiment) for scores in (base, before, after)
        ]
        return Evaluation(rows[0], rows[1], rows[2], comparison)


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
