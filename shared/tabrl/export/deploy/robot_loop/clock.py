"""The robot's clock: which states are new, and how old they are."""

from __future__ import annotations

import math

DRIFT = 1e-3  # by how much two clocks may part, s in a second; crystals do a tenth of it


class Clock:
    """Tells what is new by the robot's own times; its counter begins again after `round_s`.

    Of a counter up to half a round counts as ahead, the rest as behind (RFC 1982). A robot that is
    switched on again begins at nought: its states stay behind, and the loop stops for want of some.
    """

    def __init__(self, round_s: float = math.inf) -> None:
        self._round = round_s
        self._told: float | None = None
        self._time = 0.0

    def newer(self, told: float) -> float | None:
        """Seconds that never begin again; nothing for a time that is not newer than the last."""
        if self._told is None:
            time = told
        else:
            ahead = (told - self._told) % self._round
            time = self._time + ahead if 0.0 < ahead < self._round / 2.0 else math.nan
        if not math.isfinite(time):
            return None
        self._told, self._time = told, time
        return time


class Age:
    """How old states are: by how much longer they were on their way than the quickest one.

    The clocks of robot and computer have nothing in common, so that a delay which was there from
    the first state on is not seen, nor one that grows by less than `DRIFT`.
    """

    def __init__(self) -> None:
        self._quickest, self._at, self._time = math.inf, 0.0, 0.0

    def arrived(self, time: float, now: float) -> None:
        """A state of a time (s) by the robot's clock came now (s) by ours."""
        forgotten = self._quickest + DRIFT * (now - self._at)
        self._quickest, self._at, self._time = min(forgotten, now - time), now, time

    def at(self, now: float) -> float:
        """Age of the last one that arrived, s."""
        return now - self._time - self._quickest
