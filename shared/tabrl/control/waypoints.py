"""Paths through waypoints with times, as channels of a command schedule follow them.

Between two waypoints the jerk is least for the speeds and accelerations at both (a polynomial of
degree five). These are those of the parabola through a waypoint and its two neighbours, so that a
circle of waypoints is a circle; at both ends of a path, and beside a waypoint that comes twice, all
is at rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, DTypeLike

from tabrl.control.arrays import Array, Floats, Xp

MAX_WAYPOINTS = 64
NODES = MAX_WAYPOINTS + 1  # a path that does not begin at once has its start in addition
FAR_S = 1e9  # the time of nodes that are not used; finite, so that nothing becomes not a number
_HEAD = 3  # numbers before the nodes: when it began, its first waypoint's time, a round's length
_CLOSED = 1e-4  # how near to its first waypoint a path that goes round must end

Row = tuple[float, ...]


@dataclass(frozen=True)
class Path:
    """Waypoints: each a time in s since the path began, then where to be; none is no path.

    Who is not at a waypoint at time zero comes from zero. With `repeat`, the path goes round from
    its first waypoint to its last one, which must be the same place. Raises `ValueError`.
    """

    waypoints: tuple[Row, ...] = ()
    repeat: bool = False

    def __post_init__(self) -> None:
        times = [row[0] for row in self.waypoints]
        if len(times) > MAX_WAYPOINTS:
            raise ValueError(f"a path has at most {MAX_WAYPOINTS} waypoints, not {len(times)}")
        if len({len(row) for row in self.waypoints}) > 1:
            raise ValueError("every waypoint has a time and as many numbers as the others")
        if any(later <= earlier for earlier, later in pairwise(times)) or min(times, default=0) < 0:
            raise ValueError("the times of waypoints begin at 0 or later and go up")
        if self.repeat and not self._closed():
            raise ValueError("a path that repeats ends where it began")

    def __bool__(self) -> bool:
        return bool(self.waypoints)

    @property
    def seconds(self) -> float:
        """When its last waypoint is reached."""
        return self.waypoints[-1][0] if self.waypoints else 0.0

    def packed(self, width: int, dtype: DTypeLike = np.float32) -> Array:
        """As one vector, for places of `width` numbers; see `along`."""
        nodes = np.array(self.waypoints, dtype).reshape(-1, 1 + width)
        if not self.waypoints or nodes[0, 0] > 0.0:
            nodes = np.concatenate([np.zeros((1, 1 + width), dtype), nodes])
        first = self.waypoints[0][0] if self.waypoints else 0.0
        head = [0.0, first, self.seconds - first if self.repeat else 0.0]
        times = np.full(NODES, FAR_S, dtype)
        places = np.tile(nodes[-1, 1:], (NODES, 1))
        times[: len(nodes)], places[: len(nodes)] = nodes[:, 0], nodes[:, 1:]
        return np.concatenate([head, times, places.ravel()]).astype(dtype)

    @classmethod
    def unpacked(cls, packed: ArrayLike, width: int) -> Self:
        """The path of a vector."""
        values = np.asarray(packed, np.float32)
        if not width:
            return cls()
        times = values[_HEAD : _HEAD + NODES]
        places = values[_HEAD + NODES :].reshape(NODES, width)
        used = times < FAR_S
        repeat = bool(values[2] > 0.0)
        rows = np.concatenate([times[used, None], places[used]], axis=1).tolist()
        if values[1] > 0.0 or not any(map(any, rows)):
            rows = rows[1:]  # the start that was added, or all there is of no path
        return cls(tuple(map(tuple, rows)), repeat)

    def _closed(self) -> bool:
        if len(self.waypoints) < 3:
            return False
        first, last = np.array(self.waypoints[0][1:]), np.array(self.waypoints[-1][1:])
        return bool(np.abs(first - last).max() < _CLOSED)


NO_PATH = Path()


def packed_width(width: int) -> int:
    """Length of a packed path whose places have `width` numbers."""
    return _HEAD + NODES * (1 + width)


def begun(
    path: Float[Array, "*B Q"], time: Float[Array, "*B"], xp: Xp = np
) -> Float[Array, "*B Q"]:
    """Packed paths that begin at `time`, s."""
    return xp.concatenate([path[..., :1] + time[..., None], path[..., 1:]], axis=-1)


def along(
    path: Float[Array, "*B Q"], time: Float[Array, "*B"], width: int, xp: Xp = np
) -> Float[Array, "*B W"]:
    """Where packed paths lead at `time`, s; `width` is that of their places."""
    began, loop, period = path[..., 0], path[..., 1], path[..., 2]
    times = path[..., _HEAD : _HEAD + NODES]
    places = path[..., _HEAD + NODES :].reshape(*path.shape[:-1], NODES, width)
    round_ = period > 0.0
    since = xp.maximum(time - began, 0.0)
    again = loop + (since - loop) % xp.where(round_, period, 1.0)
    since = xp.where(round_ & (since >= loop), again, since)
    lead = since.shape  # one path may lead many robots
    times, places = (
        xp.broadcast_to(times, (*lead, NODES)), xp.broadcast_to(places, (*lead, NODES, width)),
    )  # fmt: skip
    here = xp.clip((times <= since[..., None]).sum(-1) - 1, 0, NODES - 2)
    nodes = _Nodes(times, places, xp)
    first, last = (loop > 0.0) * 1, (times < FAR_S).sum(-1) - 1
    # Who goes round has the last waypoint but one before the first one, and so on.
    enters, leaves = round_ & (here == first), round_ & (here + 1 == last)
    arrives = round_ & (here + 1 == first)
    before = nodes.at(xp.where(enters, last - 1, xp.maximum(here - 1, 0)), -period * enters)
    start, end = nodes.at(here), nodes.at(here + 1)
    after = xp.where(leaves, first + 1, xp.minimum(here + 2, NODES - 1))
    following = nodes.at(after, period * leaves)
    coming = nodes.at(xp.where(arrives, last - 1, here), -period * arrives)
    v0, a0 = _three_points(before, start, end, xp)
    v1, a1 = _three_points(coming, end, following, xp)
    lasts = xp.maximum(end[0] - start[0], 1e-6)
    share = xp.clip((since - start[0]) / lasts, 0.0, 1.0)[..., None]
    coefficients = _least_jerk(lasts[..., None], (start[1], v0, a0), (end[1], v1, a1))
    return polynomial(share, coefficients)


class _Nodes:
    """Times `[..., N]` and places `[..., N, W]` of packed paths."""

    def __init__(self, times: Array, places: Array, xp: Xp) -> None:
        self._times, self._places, self._xp = times, places, xp

    def at(self, index: Int[Array, "*B"], later: Array | float = 0.0) -> tuple[Array, Array]:
        """Time and place of nodes, as so much later ones."""
        xp = self._xp
        time = xp.take_along_axis(self._times, index[..., None], axis=-1)[..., 0]
        place = xp.take_along_axis(self._places, index[..., None, None], axis=-2)[..., 0, :]
        return time + later, place


def _three_points(
    before: tuple[Array, Array], here: tuple[Array, Array], after: tuple[Array, Array], xp: Xp
) -> tuple[Array, Array]:
    """Speed and acceleration at the middle one of three nodes; none beside one that stands."""
    coming, going = (
        xp.maximum(late[0] - early[0], 1e-6)[..., None]
        for early, late in ((before, here), (here, after))
    )
    arrived, leaving = here[1] - before[1], after[1] - here[1]
    stands = ~((arrived != 0.0).any(-1) & (leaving != 0.0).any(-1))[..., None]
    first, second = arrived / coming, leaving / going
    speed = (first * going + second * coming) / (coming + going)
    change = 2.0 * (second - first) / (coming + going)
    return xp.where(stands, 0.0, speed), xp.where(stands, 0.0, change)


def pieces(path: Path) -> tuple[Floats, Floats]:
    """A path's polynomials by their share of the time between two waypoints.

    It begins at its first waypoint, whatever the time. Returns the waypoints' times `[N]` since
    then and coefficients `[N - 1, 6, W]`, the lowest power first.
    """
    rows = np.array(path.waypoints, np.float64)
    times, places = rows[:, 0] - rows[0, 0], rows[:, 1:]
    before = times[0], places[0]
    after = times[-1], places[-1]
    if path.repeat:
        before = times[-2] - times[-1], places[-2]
        after = times[-1] + times[1], places[1]
    times = np.concatenate([[before[0]], times, [after[0]]])
    places = np.concatenate([before[1][None], places, after[1][None]])
    nodes = [(times[k : len(times) - 2 + k], places[k : len(times) - 2 + k]) for k in range(3)]
    speed, change = _three_points(nodes[0], nodes[1], nodes[2], np)
    times, places = nodes[1]
    start, end = ((places[cut], speed[cut], change[cut]) for cut in (slice(-1), slice(1, None)))
    coefficients = _least_jerk(np.diff(times)[:, None], start, end)
    return times.astype(np.float32), np.stack(coefficients, axis=1).astype(np.float32)


def _least_jerk(
    lasts: Array, start: tuple[Array, ...], end: tuple[Array, ...]
) -> tuple[Array, ...]:
    """Coefficients of the polynomial of degree five between two places, speeds, accelerations."""
    (p0, v0, a0), (p1, v1, a1) = start, end
    v0, v1, a0, a1 = v0 * lasts, v1 * lasts, a0 * lasts**2, a1 * lasts**2
    way, speed, change = p1 - p0 - v0 - 0.5 * a0, v1 - v0 - a0, a1 - a0
    third = 10.0 * way - 4.0 * speed + 0.5 * change
    fourth = -15.0 * way + 7.0 * speed - change
    fifth = 6.0 * way - 3.0 * speed + 0.5 * change
    return p0, v0, 0.5 * a0, third, fourth, fifth


def polynomial(share: Array, coefficients: Sequence[Array]) -> Array:
    """Its value; the lowest power comes first."""
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = coefficient + share * value
    return value
