"""The file of recorded episodes: safetensors, as the page reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict
from safetensors.numpy import save

from tabrl.contracts.checks import CheckSpec, Statistic, describe
from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.training import Measured
from tabrl.control.arrays import Floats
from tabrl.control.rollout import CONTROL_DT
from tabrl_trainer.recording.episode import RecordedEpisode, Recording
from tabrl_trainer.rollout_reward import RolloutReward

FORMAT = "tabrl-episodes/1"
Kind = Literal["typical", "worst"]


class CheckHeader(BaseModel):
    """A success check in words, with what it takes to draw what it looks at: `unit` is of that."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    target: str
    unit: str
    statistic: Statistic
    threshold: float | None
    at_least: float | None
    at_most: float | None
    start_s: float
    end_s: float


class EpisodeHeader(BaseModel):
    """One episode: `reward` is its mean a step, `failed_s` when it failed, s since the reset.

    `values` and `passed` are of the checks, in this episode alone.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    reward: float
    failed_s: float | None
    values: tuple[Measured, ...]
    passed: tuple[bool, ...]


class EpisodesHeader(BaseModel):
    """What a file of episodes says of itself.

    `terms` and `touches` name the columns of the tensors; `weights` are in the terms already.
    `clipped` rewards are never below zero, whatever their terms come to. `evaluated` episodes there
    were, of which these are shown.
    """

    model_config = ConfigDict(frozen=True)

    format: str = FORMAT
    robot: str
    hz: float
    evaluated: int
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    clipped: bool
    touches: tuple[str, ...]
    checks: tuple[CheckHeader, ...]
    episodes: tuple[EpisodeHeader, ...]


def episodes_file(
    recording: Recording,
    robot: str,
    evaluated: int,
    reward: RolloutReward,
    checks: Sequence[CheckSpec],
    catalogue: Catalogue,
) -> bytes:
    """A file of both episodes; of one where they are the same.

    Args:
        recording: the episodes.
        robot: its id.
        evaluated: how many episodes there were.
        reward: that the recording's terms are of.
        checks: in the order of the recording's.
        catalogue: of the robot's quantities.

    Returns:
        safetensors, all in single precision: for each episode `KIND/time [T]`, `qpos [T, nq]`,
        `terms [T, K]`, `reward [T]`, `touches [T, C]` and `checks [T, checks]`, and an
        `EpisodesHeader` as JSON in the entry `header` of the metadata.
    """
    shown: dict[Kind, RecordedEpisode] = {"typical": recording.typical, "worst": recording.worst}
    if np.array_equal(recording.typical.qpos, recording.worst.qpos):
        del shown["worst"]
    header = EpisodesHeader(
        robot=robot,
        hz=1.0 / CONTROL_DT,
        evaluated=evaluated,
        terms=reward.terms,
        weights=tuple(reward.weights.tolist()),
        clipped=reward.clipped,
        touches=tuple(recording.typical.touches),
        checks=tuple(_check(check, catalogue) for check in checks),
        episodes=tuple(_episode(kind, episode, checks) for kind, episode in shown.items()),
    )
    tensors = {
        f"{kind}/{name}": np.ascontiguousarray(tensor)
        for kind, episode in shown.items()
        for name, tensor in _tensors(episode).items()
    }
    return save(tensors, {"header": header.model_dump_json()})


def _tensors(episode: RecordedEpisode) -> dict[str, Floats]:
    touches = [*episode.touches.values()]
    steps = len(episode.time)
    return {
        "time": episode.time,
        "qpos": episode.qpos,
        "terms": episode.terms,
        "reward": episode.reward,
        "touches": np.stack(touches, axis=-1) if touches else np.zeros((steps, 0), np.float32),
        "checks": episode.checks.T,
    }


def _episode(kind: Kind, episode: RecordedEpisode, checks: Sequence[CheckSpec]) -> EpisodeHeader:
    values = episode.values.tolist()
    return EpisodeHeader(
        kind=kind,
        reward=float(episode.reward.mean(dtype=np.float64)),
        failed_s=None if episode.failed is None else float(episode.time[episode.failed]),
        values=tuple(values),
        passed=tuple(check.passed(value) for check, value in zip(checks, values, strict=True)),
    )


def _check(check: CheckSpec, catalogue: Catalogue) -> CheckHeader:
    words, entry = describe(check, catalogue), catalogue[catalogue.canonical(check.quantity)]
    return CheckHeader(
        id=check.id,
        name=words.name,
        target=words.target,
        unit="" if entry.per_episode else entry.unit,
        statistic=check.statistic,
        threshold=check.threshold,
        at_least=check.at_least,
        at_most=check.at_most,
        start_s=check.start_s,
        end_s=check.end_s,
    )
