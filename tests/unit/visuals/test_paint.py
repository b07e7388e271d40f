"""Shading, and which face gets which material."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from tabrl.visuals.glb import Material
from tabrl.visuals.paint import paint
from tabrl.visuals.recipe import VisualRecipe
from tabrl.visuals.reference import Shape
from tabrl.visuals.shading import shade

PALETTE = {"red": Material((0.8, 0.2, 0.2)), "black": Material((0.05, 0.05, 0.05))}


@pytest.fixture
def recipe() -> VisualRecipe:
    return VisualRecipe(
        package="p", scene="s", keep=0.2, min_triangles=100, smallest_part=0.1, materials={}
    )


def test_faces_take_the_material_nearest_to_their_texture(recipe):
    ball = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    upper = ball.triangles_center[:, 2] > 0
    colours = np.where(upper[:, None], [1.0, 0.3, 0.3], [0.1, 0.1, 0.1])
    surfaces = paint(Shape(ball.vertices, ball.faces, colours), recipe, PALETTE)
    heights = {s.material: s.positions[s.faces].mean(axis=1)[:, 2] for s in surfaces}
    assert heights["red"].min() > -0.01
    assert heights["black"].max() < 0.01
    thinned = sum(len(surface.faces) for surface in surfaces)
    assert 0.19 * len(ball.faces) < thinned < 0.5 * len(ball.faces)


def test_without_a_texture_the_size_of_a_part_decides(recipe):
    parts = [trimesh.creation.box([side] * 3) for side in (0.2, 1.0, 0.5, 0.01)]
    for place, part in enumerate(parts):
        part.apply_translation([2.0 * place, 0, 0])
    whole = trimesh.util.concatenate(parts)
    surfaces = {s.material: s for s in paint(Shape(whole.vertices, whole.faces), recipe, PALETTE)}
    assert np.ptp(surfaces["red"].positions[:, 0]) == pytest.approx(1.0)
    assert len(surfaces["black"].faces) == 24, "two smaller ones; the smallest is left out"


def test_small_meshes_stay_as_they_are(recipe):
    cube = trimesh.creation.box()
    (surface,) = paint(Shape(cube.vertices, cube.faces), recipe, PALETTE)
    assert len(surface.faces) == len(cube.faces)


def test_shading_is_smooth_on_a_sphere_and_sharp_on_a_cube():
    sphere = trimesh.creation.icosphere(subdivisions=3)
    points, normals, faces = shade(np.array(sphere.vertices), np.array(sphere.faces))
    assert len(points) == len(sphere.vertices)
    assert len(faces) == len(sphere.faces)
    assert np.abs(normals - points).max() < 0.05  # on a unit sphere they are the same
    cube = trimesh.creation.box()
    points, normals, faces = shade(np.array(cube.vertices), np.array(cube.faces))
    assert len(points) == 24  # three normals in each corner
    assert np.allclose(np.abs(normals).max(axis=1), 1.0)


def test_faces_without_area_are_dropped():
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0]])
    _, normals, faces = shade(points, np.array([[0, 1, 2], [0, 1, 3]]))
    assert len(faces) == 1
    assert np.isfinite(normals).all()
