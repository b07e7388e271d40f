"""Triangles with what is needed to draw them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Triangles:
    """`points [F, 3, 3]` m, unit `normals [F, 3, 3]` at their corners, `colours [F, 3]` in linear
    light, `roughness [F]`."""

    points: Doubles
    normals: Doubles
    colours: Doubles
    roughness: Doubles

    def moved(self, position: Doubles, turn: Doubles) -> Triangles:
        """The same elsewhere: turned by a matrix `[3, 3]`, then moved."""
        return Triangles(
            self.points @ turn.T + position, self.normals @ turn.T, self.colours, self.roughness
        )

    def facing(self, place: Doubles) -> Triangles:
        """Those that turn their outer side to a place, as WebGL draws them."""
        a, b, c = np.moveaxis(self.points, 1, 0)
        across = np.cross(b - a, c - a)
        outside = np.sign((across * self.normals.sum(axis=1)).sum(axis=1))
        seen = outside * (across * (place - a)).sum(axis=1) > 0.0
        return Triangles(
            self.points[seen], self.normals[seen], self.colours[seen], self.roughness[seen]
        )


def painted(form: tuple[Doubles, Doubles], colour: Doubles, roughness: float) -> Triangles:
    """Points and normals `[F, 3, 3]` in one colour, `[3]` in linear light."""
    points, normals = form
    count = len(points)
    return Triangles(points, normals, np.tile(colour, (count, 1)), np.full(count, roughness))


def joined(parts: Iterable[Triangles]) -> Triangles:
    """All of them as one. Raises `ValueError` for none."""
    own = list(parts)
    return Triangles(
        np.concatenate([part.points for part in own]),
        np.concatenate([part.normals for part in own]),
        np.concatenate([part.colours for part in own]),
        np.concatenate([part.roughness for part in own]),
    )


def linear(srgb: Doubles) -> Doubles:
    """Colours as on the screen, 0…1, in linear light."""
    made: Doubles = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return made


def unit(vectors: Doubles) -> Doubles:
    """Vectors `[..., 3]` of length one."""
    made: Doubles = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return made
