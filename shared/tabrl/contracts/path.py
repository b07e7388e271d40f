"""A path: places in space, each with the time at which something is to be there."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from tabrl.contracts.phases import LONGEST_EPISODE_S

MAX_POINTS = 64
_CLOSED_M = 1e-4  # how near to its first point a path that goes round must end

# One that begins late in an episode may go on after it.
Moment = Annotated[FiniteFloat, Field(ge=0.0, le=2.0 * LONGEST_EPISODE_S)]
Point = tuple[Moment, FiniteFloat, FiniteFloat, FiniteFloat]


class Path(BaseModel):
    """Led from point to point, with the least jerk between them.

    A point is a time in s since the path began, and a place in space; speed and acceleration there
    are those of the parabola through it and its neighbours, none at both ends and beside a place
    that comes twice. Until the first point's time it is on its way there; with `repeat` it goes
    round from the first point to the last one, which must be the same place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["path"] = "path"
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=MAX_POINTS)]
    repeat: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [point[0] for point in self.points]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("the times of a path's points go up")
        first, last = self.points[0][1:], self.points[-1][1:]
        apart = max(abs(a - b) for a, b in zip(first, last, strict=True))
        if self.repeat and apart > _CLOSED_M:
            raise ValueError("a path that repeats ends where it began")
        return self

    @property
    def begin_s(self) -> float:
        """When it is at its first point."""
        return self.points[0][0]

    @property
    def end_s(self) -> float:
        """When it is at its last point, for the first time."""
        return self.points[-1][0]

    @property
    def period_s(self) -> float:
        """How long a round takes; 0 for a path that ends."""
        return self.end_s - self.begin_s if self.repeat else 0.0

    def later(self, seconds: float) -> Self:
        """The same path so many s later. Raises `ValueError` if that is too late."""
        points = [(time + seconds, x, y, z) for time, x, y, z in self.points]
        return type(self)(points=tuple(points), repeat=self.repeat)
