"""References in URDF: links that are fixed, turned frames, files, textures."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest
import trimesh
from PIL import Image

from tabrl.domain.errors import Invalid, NotFound
from tabrl.visuals.reference import Reference
from tabrl.visuals.urdf import read_urdf

# The arm's frame is turned by 90 degrees about x, and its cover is fixed to it and turned back.
URDF = """<robot name="two">
  <link name="base"><visual><geometry><mesh filename="package://two/meshes/block.dae"/></geometry>
  </visual><collision><geometry><mesh filename="package://two/meshes/block.dae"/></geometry>
  </collision></link>
  <link name="arm"/>
  <link name="cover"><visual><origin xyz="0 0 -0.2"/><geometry>
    <mesh filename="../meshes/block.dae" scale="1 1 2"/></geometry></visual></link>
  <joint name="shoulder" type="continuous"><parent link="base"/><child link="arm"/>
    <origin xyz="0.3 0 0" rpy="1.57079632679 0 0"/><axis xyz="0 0 1"/></joint>
  <joint name="bolts" type="fixed"><parent link="arm"/><child link="cover"/>
    <origin rpy="-1.57079632679 0 0"/></joint>
</robot>"""
OURS = """<mujoco><worldbody><body name="trunk"><freejoint/><geom size="0.1"/>
  <body name="arm" pos="{place} 0 0"><joint axis="0 -1 0"/><geom size="0.1"/></body>
</body></worldbody></mujoco>"""
SIDES = (0.1, 0.04, 0.02)


@pytest.fixture
def urdf(tmp_path) -> Path:
    file = tmp_path / "two" / "urdf" / "two.urdf"
    file.parent.mkdir(parents=True)
    file.write_text(URDF)
    (tmp_path / "two" / "meshes").mkdir()
    block = trimesh.creation.box(SIDES)
    (tmp_path / "two" / "meshes" / "block.dae").write_bytes(block.export(file_type="dae"))
    return file


def ours(place: float = 0.3) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(OURS.format(place=place))


def extent(reference: Reference, body: str) -> np.ndarray:
    """Lower and upper corner, `[2, 3]` m, of a body's meshes in our frame."""
    points = []
    for placed in reference.placements(ours(), {"base": "trunk"}):
        if placed.body == body:
            turn = np.zeros(9)
            mujoco.mju_quat2Mat(turn, placed.quaternion)
            vertices = reference.shape(placed.mesh).vertices
            points.append(vertices @ turn.reshape(3, 3).T + placed.position)
    assert len(points) == 1, "a mesh to collide with is not seen"
    return np.array([points[0].min(axis=0), points[0].max(axis=0)])


def test_meshes_lie_in_our_frames(urdf):
    reference = read_urdf(urdf)
    half = np.array(SIDES) / 2
    np.testing.assert_allclose(extent(reference, "trunk"), [-half, half], atol=1e-6)
    tall = half * [1, 1, 2]
    centre = np.array([0, 0, -0.2])
    np.testing.assert_allclose(extent(reference, "arm"), [centre - tall, centre + tall], atol=1e-6)


def test_bodies_that_are_not_ours_are_refused(urdf):
    with pytest.raises(Invalid, match="base") as error:
        read_urdf(urdf).placements(ours(), {})
    assert error.value.code == "other_bodies"


def test_bodies_that_lie_elsewhere_are_refused(urdf):
    with pytest.raises(Invalid, match="arm") as error:
        read_urdf(urdf).placements(ours(place=0.31), {"base": "trunk"})
    assert error.value.code == "other_frames"


def test_a_missing_mesh_is_named(urdf):
    urdf.write_text(URDF.replace("../meshes/block", "../meshes/brick"))
    with pytest.raises(NotFound, match=r"brick\.dae") as error:
        read_urdf(urdf)
    assert error.value.code == "meshes_not_found"


def test_colours_are_those_of_the_texture(urdf):
    assert not read_urdf(urdf).colours
    block = trimesh.creation.box(SIDES)
    left = block.vertices[:, 0] < 0
    # The left half of the picture is red, the right half black; each end of the block has one.
    picture = Image.new("RGB", (64, 64))
    picture.paste((255, 0, 0), (0, 0, 32, 64))
    uv = np.column_stack([np.where(left, 0.1, 0.9), np.full(len(left), 0.5)])
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture)
    block.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    scene = urdf.parent / "block.glb"
    scene.write_bytes(block.export(file_type="glb"))
    urdf.write_text(
        URDF.replace("package://two/meshes/block.dae", "block.glb").replace(
            "../meshes/block.dae", "block.glb"
        )
    )
    reference = read_urdf(urdf)
    for name, colours in reference.colours.items():
        shape = reference.shape(name)
        assert len(colours) == len(shape.faces)
        ends = np.abs(np.ptp(block.vertices[block.faces][:, :, 0], axis=1)) < 1e-9
        red = colours[:, 0] > 0.5
        assert red[ends & left[block.faces[:, 0]]].all()
        assert not red[ends & ~left[block.faces[:, 0]]].any()
    assert reference.colours
