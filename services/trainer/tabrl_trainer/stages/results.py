"""What each stage of a training hands to the next ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from tabrl.contracts.tiers import EvaluationPoint
from tabrl.contracts.training import Reweighting, RobustnessRow
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.ports.jobs import Weights
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.evaluation import Evaluation
from tabrl_trainer.finetune import FineTuneState
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.selection import CheckpointPool, Snapshot
from tabrl_trainer.storage.checkpoints import KeptSnapshot
from tabrl_trainer.tiers.beginning import Beginning


@dataclass(frozen=True)
class SearchResult:
    """The command schedule found, and what it took.

    `generations` were measured, phase by phase; `samples` are control steps.
    """

    schedule: CommandSchedule
    samples: int
    generations: tuple[int, ...]
    seconds: float


@dataclass(frozen=True)
class ResumePoint:
    """Where an earlier attempt left off.

    `ppo_s`, `measuring_s` and `snapshots` count what earlier attempts used and published;
    `restarts` are the updates from which the job went on, this point included. `history` and `kept`
    are of a full training.
    """

    found: SearchResult
    state: FineTuneState
    ppo_s: float
    measuring_s: float
    snapshots: int
    restarts: tuple[int, ...]
    reweightings: tuple[Reweighting, ...]
    history: tuple[EvaluationPoint, ...]
    kept: tuple[KeptSnapshot, ...]


@dataclass(frozen=True)
class Loaded:
    """What a training works with.

    `reward` carries `weights`, which are in force; `initial_weights` are those the job begins or
    began with, where they are not the spec's.
    """

    context: TrainingContext
    beginning: Beginning
    reward: RolloutReward
    weights: Weights
    initial_weights: Weights
    resumed: ResumePoint | None = None


@dataclass(frozen=True)
class FineTuned:
    """The policies learnt under a schedule, and what it took.

    `reward` carries the weights in force at the end; `samples_per_s` is the last update's rate,
    infinite where this attempt did none; `samples` and `seconds` are PPO's alone. `history` are the
    evaluations of a full training, whose best policies are `finalists`, best first.
    """

    schedule: CommandSchedule
    reward: RolloutReward
    pool: CheckpointPool
    updates: int
    samples: int
    samples_per_s: float
    seconds: float
    reweightings: tuple[Reweighting, ...]
    history: tuple[EvaluationPoint, ...] = ()
    finalists: tuple[Snapshot, ...] = ()

    @classmethod
    def nothing(cls, found: SearchResult, loaded: Loaded) -> Self:
        """The schedule alone: nothing is learnt."""
        return cls(found.schedule, loaded.reward, CheckpointPool(), 0, 0, float("inf"), 0.0, ())


@dataclass(frozen=True)
class Selected:
    """The snapshots to deliver, first choice first; none where nothing better was learnt.

    `seconds` is None where there was no time to measure any.
    """

    snapshots: tuple[Snapshot, ...]
    seconds: float | None


@dataclass(frozen=True)
class Evaluated:
    """The three rows, and the policy that is delivered for them.

    `measured.result` is the row of what is delivered: `weights` after `update` updates. `accepted`:
    it was learnt, and passed the acceptance gate; else `note` says why not, if there is anything to
    say. `began` in seconds of the session's clock.
    """

    measured: Evaluation
    weights: PolicyWeights
    update: int
    accepted: bool
    note: str
    began: float


@dataclass(frozen=True)
class Completed:
    """All stages of a training but the last, which reports on them."""

    loaded: Loaded
    found: SearchResult
    tuned: FineTuned
    selected: Selected
    evaluated: Evaluated
    robustness: tuple[RobustnessRow, ...]
