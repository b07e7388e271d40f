"""On which side an arm's elbow is, and how it gets to the other one."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.embodiments.arm import elbow
from tabrl.embodiments.arm.names import has_elbow
from tabrl.robots import Robot
from tests.support.robots import ARMS, arm

ELBOWED = [robot for robot in ARMS if has_elbow(robot)]


@pytest.mark.parametrize("robot", ELBOWED, ids=lambda robot: robot.id)
def test_bent_through_the_tool_is_where_it_was(robot: Robot) -> None:
    body = arm(robot)
    rng = np.random.default_rng(0)
    qpos = body.home_qpos + rng.uniform(-0.3, 0.3, (50, body.nq)).astype(np.float32)
    frames = body.chain.frames(qpos)
    turned = qpos + elbow.to_other_side(body.chain, frames)
    other = body.chain.frames(turned)
    for before, after in zip(body.chain.point(frames), body.chain.point(other), strict=True):
        np.testing.assert_allclose(after, before, atol=2e-5)
    above = elbow.height(*elbow.joints_of(frames))
    below = elbow.height(*elbow.joints_of(other))
    assert (above > 0.0).all()
    assert (below < 0.0).all()
    back = turned + elbow.to_other_side(body.chain, other)
    np.testing.assert_allclose(np.sin(back), np.sin(qpos), atol=2e-5)


@pytest.mark.parametrize("robot", ELBOWED, ids=lambda robot: robot.id)
def test_an_arm_that_is_almost_straight_is_led_on(robot: Robot) -> None:
    body = arm(robot)
    column = body.chain.columns[elbow.ELBOW]
    for bent in (0.0, 0.05, 0.4, 1.5):
        qpos = body.home_qpos.copy()[None]
        qpos[:, column] = bent
        turns = elbow.to_other_side(body.chain, body.chain.frames(qpos))
        assert qpos[0, column] + turns[0, column] == pytest.approx(
            -max(bent, elbow.BENT_RAD), abs=1e-3
        )
