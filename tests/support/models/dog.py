"""A four-legged robot of a stranger, in as many variants as strangers think of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
