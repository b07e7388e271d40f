"""What a replay says that a robot touches, against MuJoCo's own contacts."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.replay import States, rollout_of_states
from tabrl.control.rollout import CONTACT_MARGIN, Rollout
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tests.support.robots import ARMS, ROBOTS

ON_FEET = tuple(robot for robot in ROBOTS if robot.embodiment in ("legged", "planar"))
STEPS = 100


def flung(robot: Robot) -> Rollout:
    """Two seconds of a robot that is let go a little above the floor, its targets thrown about."""
    model, embodiment = physics_model(robot), embodiment_of(robot)
    data, rng, rows = mujoco.MjData(model), np.random.default_rng(5), []
    mujoco.mj_resetDataKeyframe(model, data, 0)
    home = data.ctrl.copy()
    for step in range(STEPS):
        if step % 15 == 5:
            data.ctrl[:] = home + rng.normal(scale=0.5, size=model.nu)
        rows.append((data.time, data.qpos.copy(), data.qvel.copy(), data.ctrl.copy()))
        mujoco.mj_step(model, data, SUBSTEPS)
    states = States(*(np.array(column) for column in zip(*rows, strict=True)))
    return rollout_of_states(model, embodiment, states)


@pytest.mark.parametrize("robot", ON_FEET, ids=lambda robot: robot.id)
def test_feet_touch_when_mujoco_says_so(robot: Robot) -> None:
    embodiment, rollout = embodiment_of(robot), flung(robot)
    touches, qpos = embodiment.measured(rollout.fields).touches, embodiment.qpos_of(rollout)
    feet = [*touches.values()][: len(robot.limbs)]
    model = physics_model(robot)
    model.geom_margin[:] = 0.02  # so that gaps are measured, too
    data, agreed = mujoco.MjData(model), []
    for step in range(len(qpos)):
        data.qpos[:] = qpos[step, 0]
        mujoco.mj_forward(model, data)
        for touch, end in zip(feet, robot.end_effectors, strict=True):
            gap = gap_of(model, data, sole(model, data, end))
            if abs(gap - CONTACT_MARGIN) > 5e-4:
                agreed.append((touch[step, 0] > 0.5, gap < CONTACT_MARGIN))
    ours, theirs = np.array(agreed).T
    assert 0.05 < theirs.mean() < 0.95
    assert (ours == theirs).mean() > 0.95


def sole(model: mujoco.MjModel, data: mujoco.MjData, end: str) -> int:
    """The shape of an end effector's body that is nearest to it."""
    site = model.site(end)
    shapes = np.flatnonzero(model.geom_bodyid == site.bodyid[0])
    away = np.linalg.norm(data.geom_xpos[shapes] - data.site_xpos[site.id], axis=-1)
    return int(shapes[np.argmin(away)])


def gap_of(model: mujoco.MjModel, data: mujoco.MjData, shape: int) -> float:
    """How far a shape is from what stands still, m; infinite beyond the margin."""
    pairs = data.contact.geom
    fixed = model.body_weldid[model.geom_bodyid[pairs]] == 0
    ours = ((pairs == shape) & fixed[:, ::-1]).any(-1)
    return float(data.contact.dist[ours].min()) if ours.any() else np.inf


@pytest.mark.parametrize("robot", ON_FEET, ids=lambda robot: robot.id)
def test_every_limb_has_a_name_of_its_own(robot: Robot) -> None:
    touches = embodiment_of(robot).measured(flung(robot).fields).touches
    assert len(touches) > len(robot.limbs)
    assert all(touch.shape == (STEPS - 1, 1) for touch in touches.values())


@pytest.mark.parametrize("robot", ARMS, ids=lambda robot: robot.id)
def test_an_arm_touches_the_table_or_itself(robot: Robot) -> None:
    touches = embodiment_of(robot).measured(flung(robot).fields).touches
    assert [*touches] == ["table", "itself"]
