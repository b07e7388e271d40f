"""The meshes for the page: in the right frames, close to the originals, small."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np
import pytest
import trimesh

from tabrl.domain.errors import Invalid, NotFound
from tabrl.robots import get_robot, list_robots, scene_xml
from tabrl.visuals.meshes import build_visuals, read_reference
from tabrl.visuals.recipe import VisualRecipe
from tabrl.visuals.reference import Reference


def installed() -> dict[str, VisualRecipe]:
    """The recipes whose meshes are at hand: the Go1's always, others after `make visuals`."""
    found = {}
    for robot in list_robots():
        recipe = VisualRecipe.of(robot.id)
        try:
            if recipe is not None and recipe.source().is_file():
                found[robot.id] = recipe
        except NotFound:
            assert robot.id != "go1"
    return found


RECIPES = installed()


@dataclass(frozen=True, eq=False)
class Built:
    """A robot's GLB, and what it was made of."""

    robot: str
    glb: bytes

    @cached_property
    def document(self) -> dict:
        size = int.from_bytes(self.glb[12:16], "little")
        return json.loads(self.glb[20 : 20 + size])

    @cached_property
    def scene(self) -> trimesh.Scene:
        """An independent reader; it leaves the 16-bit positions unscaled."""
        return trimesh.load_scene(io.BytesIO(self.glb), file_type="glb")

    @cached_property
    def ours(self) -> mujoco.MjModel:
        return mujoco.MjModel.from_xml_string(scene_xml(self.robot).decode())

    @cached_property
    def reference(self) -> Reference:
        return read_reference(RECIPES[self.robot])

    @cached_property
    def bodies(self) -> list[str]:
        """Ours that the reference has as well: a tool may be ours alone."""
        names = RECIPES[self.robot].bodies
        theirs = {
            self.reference.model.body(self.reference.model.geom_bodyid[geom]).name
            for geom in np.flatnonzero(self.reference.model.geom_type == mujoco.mjtGeom.mjGEOM_MESH)
        }
        seen = {names.get(name, name) for name in theirs}
        return [name for name in get_robot(self.robot).body_names if name in seen]

    def points(self, body: str) -> np.ndarray:
        """All vertices of a body's meshes in its frame, m."""
        nodes = self.document["nodes"]
        node = next(node for node in nodes if node.get("name") == body)
        points = []
        for child in node["children"]:
            x, y, z, w = nodes[child]["rotation"]
            turn = rotation(np.array([w, x, y, z]))
            names = [
                name
                for name in self.scene.graph.nodes_geometry
                if name == str(child) or name.startswith(f"{child}_")
            ]
            assert names
            for name in names:
                raw = self.scene.geometry[self.scene.graph[name][1]].vertices / 32767.0
                scale, at = nodes[child]["scale"][0], nodes[child]["translation"]
                points.append(raw * scale @ turn.T + at)
        return np.concatenate(points)

    def materials(self, meshes: Iterable[dict]) -> set[str]:
        return {
            self.document["materials"][primitive["material"]]["name"]
            for mesh in meshes
            for primitive in mesh["primitives"]
        }


def rotation(quaternion: np.ndarray) -> np.ndarray:
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, quaternion)
    return turn.reshape(3, 3)


def at_zero(model: mujoco.MjModel) -> mujoco.MjData:
    """The pose in which both models are alike: every angle zero, the root at the origin."""
    data = mujoco.MjData(model)
    data.qpos[:] = 0.0
    if model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE:
        data.qpos[3] = 1.0
    else:
        model.body_pos[1], model.body_quat[1] = np.zeros(3), (1.0, 0.0, 0.0, 0.0)
    mujoco.mj_kinematics(model, data)
    return data


@pytest.fixture(scope="module", params=list(RECIPES))
def built(request) -> Built:
    return Built(request.param, build_visuals(request.param, RECIPES[request.param]))


def test_two_kinds_of_reference_are_in_use():
    scenes = {VisualRecipe.of(name).scene for name in ("go1", "anymal_c")}
    assert {scene.rpartition(".")[2] for scene in scenes} == {"xml", "urdf"}


def test_it_is_small(built):
    assert len(built.glb) <= 400_000


def test_one_node_for_each_body_and_nothing_else(built):
    nodes = built.document["nodes"]
    roots = [nodes[i] for i in built.document["scenes"][0]["nodes"]]
    assert {node["name"] for node in roots} == set(built.bodies)
    assert len(built.bodies) >= len(get_robot(built.robot).joint_names)
    assert all(set(node) == {"name", "children"} for node in roots), "bodies are in their frames"


def test_materials_are_those_of_the_scene(built):
    recipe = RECIPES[built.robot]
    used = built.materials(built.document["meshes"])
    assert used <= {name for names in recipe.materials.values() for name in names}
    first = {names[0] for names in recipe.materials.values()}
    assert first <= used, "the material that a mesh mostly has is seen"
    assert len(built.document["meshes"]) == len(recipe.materials), "a shared mesh is stored once"


def test_a_texture_decides_where_there_is_one(built):
    meshes = {mesh["name"]: mesh for mesh in built.document["meshes"]}
    if "face" in built.reference.colours:
        assert built.materials([meshes["face"]]) == {"red", "black", "light"}
        assert built.materials([meshes["foot"]]) == {"drive", "black"}
    elif "trunk" in meshes:
        assert built.materials([meshes["trunk"]]) == {"shell", "dark", "rubber"}


def test_every_body_has_the_extent_of_the_original(built):
    bodies = RECIPES[built.robot].bodies
    original = {bodies.get(name, name): points for name, points in reference_points(built)}
    own = at_zero(built.ours)
    for body in built.bodies:
        placed = own.body(body)
        mine = built.points(body) @ placed.xmat.reshape(3, 3).T + placed.xpos
        theirs = original[body]
        np.testing.assert_allclose(mine.min(axis=0), theirs.min(axis=0), atol=0.004)
        np.testing.assert_allclose(mine.max(axis=0), theirs.max(axis=0), atol=0.004)


def reference_points(built: Built) -> Iterable[tuple[str, np.ndarray]]:
    """What can be seen of each body of the reference, in the world."""
    model = built.reference.model
    data = at_zero(model)
    for body in range(model.nbody):
        points = []
        for geom in np.flatnonzero(model.geom_bodyid == body):
            if model.geom_dataid[geom] >= 0 and model.geom_group[geom] <= 2:
                mesh = model.mesh(model.geom_dataid[geom])
                start = int(mesh.vertadr[0])
                vertices = model.mesh_vert[start : start + int(mesh.vertnum[0])]
                turn = data.geom_xmat[geom].reshape(3, 3)
                points.append(vertices @ turn.T + data.geom_xpos[geom])
        if points:
            yield model.body(body).name, np.concatenate(points)


def test_every_body_lies_where_its_primitives_are(built):
    for body in built.bodies:
        mine, theirs = built.points(body), primitive_corners(built.ours, body)
        low = np.maximum(mine.min(axis=0), theirs.min(axis=0))
        high = np.minimum(mine.max(axis=0), theirs.max(axis=0))
        common = np.prod(np.maximum(high - low, 0.0))
        larger = max(np.prod(np.ptp(mine, axis=0)), np.prod(np.ptp(theirs, axis=0)))
        assert common > 0.5 * larger, body


def primitive_corners(model: mujoco.MjModel, body: str) -> np.ndarray:
    """The corners of the boxes around what can be seen of a body without meshes."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    points = [
        (model.geom_aabb[geom, :3] + signs * model.geom_aabb[geom, 3:])
        @ rotation(model.geom_quat[geom]).T
        + model.geom_pos[geom]
        for geom in np.flatnonzero(model.geom_bodyid == model.body(body).id)
        if model.geom_group[geom] <= 2
    ]
    return np.concatenate(points)


def test_buffers_are_consistent(built):
    document, glb = built.document, built.glb
    json_size = int.from_bytes(glb[12:16], "little")
    assert int.from_bytes(glb[8:12], "little") == len(glb)
    assert document["buffers"][0]["byteLength"] == len(glb) - 20 - json_size - 8
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            accessors = document["accessors"]
            position = accessors[primitive["attributes"]["POSITION"]]
            assert accessors[primitive["attributes"]["NORMAL"]]["count"] == position["count"]
            assert max(map(abs, position["min"] + position["max"])) <= 32767


@pytest.mark.parametrize("change", [{"package": "no_such_package"}, {"scene": "no_such_file.xml"}])
def test_a_missing_reference_is_named(change):
    recipe = RECIPES["go1"].model_copy(update=change)
    with pytest.raises(NotFound, match=r"no_such_") as error:
        recipe.source()
    assert error.value.code == "meshes_not_found"


def test_a_file_of_another_kind_is_no_reference():
    scene = "mjlab/__init__.py"  # whatever is there and is neither
    with pytest.raises(Invalid) as error:
        read_reference(RECIPES["go1"].model_copy(update={"scene": scene}))
    assert error.value.code == "other_reference"
