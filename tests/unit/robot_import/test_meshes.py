"""What the page shows of an imported robot: the model's own meshes, in the frames of our links."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.robot_import.importing import Imported, import_robot
from tabrl.robot_import.options import ImportOptions
from tests.support.models.dog import CUBE, Dog

PLATE = '<geom class="look" mesh="plate" pos="0.1 0 0.06" euler="0 0 0.5"/>'
HEAD = """<default><default class="look"><geom type="mesh" contype="0" conaffinity="0" group="2"
  material="paint"/></default></default>
  <asset><texture name="coat" type="2d" file="coat.png"/><material name="paint" {paint}/>
  <mesh name="plate" file="plate.obj" scale="2 0.5 0.2"/></asset>"""
TRUNK = '<geom name="hull" type="box" size="0.25 0.09 0.05" mass="6" group="3"/>' + PLATE
LOOKS = '<geom type="cylinder" size="0.03 0.05" contype="0" conaffinity="0" rgba="0 0 1 1"/>'


def png(left: tuple[int, ...], right: tuple[int, ...], width: int = 8) -> bytes:
    """A picture whose two halves have one colour each."""
    row = b"\0" + bytes(left) * (width // 2) + bytes(right) * (width // 2)

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(row * width)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def write(folder: Path, paint: str) -> Path:
    folder.mkdir()
    corners = "".join(f"vt {u} {v}\n" for u in (0.2, 0.7) for v in (0.1, 0.9))
    faces = CUBE.splitlines()[8:]
    textured = [
        " ".join(["f", *(f"{v}/{1 if i < 3 else 3}" for v in face.split()[1:])])
        for i, face in enumerate(faces)
    ]
    text = "\n".join([*CUBE.splitlines()[:8], corners, *textured])
    (folder / "plate.obj").write_text(text)
    (folder / "coat.png").write_bytes(png((255, 0, 0), (0, 255, 0)))
    return Dog(head=HEAD.format(paint=paint), trunk=TRUNK, more=LOOKS).write(folder)


@dataclass(frozen=True, eq=False)
class Shown:
    """An imported robot and the document of its GLB."""

    imported: Imported

    @cached_property
    def document(self) -> dict:
        glb = self.imported.files["visuals.glb"]
        assert glb[:4] == b"glTF"
        return json.loads(glb[20 : 20 + int.from_bytes(glb[12:16], "little")])

    @property
    def bodies(self) -> list[str]:
        nodes = self.document["nodes"]
        return [nodes[i]["name"] for i in self.document["scenes"][0]["nodes"]]

    @property
    def colours(self) -> set[tuple[int, ...]]:
        return {
            tuple(round(value) for value in m["pbrMetallicRoughness"]["baseColorFactor"][:3])
            for m in self.document["materials"]
        }

    @property
    def model(self) -> mujoco.MjModel:
        return mujoco.MjModel.from_xml_string(self.imported.files["dog.xml"].decode())


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    folder = write(tmp_path / "dog", 'rgba="1 0 0 1"')
    return Shown(import_robot(ImportOptions(folder)))


def test_links_with_meshes_are_shown_by_them_with_their_other_looks(shown: Shown) -> None:
    assert shown.bodies == ["chassis"]  # the legs' primitives are in the scene
    assert shown.imported.report.meshes == 1
    assert len(shown.document["meshes"]) == 2
    assert shown.colours == {(1, 0, 0), (0, 0, 1)}


def test_a_mesh_is_where_it_is_in_the_model(shown: Shown) -> None:
    nodes = shown.document["nodes"]
    (body,) = (node for node in nodes if node.get("name") == "chassis")
    plate = min((nodes[i] for i in body["children"]), key=lambda node: -node["scale"][0])
    assert plate["translation"] == pytest.approx([0.1, 0.0, 0.06], abs=1e-6)
    assert plate["scale"][0] == pytest.approx(0.1, abs=1e-3)  # half of its longest side
    x, y, z, w = plate["rotation"]
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, np.array([w, x, y, z]))
    ahead = turn.reshape(3, 3) @ _longest(shown.imported.report.source)
    assert abs(ahead @ [np.cos(0.5), np.sin(0.5), 0.0]) == pytest.approx(1.0, abs=1e-6)


def _longest(source: str) -> np.ndarray:
    """The axis of the compiled mesh, which MuJoCo turns, along which it is longest."""
    model = mujoco.MjModel.from_xml_path(source)
    return np.eye(3)[np.ptp(model.mesh_vert, axis=0).argmax()]


def test_without_the_meshes_a_box_stands_for_them(shown: Shown) -> None:
    model = shown.model
    own = [
        geom
        for geom in range(model.ngeom)
        if model.geom_bodyid[geom] == model.body("chassis").id and model.geom_group[geom] <= 2
    ]
    kinds = [mujoco.mjtGeom(int(model.geom_type[geom])).name for geom in own]
    assert sorted(kinds) == ["mjGEOM_BOX", "mjGEOM_CYLINDER"]
    box = own[kinds.index("mjGEOM_BOX")]
    np.testing.assert_allclose(sorted(model.geom_size[box]), [0.01, 0.025, 0.1], atol=1e-6)
    np.testing.assert_allclose(model.geom_rgba[box], [1, 0, 0, 1])
    assert not model.geom_conaffinity[box]


def test_a_texture_gives_its_colours(tmp_path: Path) -> None:
    found = import_robot(ImportOptions(write(tmp_path / "dog", 'texture="coat"')))
    assert Shown(found).colours == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    model = Shown(found).model
    boxes = model.geom_rgba[model.geom_type == mujoco.mjtGeom.mjGEOM_BOX]
    assert any(0.2 < r < 0.8 and r + g == pytest.approx(1.0) for r, g, _, _ in boxes)


def test_a_robot_of_primitives_needs_no_meshes(tmp_path: Path) -> None:
    found = import_robot(ImportOptions(Dog().write(tmp_path / "dog")))
    assert set(found.files) == {"robot.toml", "dog.xml"}
    assert found.report.meshes == 0
    model = Shown(found).model
    seen = {int(model.geom_bodyid[g]) for g in range(model.ngeom) if model.geom_group[g] <= 2}
    assert seen == set(range(model.nbody))


def test_importing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = write(tmp_path / "dog", 'texture="coat"')
    assert import_robot(ImportOptions(folder)).files == import_robot(ImportOptions(folder)).files
