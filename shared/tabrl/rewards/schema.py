"""The rollout's schema: what a reward can see of one control step, by name and shape."""

from __future__ import annotations

from tabrl.robots import Robot

COMMAND_CHANNELS = 13


def rollout_schema(robot: Robot) -> dict[str, tuple[int, ...]]:
    """Fields of the rollout and their shape in one step of one robot; all float32, SI units.

    World frame: z up, heading 0 at the reset. Body frame: x forward, y left. Contacts, touchdowns,
    lift-offs and `fallen` are 0 or 1.
    """
    nj, nf, nb = robot.nu, len(robot.foot_names), len(robot.body_names)
    return {
        "time": (),
        "base_position": (3,),
        "initial_position": (3,),
        "base_quaternion": (4,),
        "base_linear_velocity": (3,),
        "base_linear_velocity_filtered": (3,),
        "base_angular_velocity": (3,),
        "base_acceleration": (3,),
        "gravity": (3,),
        "joint_position": (nj,),
        "joint_velocity": (nj,),
        "joint_acceleration": (nj,),
        "joint_torque": (nj,),
        "action": (nj,),
        "previous_action": (nj,),
        "previous_previous_action": (nj,),
        "foot_position": (nf, 3),
        "foot_velocity": (nf, 3),
        "foot_force": (nf, 3),
        "foot_contact": (nf,),
        "foot_touchdown": (nf,),
        "foot_liftoff": (nf,),
        "foot_air_time": (nf,),
        "foot_contact_time": (nf,),
        "foot_last_air_time": (nf,),
        "foot_peak_height": (nf,),
        "body_position": (nb, 3),
        "body_contact": (nb,),
        "self_collision": (),
        "command": (COMMAND_CHANNELS,),
        "gait_phase": (nf,),
        "fallen": (),
    }
