"""The meshes for the page: in the right frames, close to the originals, small."""

from __future__ import annotations

import io
import json

import mujoco
import numpy as np
import pytest
import trimesh

from tabrl.domain.errors import NotFound
from tabrl.robots import get_robot
from tabrl.visuals.meshes import VisualRecipe, build_visuals, shade


@pytest.fixture(scope="module")
def recipe() -> VisualRecipe:
    found = VisualRecipe.of("go1")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def glb(recipe: VisualRecipe) -> bytes:
    return build_visuals("go1", recipe)


@pytest.fixture(scope="module")
def document(glb: bytes) -> dict:
    size = int.from_bytes(glb[12:16], "little")
    return json.loads(glb[20 : 20 + size])


@pytest.fixture(scope="module")
def scene(glb: bytes) -> trimesh.Scene:
    """An independent reader; it leaves the 16-bit positions unscaled."""
    loaded = trimesh.load(io.BytesIO(glb), file_type="glb")
    assert isinstance(loaded, trimesh.Scene)
    return loaded


def body_points(document: dict, scene: trimesh.Scene, body: str) -> np.ndarray:
    """All vertices of a body's meshes in its frame, m."""
    node = next(node for node in document["nodes"] if node.get("name") == body)
    points = []
    for child in node["children"]:
        placed = document["nodes"][child]
        turn = np.zeros(9)
        x, y, z, w = placed["rotation"]
        mujoco.mju_quat2Mat(turn, np.array([w, x, y, z]))
        names = [name for name in scene.graph.nodes_geometry if _below(scene, name, str(child))]
        assert names
        for name in names:
            raw = scene.geometry[scene.graph[name][1]].vertices / 32767.0
            points.append(raw * placed["scale"][0] @ turn.reshape(3, 3).T + placed["translation"])
    return np.concatenate(points)


def _below(scene: trimesh.Scene, name: str, ancestor: str) -> bool:
    return name == ancestor or name.startswith(f"{ancestor}_")


def test_it_is_small(glb):
    assert len(glb) <= 300_000


def test_one_node_for_each_body_and_nothing_else(document):
    roots = [document["nodes"][i] for i in document["scenes"][0]["nodes"]]
    assert {node["name"] for node in roots} == set(get_robot("go1").body_names)
    assert all(set(node) == {"name", "children"} for node in roots), "bodies are in their frames"


def test_materials_are_those_of_the_scene(document):
    used = {
        document["materials"][primitive["material"]]["name"]
        for mesh in document["meshes"]
        for primitive in mesh["primitives"]
    }
    assert {"dark", "shell", "light"} <= used
    assert len(document["meshes"]) == 5, "a mesh that four legs share is stored once"


def test_every_body_has_the_extent_of_the_original(document, scene, recipe):
    reference = mujoco.MjModel.from_xml_path(str(recipe.source()))
    for body in get_robot("go1").body_names:
        mine = body_points(document, scene, body)
        theirs = _reference_points(reference, body)
        np.testing.assert_allclose(mine.min(axis=0), theirs.min(axis=0), atol=0.004)
        np.testing.assert_allclose(mine.max(axis=0), theirs.max(axis=0), atol=0.004)


def _reference_points(model: mujoco.MjModel, body: str) -> np.ndarray:
    points = []
    for i in range(model.ngeom):
        if model.body(model.geom_bodyid[i]).name == body and model.geom_dataid[i] >= 0:
            mesh = model.mesh(model.geom_dataid[i])
            start = int(mesh.vertadr[0])
            turn = np.zeros(9)
            mujoco.mju_quat2Mat(turn, model.geom_quat[i])
            vertices = model.mesh_vert[start : start + int(mesh.vertnum[0])]
            points.append(vertices @ turn.reshape(3, 3).T + model.geom_pos[i])
    return np.concatenate(points)


def test_buffers_are_consistent(document, glb):
    json_size = int.from_bytes(glb[12:16], "little")
    assert int.from_bytes(glb[8:12], "little") == len(glb)
    assert document["buffers"][0]["byteLength"] == len(glb) - 20 - json_size - 8
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            accessors = document["accessors"]
            position = accessors[primitive["attributes"]["POSITION"]]
            assert accessors[primitive["attributes"]["NORMAL"]]["count"] == position["count"]
            assert max(map(abs, position["min"] + position["max"])) <= 32767


def test_a_missing_package_is_named(recipe):
    with pytest.raises(NotFound, match="no_such_package") as error:
        recipe.model_copy(update={"package": "no_such_package"}).source()
    assert error.value.code == "meshes_not_found"


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
