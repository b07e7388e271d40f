"""A robot on every ground as Python's MuJoCo moves it, for the page's to be held to."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from tabrl.control.physics import SUBSTEPS
from tabrl.embodiments.lookup import grounds_of
from tabrl.robots import Robot, scene_xml
from tests.support.robots import legged

STEPS = 60  # of control: it stands, shifts and treads, and no more than its feet touch
PLACES = 200


def recorded(robot: Robot) -> list[dict[str, Any]]:
    """Scene, targets, the state they lead to and some heights, of each of a robot's grounds."""
    return [_on(robot.on(one.ground), one.name) for one in grounds_of(robot)]


def _on(robot: Robot, name: str) -> dict[str, Any]:
    scene = scene_xml(robot.id, robot.ground)
    model = mujoco.MjModel.from_xml_string(scene.decode())
    data, home = mujoco.MjData(model), model.keyframe("home")
    mujoco.mj_resetDataKeyframe(model, data, home.id)
    wave = np.sin(0.35 * np.arange(STEPS)[:, None] + np.arange(model.nu))
    ctrl = (home.ctrl + 0.08 * wave).astype(np.float32)
    for targets in ctrl:
        data.ctrl[:] = targets
        mujoco.mj_step(model, data, SUBSTEPS)
    reach = 14.0 * robot.characteristic_length
    places = np.random.default_rng(0).uniform(-reach, reach, (PLACES, 3)).astype(np.float32)
    heights = np.column_stack([places[:, :2], legged(robot).surface.height(places)])
    return {
        "name": name,
        "scene": scene.decode(),
        "ctrl": ctrl.tolist(),
        "qpos": data.qpos.tolist(),
        "heights": heights.tolist(),
    }
