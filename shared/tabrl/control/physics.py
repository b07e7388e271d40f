"""The model that simulators step."""

from __future__ import annotations

import mujoco

from tabrl.contracts.ground import GroundShape
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot, scene_xml

SUBSTEPS = 2  # of 10 ms a control step


def physics_model(
    robot: Robot, substeps: int = SUBSTEPS, *, coarse: bool = False
) -> mujoco.MjModel:
    """The robot's scene as simulators step it; see `scene_model`."""
    scene = scene_xml(robot.id, robot.ground)
    return scene_model(scene, robot, substeps, coarse=coarse)


def scene_model(
    scene: bytes, robot: Robot, substeps: int = SUBSTEPS, *, coarse: bool = False
) -> mujoco.MjModel:
    """A scene, but for what makes no difference to its motion and costs time.

    Visual geoms weigh and touch nothing; sensors are not read; with some ten pairs that may touch
    there is nothing to sort out before, and one robot is a single island of constraints.

    Args:
        scene: an MJCF.
        robot: whose scene it is.
        substeps: physics steps a control step, other than everybody's.
        coarse: one physics step a control step, by the integrator made for such long ones: motions
            that differ a little for some 60 % of the time, good enough to rank schedules by.

    Raises:
        Invalid: (code `bad_robot`) if MuJoCo cannot compile it.
    """
    try:
        spec = mujoco.MjSpec.from_string(scene.decode())
        spec.compiler.discardvisual = True
        spec.option.timestep *= SUBSTEPS / substeps
        off = mujoco.mjtDisableBit
        spec.option.disableflags |= off.mjDSBL_SENSOR | off.mjDSBL_ISLAND
        if robot.ground.shape is not GroundShape.STEPS:  # of many boxes few can be touched
            spec.option.disableflags |= off.mjDSBL_MIDPHASE
        if coarse:
            spec.option.timestep = CONTROL_DT
            spec.option.integrator = mujoco.mjtIntegrator.mjINT_DISCRETE
        model: mujoco.MjModel = spec.compile()
    except ValueError as error:
        raise Invalid(
            f"the scene of {robot.id} does not compile: {str(error).splitlines()[0]}",
            code="bad_robot",
            hint=f"mend {robot.scene} in the robot's folder",
        ) from error
    return model
