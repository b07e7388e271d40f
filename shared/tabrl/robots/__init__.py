"""Robots are data: one folder each with `robot.toml` and the MJCF that every service compiles."""

from tabrl.robots.registry import (
    RefusedRobot,
    get_robot,
    list_robots,
    refused_robots,
    robot_folder,
    robot_picture,
    robot_visuals,
    scene_sha256,
    scene_xml,
)
from tabrl.robots.robot import Joint, Limb, Motor, Robot

__all__ = [
    "Joint",
    "Limb",
    "Motor",
    "RefusedRobot",
    "Robot",
    "get_robot",
    "list_robots",
    "refused_robots",
    "robot_folder",
    "robot_picture",
    "robot_visuals",
    "scene_sha256",
    "scene_xml",
]
