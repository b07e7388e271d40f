"""Pictures of robots: what is nearest is seen, all of it, in its own colours."""

from __future__ import annotations

import io
from dataclasses import replace

import mujoco
import numpy as np
import pytest
from PIL import Image

from tabrl.contracts.page import Camera
from tabrl.embodiments.lookup import camera_of
from tabrl.robots import Robot, list_robots, scene_xml
from tabrl.visuals.glb import Material, Placement, Surface, write_glb
from tabrl.visuals.picture.camera import camera_on
from tabrl.visuals.picture.draw import SIZE, draw_picture
from tabrl.visuals.picture.png import png
from tabrl.visuals.picture.primitives import form_of
from tabrl.visuals.picture.raster import rasterise
from tabrl.visuals.picture.read_glb import read_glb
from tabrl.visuals.picture.triangles import Triangles, linear, unit

SCENE = b"""<mujoco><worldbody><geom type="plane" size="1 1 1"/>
  <body name="block" pos="0 0 0.5"><geom type="box" size="0.4 0.2 0.2" rgba="0.9 0.1 0.1 1"/>
    <geom type="sphere" size="5" group="3"/></body></worldbody></mujoco>"""
FRONT = Camera(distance_m=3, height_m=0.5)
_GEOM = mujoco.mjtGeom


def pixels(data: bytes) -> np.ndarray:
    """Red, green, blue, opacity in 0…1, `[H, W, 4]`, as an independent reader sees them."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), np.float64) / 255.0


def block_glb(colour: tuple[float, float, float], turn: float = 0.0) -> bytes:
    """A pyramid on the body of `SCENE`, turned about the vertical and 10 cm ahead."""
    points = np.array(
        [[0.3, 0, 0], [0, 0.2, 0], [-0.3, 0, 0], [0, -0.2, 0], [0, 0, 0.4]], np.float64
    )
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4], [0, 3, 2], [0, 2, 1]])
    corners = points[faces]
    flat = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    surface = Surface(
        "paint", corners.reshape(-1, 3), np.repeat(flat, 3, axis=0), np.arange(18).reshape(6, 3)
    )
    quaternion = np.array([np.cos(turn / 2), 0, 0, np.sin(turn / 2)])
    placed = Placement("block", "pyramid", np.array([0.1, 0, 0]), quaternion)
    return write_glb({"pyramid": [surface]}, [placed], {"paint": Material(colour)})


@pytest.mark.parametrize("robot", list_robots(), ids=lambda robot: robot.id)
def test_every_robot_has_a_picture(robot: Robot) -> None:
    found = pixels(draw_picture(scene_xml(robot.id), camera_of(robot)))
    height, width, _ = found.shape
    assert (width, height) == SIZE
    robot_itself = found[..., 3] > 0.95
    assert 0.03 < robot_itself.mean() < 0.7
    assert found[robot_itself][:, :3].std() > 0.05, "it has a shape"
    edge = np.concatenate([found[0], found[-1], found[:, 0], found[:, -1]])
    cut = edge[:, 3].max() > 0.3
    assert cut == (robot.embodiment not in ("legged", "planar")), (
        "a table goes beyond the edges, and no robot"
    )


def test_a_picture_is_the_same_each_time() -> None:
    assert draw_picture(SCENE, FRONT) == draw_picture(SCENE, FRONT)


def test_collision_shapes_and_floor_are_not_seen() -> None:
    found = pixels(draw_picture(SCENE, FRONT))
    solid = found[found[..., 3] > 0.99]
    assert (solid[:, 0] > solid[:, 1]).all()
    assert (found[..., 3] == 0).mean() > 0.3


def test_meshes_take_the_place_of_primitives() -> None:
    found = pixels(draw_picture(SCENE, FRONT, block_glb((0.1, 0.2, 0.9))))
    solid = found[found[..., 3] > 0.99]
    assert (solid[:, 2] > solid[:, 0]).all()


@pytest.mark.parametrize("wrong", [b"", b"glTF", b"no mesh at all" * 9, block_glb((1, 0, 0))[:400]])
def test_meshes_that_cannot_be_read_leave_the_primitives(wrong: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whichever kind
        read_glb(wrong)
    assert draw_picture(SCENE, FRONT, wrong) == draw_picture(SCENE, FRONT)


def test_packed_meshes_are_not_guessed_at() -> None:
    packed = block_glb((1, 0, 0)).replace(b"KHR_mesh_quantization", b"EXT_meshopt_compressi")
    with pytest.raises(ValueError, match="GLB with EXT_meshopt_compressi"):
        read_glb(packed)


def test_a_glb_is_read_as_it_was_written() -> None:
    found = read_glb(block_glb((0.5, 0.25, 1.0), turn=np.pi / 2))["block"]
    top = found.points.reshape(-1, 3)[found.points.reshape(-1, 3)[:, 2].argmax()]
    np.testing.assert_allclose(top, [0.1, 0.0, 0.4], atol=1e-4)
    # Turned to the left: what was 30 cm ahead is now 30 cm aside.
    np.testing.assert_allclose(found.points.reshape(-1, 3).max(axis=0), [0.3, 0.3, 0.4], atol=1e-4)
    np.testing.assert_allclose(found.colours[0], linear(np.array([0.5, 0.25, 1.0])))
    across = np.cross(
        found.points[:, 1] - found.points[:, 0], found.points[:, 2] - found.points[:, 0]
    )
    assert ((unit(across) * found.normals[:, 0]).sum(axis=1) > 0.99).all()


@pytest.mark.parametrize(
    ("kind", "size", "half"),
    [
        (_GEOM.mjGEOM_BOX, [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
        (_GEOM.mjGEOM_SPHERE, [0.2, 0, 0], [0.2, 0.2, 0.2]),
        (_GEOM.mjGEOM_ELLIPSOID, [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
        (_GEOM.mjGEOM_CAPSULE, [0.1, 0.3, 0], [0.1, 0.1, 0.4]),
        (_GEOM.mjGEOM_CYLINDER, [0.1, 0.3, 0], [0.1, 0.1, 0.3]),
    ],
)
def test_primitives_have_their_size_and_face_outwards(
    kind: int, size: list[float], half: list[float]
) -> None:
    form = form_of(kind, np.array(size))
    assert form is not None
    points, normals = form
    np.testing.assert_allclose(np.abs(points).reshape(-1, 3).max(axis=0), half, rtol=0.01)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1.0)
    assert ((points * normals).sum(axis=-1) > -1e-12).all()


def test_a_plane_has_no_form() -> None:
    assert form_of(_GEOM.mjGEOM_PLANE, np.ones(3)) is None


@pytest.mark.parametrize(("azimuth", "elevation"), [(-0.9, 0.35), (2.0, 0.0), (0.4, 1.2)])
def test_the_camera_sees_all_and_not_much_more(azimuth: float, elevation: float) -> None:
    points = np.random.default_rng(0).normal(size=(200, 3)) * [2.0, 0.5, 0.3] + [5.0, 1.0, 0.0]
    camera = camera_on(points, SIZE, azimuth, elevation)
    seen, nearness = camera.project(points)
    assert (nearness > 0).all()
    assert (seen >= 0).all()
    assert (seen <= SIZE).all()
    filled = np.ptp(seen, axis=0) / SIZE
    assert filled.max() == pytest.approx(0.9, abs=1e-6)
    # From its left a robot that looks ahead looks to the left of the picture.
    ahead = camera.project(np.array([[0.0, 0, 0], [0.1, 0, 0]]))[0]
    assert np.sign(ahead[1, 0] - ahead[0, 0]) == np.sign(-np.sin(azimuth))


def test_the_nearer_triangle_is_seen() -> None:
    square = np.array([[[0.0, 0], [20, 0], [0, 20]], [[2.0, 2], [8, 2], [2, 8]]])
    near = np.array([[1.0, 1, 1], [2.0, 2, 2]])
    raster = rasterise(square, near, (10, 10))
    assert (raster.face[0, 0], raster.face[4, 4], raster.face[9, 9]) == (0, 1, 0)
    assert rasterise(square, near[::-1], (10, 10)).face[4, 4] == 0
    np.testing.assert_allclose(raster.shares[raster.covered].sum(axis=-1), 1.0)
    np.testing.assert_allclose(raster.shares[4, 4], [0.5 / 3, 2.5 / 6, 2.5 / 6])


def test_what_is_outside_of_the_picture_or_flat_is_not_drawn() -> None:
    corners = np.array([[[-9.0, -9], [-5, -9], [-9, -5]], [[1.0, 1], [2, 2], [3, 3]]])
    assert not rasterise(corners, np.ones((2, 3)), (4, 4)).covered.any()


def test_back_sides_are_not_drawn() -> None:
    triangle = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]])
    up = Triangles(triangle, np.tile([0.0, 0, 1], (1, 3, 1)), np.ones((1, 3)), np.ones(1))
    down = replace(up, normals=-up.normals)
    above = np.array([0.2, 0.2, 3.0])
    assert (len(up.facing(above).points), len(down.facing(above).points)) == (1, 0)
    assert (len(up.facing(-above).points), len(down.facing(-above).points)) == (0, 1)


def test_a_png_is_what_was_drawn() -> None:
    drawn = np.random.default_rng(1).integers(0, 256, (7, 5, 4), np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(drawn)))), drawn)
