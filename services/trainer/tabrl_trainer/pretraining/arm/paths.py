"""Random paths of a tool within reach: lines from place to place, circles, things drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tabrl.control.waypoints import Path
from tabrl_trainer.pretraining.arm.reach import Reach

SPEEDS = (0.04, 0.35)  # m/s along a path
FIRST_S = (0.8, 2.0)  # to the first waypoint
CIRCLE_NODES = 16
CORNERS = (3, 9)
PAUSE_S = 0.2
CIRCLES, UPRIGHT = 0.35, 0.3  # shares of the paths, and of the circles
Place = np.ndarray  # [3], m from home
Places = np.ndarray  # [N, 3]


def random_path(rng: np.random.Generator, reach: Reach, share: float = 1.0) -> Path:
    """One of the kinds above, all of it over places of `reach` within a share of the ranges."""
    kind, speed = rng.random(), float(np.exp(rng.uniform(*np.log(SPEEDS))))
    places = reach.command[: reach.within(share), :3]
    middle = places[rng.integers(0, len(places))]
    if kind < CIRCLES:
        upright = bool(rng.random() < UPRIGHT)
        return circle(middle, _radius(rng, middle, places), speed, rng, upright=upright)
    return polyline(_corners(rng, middle, places), speed, float(rng.uniform(*FIRST_S)), rng)


def circle(
    middle: Place, radius: float, speed: float, rng: np.random.Generator, *, upright: bool = False
) -> Path:
    """Round and round about a middle, level or upright."""
    sense = rng.choice((-1.0, 1.0))
    begin = rng.uniform(0.0, 2.0 * np.pi)
    angle = begin + sense * np.linspace(0.0, 2.0 * np.pi, CIRCLE_NODES + 1)
    across, along = radius * np.cos(angle), radius * np.sin(angle)
    still = np.zeros_like(angle)
    places = middle + np.stack(
        [still, across, along] if upright else [along, across, still], axis=-1
    )
    seconds = max(2.0 * np.pi * radius / speed, 1.0)
    times = float(rng.uniform(*FIRST_S)) + seconds * np.linspace(0.0, 1.0, CIRCLE_NODES + 1)
    return Path(_rows(times, places), True)


def polyline(
    corners: Places, speed: float, first_s: float, rng: np.random.Generator | None = None
) -> Path:
    """From corner to corner; with a stop at each, or smoothly past them, and back to the first."""
    stops = rng is None or rng.random() < 0.5
    closed = [*corners, corners[0]]
    times, places, time = [first_s], [closed[0]], first_s
    for before, corner in pairwise(closed):
        if stops:
            time += PAUSE_S
            times.append(time)
            places.append(before)
        time += max(float(np.linalg.norm(corner - before)) / speed, 0.2)
        times.append(time)
        places.append(corner)
    return Path(_rows(np.array(times), np.array(places)), True)


def _corners(rng: np.random.Generator, middle: Place, places: Places) -> Places:
    """Some corners about a middle, each towards a place within reach."""
    count = int(rng.integers(*CORNERS))
    ahead = places[rng.integers(0, len(places), count)]
    corners: Places = middle + rng.uniform(0.15, 0.6, (count, 1)) * (ahead - middle)
    return corners


def _radius(rng: np.random.Generator, middle: Place, places: Places) -> float:
    """A radius that leaves room on all sides."""
    low, high = places.min(0), places.max(0)
    room = float(np.minimum(middle - low, high - middle).min())
    return float(rng.uniform(0.03, 0.16)) if room > 0.16 else max(0.9 * room, 0.02)


def _rows(times: np.ndarray, places: Places) -> tuple[tuple[float, ...], ...]:
    rows = zip(times.tolist(), places.tolist(), strict=True)
    return tuple((time, *place) for time, place in rows)
