"""Robots are data: one folder each with `robot.toml` and the MJCF that every service compiles."""

from tabrl.robots.registry import (
    Joint,
    Robot,
    get_robot,
    list_robots,
    robot_folder,
    scene_sha256,
    scene_xml,
)

__all__ = [
    "Joint",
    "Robot",
    "get_robot",
    "list_robots",
    "robot_folder",
    "scene_sha256",
    "scene_xml",
]
