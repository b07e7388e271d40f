"""What a full training does every minute: evaluate the policy, keep the best, and see whether it
still gains anything."""

from __future__ import annotations

from dataclasses import dataclass

from tabrl.contracts.checks import episode_s
from tabrl.contracts.tiers import EvaluationPoint
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.embodiments.load import load_policy
from tabrl.ports import BlobStore
from tabrl_trainer.episode_scores import EvaluationEntry
from tabrl_trainer.evaluation import Candidate
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.selection import Snapshot
from tabrl_trainer.stages.acceptance import FALL_MARGIN
from tabrl_trainer.stages.results import Loaded
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.storage.checkpoints import KeptSnapshot
from tabrl_trainer.tiers.patience import gains_nothing

EVERY_S = 60.0
LEAST_TIMES = 5  # it is evaluated where it is given less than minutes
FINALISTS = 3  # where the best one fails at the acceptance gate, the next is tried
SEED = 15_485_863  # other starts than those of the evaluation at the end, or it would be biased


@dataclass(frozen=True)
class Finalist:
    """A measured policy that may be delivered, and where it lies."""

    kept: KeptSnapshot
    weights: PolicyWeights

    @property
    def rank(self) -> tuple[bool, float]:
        """Higher is better: one that falls too often comes after all that do not."""
        return self.kept.steady, self.kept.reward

    @property
    def snapshot(self) -> Snapshot:
        """As selection knows it."""
        return Snapshot(self.kept.update, self.weights, self.kept.reward)


@dataclass(frozen=True)
class Moment:
    """A published policy, and how far its job was: updates, samples and seconds of all stages."""

    weights: PolicyWeights
    params_key: str
    update: int
    samples: int
    seconds: float


class Minutes:
    """The evaluations of one full training, and its best policies, best first."""

    def __init__(
        self, session: JobSession, loaded: Loaded, schedule: CommandSchedule, ppo_s: float,
        blobs: BlobStore,
    ) -> None:  # fmt: skip
        """Of a training of `ppo_s` seconds of PPO; an earlier attempt's are read from `blobs`."""
        self._session, self._context, self._schedule = session, loaded.context, schedule
        self._every_s = min(EVERY_S, ppo_s / LEAST_TIMES)
        resumed = loaded.resumed
        self.history = () if resumed is None else resumed.history
        kept = () if resumed is None else resumed.kept
        self.finalists = tuple(
            Finalist(one, load_policy(blobs.get(one.params_key)).weights) for one in kept
        )
        self._asked_s = 0.0 if resumed is None else resumed.ppo_s
        # Points before were earned under other weights.
        self._comparable = len(self.history) if resumed and resumed.reweightings else 0

    def due(self, ppo_s: float) -> bool:
        """Whether it is time to measure, after so many seconds of PPO."""
        due = ppo_s // self._every_s > self._asked_s // self._every_s
        self._asked_s = ppo_s
        return due

    @property
    def last_update(self) -> int:
        """Update of the policy that was measured last; -1 before there is one."""
        return self.history[-1].update if self.history else -1

    @property
    def gains_nothing(self) -> bool:
        """Whether going on would be a waste."""
        return gains_nothing(self.history[self._comparable :])

    def samples_at(self, update: int) -> int:
        """Samples of the whole chain when the policy of an update was measured; 0 if never."""
        return next((one.samples for one in self.history if one.update == update), 0)

    def reweighted(self) -> None:
        """Other weights are in force: what was earned before says nothing."""
        self.finalists, self._comparable = (), len(self.history)

    def measure(self, moment: Moment, reward: RolloutReward) -> EvaluationPoint:
        """Evaluate a policy. Raises `JobStoppedError` at any step, and then keeps nothing."""
        spec, on_step = self._session.spec, self._session.control.raise_if_stopped
        lasts_s = episode_s(spec.phases_s, spec.checks)
        evaluator = self._context.evaluator
        standing = evaluator.standing_falls(on_step, lasts_s)
        candidate = Candidate(moment.weights, self._schedule)
        entry = evaluator.measure(candidate, reward, spec.checks, on_step, lasts_s, SEED)
        kept = KeptSnapshot(
            update=moment.update,
            params_key=moment.params_key,
            reward=entry.row.reward,
            steady=entry.row.fall_rate <= standing + FALL_MARGIN,
        )
        ranked = (*self.finalists, Finalist(kept, moment.weights))
        self.finalists = tuple(sorted(ranked, key=lambda one: one.rank, reverse=True)[:FINALISTS])
        best = self.finalists[0].kept.update == moment.update
        point = point_of(self._session, entry, moment, best=best)
        self.history = (*self.history, point)
        return point


def point_of(
    session: JobSession, entry: EvaluationEntry, moment: Moment, *, best: bool
) -> EvaluationPoint:
    """An evaluation as a point of the curve over this training and all before it."""
    spec, origin = session.spec, session.spec.origin
    values = zip(spec.checks, entry.values, strict=True)
    measured = {check.id: (None if value != value else value) for check, value in values}
    passed = [check.passed(value) for check, value in zip(spec.checks, entry.values, strict=True)]
    return EvaluationPoint(
        minutes=(origin.minutes if origin else 0.0) + moment.seconds / 60.0,
        update=moment.update,
        samples=(origin.samples if origin else 0) + moment.samples,
        reward=entry.row.reward,
        reward_ci95=entry.row.reward_ci95,
        fall_rate=entry.row.fall_rate,
        checks=measured,
        passed=sum(passed),
        best=best,
    )
