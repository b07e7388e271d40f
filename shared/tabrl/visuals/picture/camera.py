"""Where a picture is taken from: so that all of the robot fills it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.visuals.picture.triangles import Doubles, unit

_HALF_VIEW = np.tan(np.radians(15.0))  # of the picture's height, at a distance of 1
_FILLED = 0.9  # of the picture, at most


@dataclass(frozen=True, eq=False)
class PictureCamera:
    """`axes [3, 3]`: rows right, up and towards the camera, in the world; `eye [3]` in these."""

    axes: Doubles
    eye: Doubles
    width: int
    height: int

    @property
    def place(self) -> Doubles:
        """Where it is in the world, m."""
        at: Doubles = self.eye @ self.axes
        return at

    def project(self, points: Doubles) -> tuple[Doubles, Doubles]:
        """Points `[..., 3]` in pixels from the upper left `[..., 2]`, and 1/m from the eye."""
        seen = points @ self.axes.T - self.eye
        nearness = -1.0 / seen[..., 2]
        scale = nearness * (self.height / 2) / _HALF_VIEW
        pixels = np.stack(
            [self.width / 2 + scale * seen[..., 0], self.height / 2 - scale * seen[..., 1]], axis=-1
        )
        return pixels, nearness


def camera_on(
    points: Doubles, size: tuple[int, int], azimuth: float, elevation: float
) -> PictureCamera:
    """The nearest camera that sees all points.

    Args:
        points: `[N, 3]`, m.
        size: width and height of the picture in pixels.
        azimuth: rad about the vertical, from straight ahead of the robot to its left.
        elevation: rad above the horizontal.
    """
    axes = _axes(azimuth, elevation)
    seen = points @ axes.T
    width, height = size
    half = _FILLED * _HALF_VIEW * np.array([width / height, 1.0])
    # A point at a distance d is inside if it is aside by less than half · d: the two sides say
    # where the middle is, and the narrower direction how far away it is.
    right = (seen[:, :2] / half + seen[:, 2:]).max(axis=0)
    left = (-seen[:, :2] / half + seen[:, 2:]).max(axis=0)
    middle, away = half * (right - left) / 2, (right + left).max() / 2
    return PictureCamera(axes, np.array([*middle, away]), width, height)


def _axes(azimuth: float, elevation: float) -> Doubles:
    back = np.array(
        [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ]
    )
    right = unit(np.cross([0.0, 0.0, 1.0], back))
    return np.array([right, np.cross(back, right), back])
