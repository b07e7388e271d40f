"""What robot.json says: how the robot is built, and what its policy is told and sees."""

from __future__ import annotations

from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.live import live_control_of
from tabrl.embodiments.lookup import CONTROL_HZ


def robot_constants(embodiment: Embodiment) -> dict[str, object]:
    """A robot's constants as plain data; lengths in m, angles in rad, torques in N·m."""
    robot, commands = embodiment.robot, embodiment.commands
    live = live_control_of(robot)
    return {
        "robot": robot.id,
        "embodiment": robot.embodiment,
        "control_hz": CONTROL_HZ,
        "joint_names": robot.joint_names,
        "home": robot.home,
        "action_scale": robot.action_scale,
        "joint_range": robot.joint_range,
        "integrated": embodiment.joints.integrated,
        "stiffness": embodiment.joints.stiffness.tolist(),
        "damping": embodiment.joints.damping.tolist(),
        "motors": {
            name: getattr(embodiment.joints.motors, name).tolist()
            for name in ("torque", "corner_speed", "no_load_speed")
        },
        "end_effectors": robot.end_effectors,
        "limbs": [limb.model_dump(include={"name", "joints", "place"}) for limb in robot.limbs],
        "channels": commands.names,
        "settings": {one.name: one.choices or one.range for one in commands.settings},
        "harmonics": bool(commands.harmonics),
        "live": {
            "channels": [
                {"name": one.name, "unit": one.unit, **live.spans[one.name]._asdict()}
                for one in commands.channels
            ],
            "carried": live.carried,
            "rhythm_hz": MODULATION_RANGE,
        },
        "observation": embodiment.observation.names,
        **embodiment.exported,
    }
