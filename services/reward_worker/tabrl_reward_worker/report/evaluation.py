"""A reward tried on all recorded motion at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.rollout import CONTROL_DT
from tabrl.rewards.memory import MEMORY, RewardCarry
from tabrl.sim.motion_library import NEGATIVE_REFERENCES, MotionLibrary
from tabrl.sim.reward.function import FAST_COMPILE, Fields, load_reward
from tabrl_reward_worker.sandbox import BuiltReward

_HALF_STEP = CONTROL_DT / 2.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """What a reward pays on the bank's clips; `raw [T, B, K]` are its unweighted terms.

    `finite` is false if any value was not; such values count as zero. `rest` is the clip of a robot
    that is asked for nothing, if there is one. With `clip_total` a step whose weighted terms come
    to less than zero pays zero.
    """

    clips: tuple[str, ...]
    terms: tuple[str, ...]
    weights: Floats
    raw: Floats
    finite: bool
    rest: str | None = None
    clip_total: bool = False

    @cached_property
    def weighted(self) -> Floats:
        """Weighted terms, `[T, B, K]`."""
        return self.raw * self.weights

    @cached_property
    def means(self) -> Floats:
        """Every weighted term's mean per control step, `[B, K]`."""
        means: Floats = self.raw.mean(axis=0) * self.weights
        return means

    @cached_property
    def totals(self) -> Floats:
        """The reward's mean per control step, `[B]`."""
        totals: Floats = self.means.sum(axis=1)
        return self.steps.mean(axis=0) if self.clip_total else totals

    @cached_property
    def steps(self) -> Floats:
        """The reward of every control step, `[T, B]`."""
        steps: Floats = self.weighted.sum(axis=-1)
        return np.maximum(steps, 0.0) if self.clip_total else steps

    @property
    def wanted(self) -> tuple[str, ...]:
        """The clips that somebody may want."""
        return tuple(clip for clip in self.clips if clip not in NEGATIVE_REFERENCES)

    @cached_property
    def spread(self) -> float:
        """Standard deviation of what the wanted clips pay: the measure of all margins."""
        wanted = [index for index, clip in enumerate(self.clips) if clip not in NEGATIVE_REFERENCES]
        return float(self.totals[wanted].std()) if wanted else 0.0

    def score(self, clip: str) -> float:
        """What a clip pays per control step."""
        return float(self.totals[self.clips.index(clip)])


class RewardEvaluator:
    """One reward and one bank; compiles once."""

    def __init__(self, built: BuiltReward, bank: MotionLibrary) -> None:
        self._reward = load_reward(built.blob, FAST_COMPILE)
        self._weights = np.asarray(self._reward.vector(built.weights), np.float64)
        self._bank = bank
        self._flat = bank.rollout.flat()

    def at(self, shift_s: float = 0.0, window: tuple[float, float] | None = None) -> Evaluation:
        """The evaluation with all clips moved in time, for rewards that change with the time.

        Everything else stays as recorded. Of a `window` (s), only the steps in it count, if any
        are. Raises `Invalid` if the artifact cannot be used.
        """
        steps, size = self._bank.rollout.shape
        moved = {"time": self._flat["time"] + np.float32(shift_s)}
        shown, known = self._remembering(self._flat | moved)
        raw = np.asarray(self._reward(shown), np.float64).reshape(steps, size, -1)
        if window is not None:
            time = moved["time"].reshape(steps, size)[:, 0]
            # Half a step earlier, for times are sums; the last moment is the next phase's.
            within = (time >= window[0] - _HALF_STEP) & (time < window[1] - _HALF_STEP)
            raw = raw[within] if within.any() else raw
        finite = known and bool(np.isfinite(raw).all() and np.isfinite(self._weights).all())
        raw = np.nan_to_num(raw, posinf=0.0, neginf=0.0)
        weights = np.nan_to_num(self._weights, posinf=0.0, neginf=0.0)
        return Evaluation(
            self._bank.clips,
            self._reward.terms,
            weights,
            raw,
            finite,
            _rest(self._bank),
            self._reward.clips_total,
        )

    def _remembering(self, flat: Fields) -> tuple[Fields, bool]:
        """The clips with what the reward remembers of them, and whether that was finite."""
        if not self._reward.memory:
            return flat, True
        steps, size = self._bank.rollout.shape
        values = np.asarray(self._reward.remembers(flat)).reshape(steps, size, -1)
        finite = np.nan_to_num(values, posinf=0.0, neginf=0.0)
        seen = RewardCarry().move_on(self._reward.memory, finite)
        return {**flat, MEMORY: seen.reshape(steps * size, -1)}, bool(np.isfinite(values).all())


def _rest(bank: MotionLibrary) -> str | None:
    """The clip whose schedule asks for nothing."""
    for clip, schedule in zip(bank.clips, bank.schedules, strict=True):
        if schedule is not None and schedule == CommandSchedule.neutral(schedule.space):
            return clip
    return None


def recorded_span(bank: MotionLibrary) -> tuple[float, float]:
    """Time since the reset at which the clips begin and end, s."""
    time = bank.rollout.time
    return float(time.min()) - CONTROL_DT, float(time.max())


def time_shifts(span: tuple[float, float], lasts_s: float) -> list[float]:
    """How far to move clips of `span` in time so that together they show all of `lasts_s`."""
    length = span[1] - span[0]
    last = lasts_s - CONTROL_DT - length  # a reward need not know what comes after the end
    return [float(begin) - span[0] for begin in (*np.arange(0.0, last, length), last)]
