"""Robots as the page sees them."""

from __future__ import annotations

from pydantic import Field

from tabrl.robots import RobotPage


class RobotView(RobotPage):
    """A robot, where its scene is, and how to show it."""

    id: str = Field(examples=["go1"])
    name: str = Field(examples=["Go1"])
    maker: str = Field(examples=["Unitree"])
    description: str = Field(examples=["A quadruped of 12 kg with twelve joints."])
    examples: list[str] = Field(examples=[["trot forward slowly and sway your hips"]])
    scene_url: str = Field(examples=["/api/robots/go1/scene.xml"])
    scene_sha256: str = Field(examples=["0" * 64])
    visuals_url: str | None = Field(
        description="Meshes of the robot; null: show the scene's primitives.",
        examples=["/api/robots/go1/visuals.glb"],
    )
    trained: bool = Field(description="Whether it has a pretrained policy, so that it can learn.")
    training_command: str | None = Field(
        description="The command that makes a pretrained policy; null where there is one.",
        examples=["tabrl-train-base go1"],
    )
