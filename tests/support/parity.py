"""How close the two simulators must be."""

from __future__ import annotations

from tabrl.control.physics import physics_model
from tabrl.robots import Robot

HEAVY_KG = 20.0

# How far the simulators are apart after one control step, in each field's unit; not every robot has
# all of these fields.
BOUNDS = {
    "time": 0.0,
    "base_position": 1e-7,
    "base_quaternion": 5e-7,
    "heading": 2e-6,
    "base_linear_velocity": 1e-6,
    "base_angular_velocity": 1e-5,
    "joint_position": 1e-6,
    "joint_velocity": 3e-5,
    "joint_torque": 1e-4,
    "action": 1e-6,
    "foot_position": 5e-7,
    "foot_velocity": 6e-6,
    "foot_force": 1e-3,
    "foot_contact": 0.0,
    "body_position": 5e-7,
    "body_contact": 0.0,
    "self_collision": 0.0,
    "command": 5e-7,
    "gait_phase": 1e-7,
    "fallen": 0.0,
}


def bound_of(name: str, robot: Robot) -> float:
    """That of `BOUNDS`; a stiff motor makes more of the last digit of an angle."""
    if name != "joint_torque":
        return BOUNDS[name]
    stiffness = float(physics_model(robot).actuator_gainprm[:, 0].max())
    return max(BOUNDS[name], 2e-7 * stiffness)


def alike(robot: Robot) -> tuple[float, float, float]:
    """Which share of the robots is how near to `BOUNDS` after a step, and how near all are.

    Of heavy ones on the floor the solver stops sooner for want of digits: measured, one in six is
    some millimetres a second off.
    """
    heavy = float(physics_model(robot).body_mass.sum()) > HEAVY_KG
    return (0.8, 4.0, 3e4) if heavy else (0.98, 1.0, 200.0)
