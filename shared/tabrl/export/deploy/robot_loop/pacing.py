"""When steps are made: by this computer's clock, or by the robot's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from .clock import Age
from .messages import Adapter, RobotState

EARLY_S = 1e-4  # the robot's stamps are rounded


@dataclass(frozen=True)
class Tick:
    """A step's begin: the newest state (None before the first one), its age and the delay, s."""

    state: RobotState | None
    age_s: float
    late_s: float


class Pacer(Protocol):
    """Says when the next step begins."""

    def begin(self, state: RobotState) -> None:
        """The first step begins now, in this state."""
        ...

    def next(self) -> Tick:
        """Waits for the next step."""
        ...


class WallPacer:
    """Steps every `period_s` by this computer's monotonic clock."""

    def __init__(self, adapter: Adapter, period_s: float) -> None:
        self._adapter, self._period = adapter, period_s
        self._due, self._age = time.monotonic(), Age()
        self._state: RobotState | None = None

    def begin(self, state: RobotState) -> None:
        """The first step begins now, in this state."""
        self._state, now = state, time.monotonic()
        self._age.arrived(state.time, now)
        self._due = now + self._period

    def next(self) -> Tick:
        """The next step; one that was missed is not made up for."""
        time.sleep(max(self._due - time.monotonic(), 0.0))
        state, now = self._adapter.poll(0.0), time.monotonic()
        if state is not None:
            self._state = state
            self._age.arrived(state.time, now)
        late = now - self._due
        self._due = max(self._due, now - self._period) + self._period
        return Tick(self._state, self._age.at(now), late)


class RobotPacer:
    """Steps every `period_s` of the robot's clock: for a simulated robot on a busy computer.

    Waits for its states `patience_s` by this computer's clock.
    """

    def __init__(self, adapter: Adapter, period_s: float, patience_s: float) -> None:
        self._adapter, self._period, self._patience = adapter, period_s, patience_s
        self._state: RobotState | None = None
        self._due = 0.0

    def begin(self, state: RobotState) -> None:
        """The first step begins now, in this state."""
        self._state, self._due = state, state.time + self._period

    def next(self) -> Tick:
        """The first state that is due; an old one if none comes."""
        ends = time.monotonic() + self._patience
        while (left := ends - time.monotonic()) > 0.0:
            state = self._adapter.poll(left)
            if state is None:
                continue
            self._state = state
            if state.time >= self._due - EARLY_S:
                self._due = state.time + self._period
                return Tick(state, 0.0, 0.0)
        return Tick(self._state, self._patience, 0.0)
