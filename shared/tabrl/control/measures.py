"""A catalogue's quantities, computed from a rollout. Shares nothing with rewards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tabrl.contracts.path import Path
from tabrl.contracts.quantities import WORLD_AXES, Catalogue, Parts, Whole
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot

Floats: TypeAlias = NDArray[np.float64]
Fields: TypeAlias = Mapping[str, NDArray[Any]]  # rollout field -> [T, B, …]


class Measures:
    """Quantities of one rollout by name, each computed once.

    A kind of robot adds its own in `derived`; all others are fields of the rollout by the same
    name.
    """

    derived: Mapping[str, Callable[[Any], NDArray[Any]]]

    def __init__(self, rollout: Fields, robot: Robot, catalogue: Catalogue) -> None:
        self.rollout = rollout
        self.robot = robot
        self._catalogue = catalogue
        self._cache: dict[tuple[str, str | None], Floats] = {}

    def of(self, quantity: str, part: str | None = None) -> Float[np.ndarray, "T B"]:
        """The quantity per step.

        Raises `Invalid` (`unknown_quantity`, `unknown_part`) for what the robot does not have.
        """
        quantity = self._catalogue.canonical(quantity)
        key = (quantity, part)
        if key not in self._cache:
            values = self._values(quantity)
            self._cache[key] = np.asarray(self._part(quantity, values, part), np.float64)
        return self._cache[key]

    def from_path(self, quantity: str, path: Path) -> Float[np.ndarray, "T B"]:
        """How far a place is from where a path leads at the same time.

        Raises `Invalid` (`unknown_quantity`, `unknown_part`) for what is no place of the robot.
        """
        quantity = self._catalogue.canonical(quantity)
        place = np.asarray(self._values(quantity), np.float64)
        if not self._catalogue[quantity].in_space:
            raise Invalid(f"{quantity} follows no path", code="unknown_part")
        off: Floats = np.linalg.norm(place - led(path, self.rollout["time"]), axis=-1)
        return off

    @property
    def touches(self) -> Mapping[str, Float[np.ndarray, "T B"]]:
        """1 while something touches the robot, else 0, by what people call it; one after the other
        as they are shown."""
        return {}

    def _values(self, quantity: str) -> NDArray[Any]:
        if quantity not in self._catalogue:
            raise Invalid(f"this robot has no quantity {quantity!r}", code="unknown_quantity")
        derive = self.derived.get(quantity)
        values: NDArray[Any] = self.rollout[quantity] if derive is None else derive(self)
        return values

    def _part(self, quantity: str, values: NDArray[Any], part: str | None) -> NDArray[Any]:
        parts = self._catalogue[quantity].parts
        if not parts.names:
            return values
        if part is None and parts.whole is not None:
            lengths = np.linalg.norm(values, axis=-1) if parts.owners else values
            return _WHOLES[parts.whole](lengths)
        if part is None or part not in parts.names:
            raise Invalid(
                f"{quantity} has no part {part!r}" if part else f"{quantity} needs a part",
                code="unknown_part",
                hint=f"parts are: {', '.join(parts.names)}",
            )
        return _column(parts, values, part)


def _column(parts: Parts, values: NDArray[Any], part: str) -> NDArray[Any]:
    if not parts.owners:
        return values[..., parts.names.index(part)]
    if part in parts.owners:
        length: NDArray[Any] = np.linalg.norm(values[..., parts.owners.index(part), :], axis=-1)
        return length
    owner, _, axis = part.rpartition("_")
    return values[..., parts.owners.index(owner), WORLD_AXES.index(axis)]


def feet_on_ground(rollout: Fields, robot: Robot) -> dict[str, Float[np.ndarray, "T B"]]:
    """Which feet are on the ground, by where their limb is, or its name where others are there."""
    places = [" ".join(limb.place) for limb in robot.limbs]
    return {
        place if place and places.count(place) == 1 else limb.name: rollout["foot_contact"][..., i]
        for i, (limb, place) in enumerate(zip(robot.limbs, places, strict=True))
    }


def mean(values: NDArray[Any]) -> NDArray[Any]:
    """Over the last axis, in double precision."""
    return np.asarray(np.mean(values, axis=-1, dtype=np.float64))


def _limit_gap(measures: Measures) -> NDArray[Any]:
    lower, upper = np.array(measures.robot.joint_range).T
    position = measures.rollout["joint_position"]
    gap: NDArray[Any] = np.minimum(position - lower, upper - position)
    return gap


_WHOLES: dict[Whole, Callable[[NDArray[Any]], NDArray[Any]]] = {
    Whole.LENGTH: lambda values: np.linalg.norm(values, axis=-1),
    Whole.MEAN: mean,
    Whole.MEAN_SIZE: lambda values: mean(np.abs(values)),
    Whole.SUM: lambda values: np.asarray(np.sum(values, axis=-1, dtype=np.float64)),
    Whole.LEAST: lambda values: np.min(values, axis=-1),
}
GENERAL: dict[str, Callable[[Measures], NDArray[Any]]] = {  # of every kind of robot
    "joint_speed": lambda m: mean(np.abs(m.rollout["joint_velocity"])),
    "joint_offset": lambda m: m.rollout["joint_position"] - np.array(m.robot.home),
    "joint_limit_gap": _limit_gap,
    "power": lambda m: m.rollout["joint_torque"] * m.rollout["joint_velocity"],
    "action_change": lambda m: m.rollout["action"] - m.rollout["previous_action"],
}


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
