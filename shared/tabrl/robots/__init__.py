"""Robots are data: one folder each with `robot.toml` and the MJCF that every service compiles."""

from tabrl.robots.page import RobotPage, page_of
from tabrl.robots.registry import (
    Camera,
    Joint,
    Robot,
    get_robot,
    list_robots,
    robot_folder,
    scene_sha256,
    scene_xml,
)

__all__ = [
    "Camera",
    "Joint",
    "Robot",
    "RobotPage",
    "get_robot",
    "list_robots",
    "page_of",
    "robot_folder",
    "scene_sha256",
    "scene_xml",
]
