"""The same robot as a URDF, and as MuJoCo saves it."""

from __future__ import annotations

from pathlib import Path

import mujoco

from tests.support.models.dog import CUBE, LEGS

URDF_LEG = """
  <link name="{leg}_thigh"><inertial><origin xyz="0 0 -0.1"/><mass value="0.5"/>{inertia}</inertial>
    <collision><origin xyz="0 0 -0.1"/><geometry><cylinder radius="0.02" length="0.2"/></geometry>
    </collision></link>
  <joint name="{leg}_swing" type="revolute"><parent link="base"/><child link="{leg}_thigh"/>
    <origin xyz="{x} {y} 0"/><axis xyz="0 1 0"/>
    <limit lower="-1.5" upper="2.5" effort="25" velocity="20"/><dynamics damping="0.1"/></joint>
  <link name="{leg}_shank"><inertial><origin xyz="0 0 -0.1"/><mass value="0.2"/>{inertia}</inertial>
    <visual><origin xyz="0 0 -0.1"/><geometry><mesh filename="package://stray/meshes/shank.obj"
      scale="0.3 0.3 1.5"/></geometry></visual></link>
  <joint name="{leg}_bend" type="revolute"><parent link="{leg}_thigh"/><child link="{leg}_shank"/>
    <origin xyz="0 0 -0.2"/><axis xyz="0 1 0"/>
    <limit lower="-2.6" upper="-0.2" effort="25" velocity="20"/><dynamics damping="0.1"/></joint>
  <link name="{leg}_foot"><collision><geometry><sphere radius="0.02"/></geometry></collision></link>
  <joint name="{leg}_weld" type="fixed"><parent link="{leg}_shank"/><child link="{leg}_foot"/>
    <origin xyz="0 0 -0.2"/></joint>"""
_INERTIA = '<inertia ixx="0.002" iyy="0.002" izz="0.0005" ixy="0" ixz="0" iyz="0"/>'


def urdf(folder: Path) -> Path:
    """A URDF of a four-legged robot with a mesh, in a package of its own; returns the file."""
    package = folder / "stray"
    (package / "meshes").mkdir(parents=True)
    (package / "urdf").mkdir()
    (package / "meshes/shank.obj").write_text(CUBE)
    legs = "".join(URDF_LEG.format(leg=leg, x=x, y=y, inertia=_INERTIA) for leg, x, y in LEGS)
    base = _INERTIA.replace("0.002", "0.1").replace("0.0005", "0.1")
    file = package / "urdf/stray.urdf"
    file.write_text(
        f"""<robot name="stray">
  <link name="base"><inertial><mass value="6"/>{base}</inertial>
    <collision><geometry><box size="0.5 0.18 0.1"/></geometry></collision></link>{legs}
</robot>"""
    )
    return file


BOX = '<collision><geometry><box size="0.04 0.04 0.1"/></geometry></collision>'
_ARM_INERTIAL = """<inertial><mass value="0.5"/>
  <inertia ixx="0.1" iyy="0.1" izz="{izz}" ixy="0" ixz="0" iyz="0"/></inertial>"""
_ARM_JOINT = """<joint name="j{n}" type="revolute"><parent link="l{before}"/><child link="l{n}"/>
  <origin xyz="0 0 0.2"/><axis xyz="{axis}"/><limit lower="-1" upper="1" effort="90" velocity="1"/>
  </joint>"""


def arm_urdf(
    file: Path, shape: str = "", *, base: str = "", settings: str = "", izz: float = 0.1
) -> Path:
    """Write a URDF of an arm of three joints whose links have a shape; returns the file."""
    inertial = _ARM_INERTIAL.format(izz=izz)
    links = f'<link name="l0">{inertial}{base}</link>'
    for n, axis in enumerate(("0 0 1", "0 1 0", "0 1 0"), start=1):
        links += f'<link name="l{n}">{inertial}{shape}</link>'
        links += _ARM_JOINT.format(n=n, before=n - 1, axis=axis)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'<robot name="lever">{settings}{links}</robot>')
    return file


def converted(file: Path, folder: Path, *, fused: bool) -> Path:
    """A URDF as MuJoCo saves it, with or without its root merged into the world."""
    settings = f'<mujoco><compiler fusestatic="{str(fused).lower()}"/></mujoco>'
    text = file.read_text().replace('<robot name="stray">', f'<robot name="stray">{settings}')
    text = text.replace("package://stray/meshes/", f"{file.parent.parent}/meshes/")
    folder.mkdir()
    model = mujoco.MjModel.from_xml_string(text)
    mujoco.mj_saveLastXML(str(folder / "saved.xml"), model)
    return folder
