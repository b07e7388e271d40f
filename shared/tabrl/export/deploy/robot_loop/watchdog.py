"""Two watchdogs: one in the loop, and one beside it for a loop that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from .pacing import Tick
from .settings import WatchdogSettings
from .stopping import Stops


class Watchdog:
    """Looks at every step of the loop."""

    def __init__(self, settings: WatchdogSettings) -> None:
        self._settings = settings
        self._late = 0

    def reason(self, tick: Tick) -> str | None:
        """Why the robot must stop; nothing while all is well."""
        settings = self._settings
        if not tick.age_s < settings.state_timeout_s:
            return f"no state for {tick.age_s * 1000:.0f} ms, by its own clock"
        self._late = 0 if tick.late_s <= settings.late_s else self._late + 1
        if not tick.late_s <= settings.latest_s or self._late >= settings.late_in_a_row:
            return f"the loop is {tick.late_s * 1000:.0f} ms late"
        if tick.state is not None and not tick.state.finite:
            return "the state holds what is not a number, or no attitude"
        return None


class Guard:
    """A thread that brakes the robot when the loop has been silent for too long."""

    def __init__(self, brake: Callable[[], None], stops: Stops, silent_s: float) -> None:
        self._brake, self._stops, self._silent = brake, stops, silent_s
        self._heard = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="guard", daemon=True)

    def __enter__(self) -> Guard:
        self._heard = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(self._silent)  # it may hang in the maker's library

    def heard(self) -> None:
        """The loop lives."""
        self._heard = time.monotonic()

    def _watch(self) -> None:
        while not self._done.wait(self._silent / 4.0):
            silent = time.monotonic() - self._heard
            if silent > self._silent:
                self._stops.stop(f"the loop was silent for {silent * 1000:.0f} ms")
                with suppress(Exception):  # tried again, whatever the maker's library raises
                    self._brake()
