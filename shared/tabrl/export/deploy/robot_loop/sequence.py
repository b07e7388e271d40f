"""The way into the motion and out of it: rise, hold, fade in, run, return, lower."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .description import RobotDescription
from .messages import Array
from .settings import Times

PHASES = ("wait", "rise", "hold", "fade", "run", "return", "lower", "stop")
# Targets of the policy at a time of its own (s).
PolicyTargets = Callable[[float], Array]


class Wanted(NamedTuple):
    """What a step wants: the phase it is in, and targets `[nu]` before limits."""

    phase: str
    target: Array


class Sequence:
    """Begins where the joints are, `start [nu]`; the policy runs for `run_s` between two fades.

    Every way is one of least jerk and no quicker than the settings allow, so that nothing jumps.
    """

    def __init__(self, start: Array, robot: RobotDescription, times: Times, run_s: float) -> None:
        self._robot, self._times, self._start = robot, times, start
        self._left_at: Array | None = None  # where the joints were when the run ended
        self._rise = self._lasts(start, robot.home, times.rise_s)
        self._policy_from = self._rise + times.hold_s
        self._run_from = self._policy_from + times.fade_s
        self._run_until = self._run_from + run_s
        rest = robot.home if robot.rest is None else robot.rest
        self._lower = self._lasts(robot.home, rest, times.lower_s) * (robot.rest is not None)

    def at(self, time: float, last: Array, policy: PolicyTargets) -> Wanted | None:
        """What is wanted `time` s after the first step; nothing when all is done.

        Args:
            time: since the first step.
            last: the targets in force.
            policy: its targets, asked once where they count.
        """
        home = self._robot.home
        if time < self._rise:
            return Wanted("rise", _between(self._start, home, time / self._rise))
        if time < self._policy_from:
            return Wanted("hold", home)
        if time < self._run_from:
            share = (time - self._policy_from) / self._times.fade_s
            return Wanted("fade", _between(home, policy(time - self._policy_from), share))
        if time < self._run_until:
            return Wanted("run", policy(time - self._policy_from))
        return self._ending(time - self._run_until, last, policy)

    def _ending(self, since: float, last: Array, policy: PolicyTargets) -> Wanted | None:
        if self._left_at is None:
            self._left_at = last
        home, rest = self._robot.home, self._robot.rest
        back = self._lasts(self._left_at, home, self._times.fade_s)
        if since < back:
            time = self._run_until - self._policy_from + since
            return Wanted("return", _between(policy(time), home, since / back))
        if rest is not None and since < back + self._lower:
            return Wanted("lower", _between(home, rest, (since - back) / self._lower))
        return None

    def _lasts(self, here: Array, there: Array, least: float) -> float:
        """Seconds for a way: at its quickest, one of least jerk is 15/8 of its mean speed."""
        quickest = 15.0 / 8.0 * float(np.abs(there - here).max()) / self._times.speed
        return max(least, quickest, 1e-9)


def _between(here: Array, there: Array, share: float) -> Array:
    """On the way of least jerk (Flash and Hogan, 1985)."""
    smooth = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    between: Array = here + smooth * (there - here)
    return between
