"""Small models of strangers' robots, as people write them: made anew for each test."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import mujoco

from tabrl.robots import robot_folder

# A cube of 10 cm, as OBJ.
CUBE = "\n".join(
    [
        *(f"v {x} {y} {z}" for x in (-0.05, 0.05) for y in (-0.05, 0.05) for z in (-0.05, 0.05)),
        *("f 1 3 4 2", "f 5 6 8 7", "f 1 2 6 5", "f 3 7 8 4", "f 1 5 7 3", "f 2 4 8 6"),
    ]
)
# Not in the kind's order: rear legs first, the left one of each pair first.
LEGS = (("back_l", -0.2, 0.1), ("back_r", -0.2, -0.1), ("nose_l", 0.2, 0.1), ("nose_r", 0.2, -0.1))
THIGH, KNEE = 0.8, -1.5
SHANK = '<geom name="{leg}_shin" type="capsule" fromto="0 0 0 0 0 -0.2" size="0.012" mass="0.1"/>'
FOOT = '<geom name="{leg}_ball" type="sphere" size="0.02" pos="0 0 -0.2" mass="0.05"/>'
WELDED_FOOT = f'<body name="{{leg}}_toe" pos="0 0 0">{FOOT}</body>'


@dataclass(frozen=True)
class Dog:
    """A four-legged robot of eight joints; every field is something that strangers do otherwise."""

    legs: Sequence[tuple[str, float, float]] = LEGS
    root: str = '<freejoint name="world"/>'
    foot: str = FOOT
    shank: str = SHANK
    trunk: str = '<geom name="hull" type="box" size="0.25 0.09 0.05" mass="6"/>'
    more: str = ""  # bodies on the trunk
    head: str = ""  # before the world
    kind: str = "position"
    gains: str = 'kp="60" kv="1.5" forcerange="-25 25"'
    reverse_actuators: bool = False
    key: str | None = "home"
    tail: str = ""  # after the actuators
    height: float | None = None
    home: tuple[float, float] = (THIGH, KNEE)

    def xml(self) -> str:
        """The MJCF."""
        joints = [f"{leg}_{part}" for leg, _, _ in self.legs for part in ("thigh", "knee")]
        driven = reversed(joints) if self.reverse_actuators else joints
        actuators = "".join(
            f'<{self.kind} name="m_{joint}" joint="{joint}" {self.gains}/>' for joint in driven
        )
        floating = "freejoint" in self.root or 'type="free"' in self.root
        angles = " ".join(f"{angle}" for _ in self.legs for angle in self.home)
        height = 0.4 if self.height is None else self.height
        root = f"0.3 -0.2 {height} 1 0 0 0 " if floating else ""
        key = f'<keyframe><key name="{self.key}" qpos="{root}{angles}"/></keyframe>'
        return f"""<mujoco model="stray">
  <compiler angle="radian" autolimits="true"/>
  {self.head}
  <worldbody>
    <geom name="ground" type="plane" size="5 5 0.1"/>
    <body name="chassis" pos="0 0 {height}">
      {self.root}
      {self.trunk}
      {"".join(self._leg(*leg) for leg in self.legs)}
      {self.more}
    </body>
  </worldbody>
  <actuator>{actuators}</actuator>
  {self.tail}
  {key if self.key else ""}
</mujoco>"""

    def write(self, folder: Path, name: str = "stray.xml") -> Path:
        """Write it into a new folder, which is returned."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(self.xml())
        return folder

    def _leg(self, leg: str, x: float, y: float) -> str:
        return f"""
      <body name="{leg}_upper" pos="{x} {y} 0">
        <joint name="{leg}_thigh" axis="0 1 0" range="-1.5 2.5" armature="0.01" damping="0.1"/>
        <geom type="cylinder" fromto="0 0 0 0 0 -0.2" size="0.02" mass="0.4"/>
        <body name="{leg}_lower" pos="0 0 -0.2">
          <joint name="{leg}_knee" axis="0 1 0" range="-2.6 0.1" armature="0.01" damping="0.1"/>
          {self.shank.format(leg=leg)}
          {self.foot.format(leg=leg)}
        </body>
      </body>"""


ARM = """<mujoco model="lever">
  <compiler angle="radian" autolimits="true"/>
  <worldbody>
    <geom name="bench" type="plane" size="2 2 0.1"/>
    <body name="stand" pos="0 0 0.1">
      <geom type="cylinder" size="0.08 0.1" mass="4"/>
      <body name="turret" pos="0 0 0.1">
        <joint name="turn" axis="0 0 1" range="-3 3" armature="0.05"/>
        <geom type="cylinder" size="0.06 0.05" mass="1"/>
        <body name="boom" pos="0 0 0.05">
          <joint name="lift" axis="0 1 0" range="-2 2" armature="0.05"/>
          <geom type="capsule" fromto="0 0 0 0.3 0 0" size="0.03" mass="1"/>
          <body name="wrist" pos="0.3 0 0">
            <joint name="bend" axis="0 1 0" range="-2 2" armature="0.02"/>
            <geom type="capsule" fromto="0 0 0 0.2 0 0" size="0.02" mass="0.4"/>
            <site name="tcp" pos="0.22 0 0"/>
            {hand}
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <position joint="turn" kp="200" kv="20" forcerange="-60 60"/>
    <position joint="lift" kp="300" kv="30" forcerange="-60 60"/>
    <position joint="bend" kp="200" kv="20" forcerange="-30 30"/>
    {more}
  </actuator>
  <keyframe><key name="home" qpos="0.2 -0.5 0.8{fingers}"/></keyframe>
</mujoco>"""
GRIPPER = "".join(
    f'<body name="finger_{side}" pos="0.2 {y} 0"><joint name="grip_{side}" type="slide" '
    f'axis="0 1 0" range="0 0.03"/><geom type="box" size="0.02 0.005 0.01" mass="0.02"/></body>'
    for side, y in (("l", 0.02), ("r", -0.02))
)


def arm(folder: Path, *, gripper: bool = False) -> Path:
    """Write an arm of three joints, with two sliding fingers if asked, into a new folder."""
    folder.mkdir(parents=True)
    hand = GRIPPER if gripper else ""
    more = '<position joint="grip_l" kp="100"/>' if gripper else ""
    text = ARM.format(hand=hand, more=more, fingers=" 0.01 0.02" if gripper else "")
    (folder / "lever.xml").write_text(text)
    return folder


def packaged_with_meshes(robot_id: str, folder: Path) -> Path:
    """A packaged robot as people lay theirs out: a scene, an include and a folder of meshes."""
    source = robot_folder(robot_id)
    text = source.joinpath(f"{robot_id}.xml").read_text("utf-8")
    spec = mujoco.MjSpec.from_string(text)
    floor = next(geom for geom in spec.geoms if geom.name == "floor")
    spec.delete(floor)
    spec.meshdir, spec.assets = "assets", {"box.obj": CUBE.encode()}
    spec.add_mesh(name="box", file="box.obj")
    root = spec.worldbody.first_body()
    root.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname="box", pos=[0, 0, 0.1], contype=0, conaffinity=0,
        group=2, mass=0, rgba=[0.9, 0.3, 0.1, 1],
    )  # fmt: skip
    (folder / "parts/assets").mkdir(parents=True)
    (folder / "parts/assets/box.obj").write_text(CUBE)
    shutil.copytree(folder / "parts/assets", folder / "assets")
    (folder / "parts/robot.xml").write_text(spec.to_xml())
    (folder / "scene.xml").write_text(
        '<mujoco model="copy scene"><include file="parts/robot.xml"/>'
        '<worldbody><geom type="plane" size="4 4 0.1"/></worldbody></mujoco>'
    )
    return folder


def mjlab_folder(robot: str) -> Path:
    """Where the mjlab wheel keeps a robot's files."""
    spec = find_spec("mjlab")  # located, not imported: it would want torch
    assert spec is not None, "the dev environment holds mjlab's files"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / f"asset_zoo/robots/{robot}/xmls"


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


def converted(file: Path, folder: Path, *, fused: bool) -> Path:
    """A URDF as MuJoCo saves it, with or without its root merged into the world."""
    settings = f'<mujoco><compiler fusestatic="{str(fused).lower()}"/></mujoco>'
    text = file.read_text().replace('<robot name="stray">', f'<robot name="stray">{settings}')
    text = text.replace("package://stray/meshes/", f"{file.parent.parent}/meshes/")
    folder.mkdir()
    model = mujoco.MjModel.from_xml_string(text)
    mujoco.mj_saveLastXML(str(folder / "saved.xml"), model)
    return folder
