"""An arm of three joints, with or without a hand."""

from __future__ import annotations

from pathlib import Path

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
