"""What is the Go1's own: the names by which other code and files know it."""

from __future__ import annotations

import mujoco

from tabrl.robots import get_robot, scene_xml

GO1 = get_robot("go1")


def test_its_feet_and_joints_are_in_the_order_of_its_policy() -> None:
    assert GO1.end_effectors == ("FR", "FL", "RR", "RL")
    parts = ("hip", "thigh", "calf")
    assert GO1.joint_names == tuple(
        f"{foot}_{part}" for foot in GO1.end_effectors for part in parts
    )
    assert GO1.embodiment == "legged"
    assert GO1.characteristic_length == 0.28


def test_it_looks_like_a_robot() -> None:
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    assert (model.geom_group == 2).sum() >= 10


def test_its_scene_has_the_sensors_of_its_makers() -> None:
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    names = {model.sensor(i).name for i in range(model.nsensor)}
    wanted = {"gyro", "local_linear_velocity", "up"}
    wanted |= {f"{foot}_{what}" for foot in GO1.end_effectors for what in ("position", "velocity")}
    assert wanted <= names
    assert "" not in names
