"""Robots as the page sees them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from tabrl.contracts.ground import NamedGround
from tabrl.contracts.page import RobotPage


class Driven(BaseModel):
    """A policy that is there without any training, and where to drive it."""

    model_id: str = Field(examples=["example-walker"])
    inference_url: str = Field(examples=["ws://127.0.0.1:8401/api/models/example-walker/inference"])
    prompt: str = Field(description="What it was taught; empty for nothing.")


class RobotView(RobotPage):
    """A robot, where its scene is, and how to show it."""

    id: str = Field(examples=["walker"])
    name: str = Field(examples=["Walker"])
    maker: str = Field(examples=["Example Robotics"])
    description: str = Field(examples=["A robot of 12 kg with twelve joints."])
    examples: list[str] = Field(examples=[["trot forward slowly and sway your hips"]])
    scene_url: str = Field(examples=["/api/robots/walker/scene.xml"])
    scene_sha256: str = Field(examples=["0" * 64])
    grounds: list[NamedGround] = Field(
        description="The grounds that it can be put on; none for a robot that is fixed."
    )
    constants_url: str = Field(
        description="What a controller outside of the inference server must know of the robot.",
        examples=["/api/robots/walker/constants"],
    )
    visuals_url: str | None = Field(
        description="Meshes of the robot; null: show the scene's primitives.",
        examples=["/api/robots/walker/visuals.glb"],
    )
    picture_url: str | None = Field(
        description="A picture of the robot on a transparent ground; null where there is none.",
        examples=["/api/robots/walker/picture.png"],
    )
    pretrained: Driven | None = Field(
        description="Its pretrained policy, without any command; null where there is none."
    )
    example: Driven | None = Field(
        description="The first example as it looks once it is taught: the pretrained policy under "
        "a schedule written for it; null where there is none."
    )
    trained: bool = Field(description="Whether it has a pretrained policy, so that it can learn.")
    training_command: str | None = Field(
        description="The command that makes a pretrained policy; null where there is one.",
        examples=["tabrl-train-base walker"],
    )
