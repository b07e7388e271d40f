"""Which recorded motions are what was asked for: those that meet the success checks."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.control.checks import per_episode
from tabrl.control.tape import CONTROL_DT
from tabrl.robots import get_robot
from tabrl.sim.bank import Bank

WHOLE_FROM_S, WHOLE_TO_S = 3.0, 8.0  # a window over this much is meant for the whole episode
_ROOM = 0.5  # of a clip's length: a phase shorter than that is not judged by whole clips


def meeting(checks: Sequence[CheckSpec], bank: Bank) -> tuple[str, ...]:
    """The clips that meet all `checks`, in the bank's order; none if there are no checks.

    Falling and random motion are among them where the checks let them pass. Clips are short and
    begin settled, so every check is judged over the whole of a clip. Raises `Invalid` (code
    `unknown_part`).
    """
    if not checks:
        return ()
    last = float(bank.tape.shape[0]) * CONTROL_DT
    fitted = [check.model_copy(update={"start_s": 0.0, "end_s": last}) for check in checks]
    values = per_episode(fitted, bank.tape.fields, get_robot(bank.robot))
    return tuple(
        clip
        for index, clip in enumerate(bank.clips)
        if all(check.passed(float(values[row, index])) for row, check in enumerate(fitted))
    )


def phases_of(checks: Sequence[CheckSpec], begins_s: float) -> list[tuple[float, float]]:
    """The windows of a task that is to do one thing after another, in order; else none.

    `begins_s` is the time of the clips' first step.
    """
    windows = sorted({(check.start_s, check.end_s) for check in checks if not _whole(check)})
    later = [window for window in windows if window[0] > begins_s + WHOLE_FROM_S]
    return windows if later and len(windows) > 1 else []


def checks_in(checks: Sequence[CheckSpec], window: tuple[float, float]) -> list[CheckSpec]:
    """The checks that hold in a phase: its own and those of the whole episode."""
    return [c for c in checks if (c.start_s, c.end_s) == window or _whole(c)]


def shift_into(
    window: tuple[float, float], checks: Sequence[CheckSpec], span: tuple[float, float]
) -> float:
    """How far to move clips of `span` in time to lie in `window`, by whole beats if there are."""
    room = max((window[1] - window[0]) - (span[1] - span[0]), 0.0)
    shift = window[0] + _ROOM * room - span[0]
    beats = [c.frequency for c in checks if c.frequency and c.statistic is Statistic.RHYTHM]
    return round(shift * beats[0]) / beats[0] if beats else shift


def _whole(check: CheckSpec) -> bool:
    return check.start_s <= WHOLE_FROM_S and check.end_s >= WHOLE_TO_S
