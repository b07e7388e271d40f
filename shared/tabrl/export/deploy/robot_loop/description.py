"""The robot as the loop knows it: `policy/robot.json` and `hardware.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .messages import Array


@dataclass(frozen=True)
class Motors:
    """Torque-speed lines `[nu]`: full torque (N·m) up to a corner, none at the no-load speed."""

    torque: Array
    corner_speed: Array
    no_load_speed: Array

    def most(self, velocity: Array) -> Array:
        """The largest torque at joint velocities in rad/s; the smallest is `-most(-velocity)`."""
        slope = self.torque / (self.no_load_speed - self.corner_speed)
        torque: Array = np.clip((self.no_load_speed - velocity) * slope, 0.0, self.torque)
        return torque


@dataclass(frozen=True)
class RobotDescription:
    """Joint constants `[nu]` in rad, N·m/rad and N·m·s/rad; see `robot.json`.

    Joint i is the motor number `motor_index[i]` of the robot's SDK.
    `rest` is where the joints are when the robot lies, if that is known. A robot that is not
    `floating` is screwed down.
    """

    name: str
    joint_names: tuple[str, ...]
    control_s: float
    home: Array
    rest: Array | None
    lower: Array
    upper: Array
    stiffness: Array
    damping: Array
    motors: Motors
    motor_index: tuple[int, ...]
    floating: bool

    @property
    def count(self) -> int:
        """Number of joints, nu."""
        return len(self.joint_names)

    @classmethod
    def load(cls, bundle: Path) -> RobotDescription:
        """The robot of a bundle."""
        robot = json.loads((bundle / "policy" / "robot.json").read_text("utf-8"))
        hardware = json.loads((bundle / "hardware.json").read_text("utf-8"))
        limits = np.array(robot["joint_range"], float)
        names = tuple(robot["joint_names"])
        motors = hardware["motors"] or list(names)
        return cls(
            name=hardware["name"],
            joint_names=names,
            control_s=1.0 / robot["control_hz"],
            home=np.array(robot["home"], float),
            rest=None if hardware["rest"] is None else np.array(hardware["rest"], float),
            lower=limits[:, 0],
            upper=limits[:, 1],
            stiffness=np.array(robot["stiffness"], float),
            damping=np.array(robot["damping"], float),
            motors=Motors(
                **{name: np.array(values, float) for name, values in robot["motors"].items()}
            ),
            motor_index=tuple(motors.index(name) for name in names),
            floating=hardware["floating"],
        )
