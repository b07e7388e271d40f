"""Which recorded motions are what was asked for: those that meet the success checks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.control.checks import per_episode
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.motion_library import MotionLibrary

_MIDDLE = 0.5
_GOOD_PART = 0.5  # of a check's window, or of a phase: less is how a check laps over its phase

Window = tuple[float, float]
"""From when to when, s since the reset."""


def meeting(checks: Sequence[CheckSpec], bank: MotionLibrary) -> tuple[str, ...]:
    """The clips that meet all `checks`, in the bank's order; none if there are no checks.

    Falling and random motion are among them where the checks let them pass. Clips are short and
    begin settled, so every check is judged over the whole of a clip. Raises `Invalid` (code
    `unknown_part`).
    """
    if not checks:
        return ()
    last = float(bank.rollout.shape[0]) * CONTROL_DT
    fitted = [check.model_copy(update={"start_s": 0.0, "end_s": last}) for check in checks]
    values = per_episode(fitted, bank.rollout.fields, embodiment_of(get_robot(bank.robot)))
    return tuple(
        clip
        for index, clip in enumerate(bank.clips)
        if all(check.passed(float(values[row, index])) for row, check in enumerate(fitted))
    )


def windows_of(phases_s: Sequence[float]) -> list[Window]:
    """When each phase of a task is done for the first time; none where nothing follows anything."""
    ends = list(accumulate(phases_s))
    return list(zip([0.0, *ends], ends, strict=False)) if len(ends) > 1 else []


def checks_in(
    checks: Sequence[CheckSpec], window: Window, period_s: float
) -> tuple[CheckSpec, ...]:
    """The checks that hold in a phase, whose window comes again every `period_s`.

    They are its own, those of several phases and those of the whole episode.
    """
    return tuple(check for check in checks if _holds(check, window, period_s))


def _holds(check: CheckSpec, window: Window, period_s: float) -> bool:
    begin, end = window
    enough = _GOOD_PART * min(end - begin, check.end_s - check.start_s)
    return any(
        min(check.end_s, end + before) - max(check.start_s, begin + before) >= enough
        for before in np.arange(0.0, check.end_s, period_s)
    )


def shift_into(window: Window, checks: Sequence[CheckSpec], span: Window) -> float:
    """How far to move clips of `span` in time to lie in `window`, by whole beats if there are."""
    room = max((window[1] - window[0]) - (span[1] - span[0]), 0.0)
    shift = window[0] + _MIDDLE * room - span[0]
    beats = [c.frequency for c in checks if c.frequency and c.statistic is Statistic.RHYTHM]
    return round(shift * beats[0]) / beats[0] if beats else shift
