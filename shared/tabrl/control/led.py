"""Where the path of a check leads; shares nothing with what follows it or is rewarded for it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.contracts.path import Path

Floats: TypeAlias = NDArray[np.float64]


def led(path: Path, time: NDArray[Any]) -> Float[np.ndarray, "*T 3"]:
    """Places at times `[*T]` in s, in double precision; before the first point, that one."""
    times, places = np.array(path.points)[:, 0], np.array(path.points)[:, 1:]
    since = np.asarray(time, np.float64)
    if path.repeat:
        again = times[0] + (since - times[0]) % path.period_s
        since = np.where(since > times[0], again, since)
    here = np.clip(np.searchsorted(times, since, side="right") - 1, 0, len(times) - 2)
    lasts = np.diff(times)[here][..., None]
    share = np.clip((since[..., None] - times[here][..., None]) / lasts, 0.0, 1.0)
    speed, change = _motion(times, places, path.repeat)
    place: Floats = _hermite(
        share,
        (places[here], speed[here] * lasts, change[here] * lasts**2),
        (places[here + 1], speed[here + 1] * lasts, change[here + 1] * lasts**2),
    )
    return place


def _motion(times: Floats, places: Floats, repeat: bool) -> tuple[Floats, Floats]:
    """Speed and acceleration at every point, `[N, 3]` each."""
    if repeat:
        times = np.concatenate([[times[-2] - times[-1] + times[0]], times,
                                [times[-1] + times[1] - times[0]]])  # fmt: skip
        places = np.concatenate([places[-2:-1], places, places[1:2]])
    speed = np.gradient(places, times, axis=0)
    slope = np.diff(places, axis=0) / np.diff(times)[:, None]
    change = np.zeros_like(places)
    change[1:-1] = 2.0 * np.diff(slope, axis=0) / (times[2:] - times[:-2])[:, None]
    moves = (slope != 0.0).any(axis=-1)
    stands = np.concatenate([[True], ~(moves[:-1] & moves[1:]), [True]])
    speed[stands] = change[stands] = 0.0
    inner = slice(1, -1) if repeat else slice(None)
    return speed[inner], change[inner]


def _hermite(share: Floats, start: tuple[Floats, ...], end: tuple[Floats, ...]) -> Floats:
    """The polynomial of degree five with place, speed and acceleration at both ends."""
    cubed, left = share**3, 1.0 - share
    rising = cubed * (10.0 - 15.0 * share + 6.0 * share**2)
    value: Floats = (
        (1.0 - rising) * start[0]
        + share * left**3 * (1.0 + 3.0 * share) * start[1]
        + 0.5 * share**2 * left**3 * start[2]
        + rising * end[0]
        - cubed * left * (4.0 - 3.0 * share) * end[1]
        + 0.5 * cubed * left**2 * end[2]
    )
    return value
