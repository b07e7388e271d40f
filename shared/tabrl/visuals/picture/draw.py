"""Drawing a robot's picture."""

from __future__ import annotations

import numpy as np

from tabrl.contracts.page import Camera
from tabrl.visuals.picture.camera import PictureCamera, camera_on
from tabrl.visuals.picture.light import SUN, lit
from tabrl.visuals.picture.png import png
from tabrl.visuals.picture.posed import at_home
from tabrl.visuals.picture.raster import rasterise
from tabrl.visuals.picture.read_glb import read_glb
from tabrl.visuals.picture.triangles import Doubles, Triangles, unit

SIZE = (480, 360)
_SAMPLES = 2  # either way, of a pixel
_SHADE, _SOFTNESS = 0.55, 9  # of the shadow: how dark, and how far its edge reaches, pixels


def draw_picture(scene: bytes, camera: Camera, glb: bytes | None = None) -> bytes:
    """A PNG of a robot at home on a transparent ground, with its shadow.

    Args:
        scene: its MJCF.
        camera: which says from what direction the page looks at it.
        glb: its meshes; those that cannot be read here are drawn as primitives.

    Raises:
        ValueError: the scene cannot be drawn.
    """
    robot, moving = at_home(scene, _meshes(glb))
    azimuth, elevation = np.radians((camera.azimuth_deg, camera.elevation_deg))
    shadow = _flattened(robot.points)
    # A table may go beyond the edges; whoever stands on it is what the picture is about.
    framed = np.concatenate([moving.points, _flattened(moving.points)]).reshape(-1, 3)
    small = camera_on(framed, SIZE, float(azimuth), float(elevation))
    large = PictureCamera(small.axes, small.eye, *(_SAMPLES * side for side in SIZE))
    colours, cover = _seen(robot, large)
    dark = _SHADE * _blurred(_covered(shadow, small))
    opacity = cover + dark * (1.0 - cover)
    colours = colours / np.maximum(opacity, 1e-6)[..., None]
    pixels = np.concatenate([colours, opacity[..., None]], axis=-1)
    return png(np.round(255.0 * np.clip(pixels, 0.0, 1.0)).astype(np.uint8))


def _meshes(glb: bytes | None) -> dict[str, Triangles]:
    if glb is None:
        return {}
    try:
        return read_glb(glb)
    except ValueError:
        return {}


def _seen(robot: Triangles, camera: PictureCamera) -> tuple[Doubles, Doubles]:
    """The robot's colours times its cover `[H, W, 3]`, and the cover `[H, W]`."""
    robot = robot.facing(camera.place)
    raster = rasterise(*camera.project(robot.points), (camera.width, camera.height))
    covered = raster.covered
    face, shares = raster.face[covered], raster.shares[covered][..., None]
    normals = unit((robot.normals[face] * shares).sum(axis=1))
    points = (robot.points[face] * shares).sum(axis=1)
    picture = np.zeros((camera.height, camera.width, 3))
    picture[covered] = lit(
        normals, unit(camera.place - points), robot.colours[face], robot.roughness[face]
    )
    return _reduced(picture), _reduced(covered.astype(np.float64)[..., None])[..., 0]


def _reduced(picture: Doubles) -> Doubles:
    """The mean of each pixel's samples."""
    height, width, parts = picture.shape
    blocks = picture.reshape(height // _SAMPLES, _SAMPLES, width // _SAMPLES, _SAMPLES, parts)
    means: Doubles = blocks.mean(axis=(1, 3))
    return means


def _flattened(points: Doubles) -> Doubles:
    """Where the sun throws points on the floor."""
    above = np.maximum(points[..., 2:], 0.0)
    floor: Doubles = points - above * SUN / SUN[2]
    floor[..., 2] = 0.0  # also what is a little below it
    return floor


def _covered(points: Doubles, camera: PictureCamera) -> Doubles:
    raster = rasterise(*camera.project(points), (camera.width, camera.height))
    return raster.covered.astype(np.float64)


def _blurred(picture: Doubles) -> Doubles:
    """With soft edges: two running means either way are nearly a bell."""
    kernel = np.ones(_SOFTNESS) / _SOFTNESS
    for axis in (0, 1, 0, 1):
        picture = np.apply_along_axis(np.convolve, axis, picture, kernel, "same")
    return picture
