"""Every task's checks take the right motion and refuse all others; its reward agrees with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bench.tasks.body import Body, body_of, quadrupeds
from bench.tasks.motion import Motion
from bench.tasks.report import markdown
from bench.tasks.suite import suite_of
from bench.tasks.task import Task

from tabrl.control.rollout import CONTROL_DT
from tabrl.robots import Robot, get_robot
from tabrl.sim.reward.function import RewardFunction, load_reward
from tabrl_reward_worker.sandbox import Sandbox
from tests.unit.bench.synthetic_motion import (
    MotionSpec,
    derived_rollout,
    of_size,
    random_motion,
    standing_motion,
    synthesize,
)

RIGHT: dict[str, MotionSpec] = {
    "walk": MotionSpec(vx=1.0, gait="trot"),
    "backwards": MotionSpec(vx=-0.6, gait="trot"),
    "sideways": MotionSpec(vy=0.4, gait="trot"),
    "run": MotionSpec(vx=1.9, gait="trot"),
    "spin": MotionSpec(yaw=2.2, gait="trot"),
    "creep": MotionSpec(vx=0.4, height=0.16, gait="trot"),
    "sway": MotionSpec(sway=(0.28, 1.0)),
    "bob": MotionSpec(height=0.25, bob=(0.045, 1.5)),
    "bow": MotionSpec(pitch=0.43),
    "paw": MotionSpec(held={"front_right": 0.13}),
    "hop": MotionSpec(gait="hop", swing_height=0.08, swing_fraction=0.5),
    "march": MotionSpec(vx=0.3, gait="trot", swing_height=0.13),
    "pace": MotionSpec(vx=0.6, gait="pace"),
    "low_spin": MotionSpec(yaw=1.6, height=0.17, gait="trot"),
    "nod": MotionSpec(nod=(0.2, 2.0)),
    "rear": MotionSpec(pitch=-1.0, height=0.37, carried=("front_right", "front_left")),
}
NEAR_MISSES: dict[str, tuple[MotionSpec, ...]] = {
    "walk": (
        MotionSpec(vx=0.8, gait="trot"),
        MotionSpec(vx=1.0, yaw=0.05, gait="trot"),
        MotionSpec(vx=-1.0),
    ),
    "backwards": (MotionSpec(vx=-0.4, gait="trot"), MotionSpec(vx=0.6, gait="trot")),
    "sideways": (MotionSpec(vx=0.4, gait="trot"), MotionSpec(vy=-0.4, gait="trot")),
    "run": (MotionSpec(vx=1.6, gait="trot"),),
    "spin": (MotionSpec(yaw=1.5, gait="trot"), MotionSpec(yaw=2.2, vx=1.2, gait="trot")),
    "creep": (
        MotionSpec(vx=0.4, gait="trot"),
        MotionSpec(height=0.16),
        MotionSpec(vx=0.2, height=0.16),
    ),
    "sway": (
        MotionSpec(sway=(0.15, 1.0)),
        MotionSpec(sway=(0.28, 1.3)),
        MotionSpec(sway=(-0.28, 1.0)),
    ),
    "bob": (MotionSpec(bob=(0.02, 1.5)), MotionSpec(bob=(0.045, 1.0))),
    "bow": (
        MotionSpec(pitch=0.3),
        MotionSpec(pitch=-0.43),
        MotionSpec(pitch=0.43, gait="trot"),
        MotionSpec(nod=(0.45, 0.3)),
    ),
    "paw": (
        MotionSpec(held={"front_left": 0.13}),
        MotionSpec(held={"front_right": 0.08}),
        MotionSpec(gait="trot", swing_height=0.15),
    ),
    "hop": (
        MotionSpec(gait="hop", swing_height=0.02, swing_fraction=0.15),
        MotionSpec(gait="hop", vx=0.8, swing_height=0.08, swing_fraction=0.5),
        MotionSpec(gait="trot", swing_fraction=0.5),
    ),
    "march": (
        MotionSpec(vx=0.3, gait="trot", swing_height=0.08),
        MotionSpec(vx=0.3, gait="hop", swing_height=0.13),
        MotionSpec(held={"front_right": 0.13}),
    ),
    "pace": (MotionSpec(vx=0.6, gait="trot"), MotionSpec(vx=0.3, gait="pace"), MotionSpec(vx=0.6)),
    "low_spin": (MotionSpec(yaw=1.6, gait="trot"), MotionSpec(height=0.17)),
    "nod": (MotionSpec(nod=(0.2, 1.0)), MotionSpec(nod=(0.08, 2.0))),
    "rear": (
        MotionSpec(pitch=-0.9, height=0.22, carried=("front_right", "front_left")),  # sits
        MotionSpec(pitch=-0.4, height=0.33),
    ),
}
GO1 = body_of(get_robot("go1"))
NAMES = tuple(RIGHT)
# The reward sources, checks and bounds that the published results are of.
PUBLISHED = {
    "walk": "4cd4cc95d2534f22",
    "backwards": "7045c201510d63ca",
    "sideways": "7daf78dead718b03",
    "run": "53205a0b462d52e7",
    "spin": "dc7f717dfc18da4f",
    "creep": "59d98ac89f898935",
    "sway": "e6785486440c7023",
    "bob": "ac26661af3183b81",
    "bow": "486efc31981d3c8c",
    "paw": "2697d565a43a9afa",
    "hop": "5a1e2cbe6e7f878b",
    "march": "9fdc82476ec337a8",
    "pace": "57d1879dee6d2ff6",
    "low_spin": "d3ec893ceb968b0f",
    "nod": "f664f3333166077a",
    "rear": "0b344514c921f5b4",
}


def made_up() -> Robot:
    """A robot of nearly twice the size."""
    return GO1.robot.model_copy(update={"characteristic_length": 0.54})


BODIES = (*(body_of(robot) for robot in quadrupeds()), body_of(made_up()))


def body_name(body: object) -> str | None:
    if not isinstance(body, Body):
        return None
    return body.robot.id if body.robot in quadrupeds() else "made-up"


def cases() -> list[tuple[Body, str]]:
    """Every robot with each of its tasks."""
    return [(body, task.name) for body in BODIES for task in suite_of(body).tasks]


every_case = pytest.mark.parametrize(("body", "name"), cases(), ids=body_name)


@cache
def unrequested(body: Body) -> dict[str, Motion]:
    """Motions that no task asks for, and none may pay for."""
    real = body.robot in quadrupeds()
    still, shaken = standing_motion(GO1), random_motion(GO1)
    return {
        "stand": standing_motion(body) if real else of_size(still, body),
        "fall": synthesize(body, MotionSpec(falls_at=1.0)),
        "random": random_motion(body) if real else of_size(shaken, body),
        "walk": synthesize(body, MotionSpec(vx=0.5, gait="trot")),
    }


@cache
def right(body: Body, name: str) -> Motion:
    """The motion that a task asks for."""
    return synthesize(body, RIGHT[name])


def task_of(body: Body, name: str) -> Task:
    return suite_of(body).find([name])[0]


@every_case
def test_the_right_motion_succeeds(body: Body, name: str) -> None:
    task = task_of(body, name)
    pairs = list(zip(task.bounds, task.values(right(body, name)), strict=True))
    missed = [f"{bound.name} {value:.3g}" for bound, value in pairs if not bound.holds(value)]
    assert missed == []
    assert task.succeeded(right(body, name))


@every_case
def test_an_unrequested_motion_does_not(body: Body, name: str) -> None:
    task = task_of(body, name)
    assert [what for what, motion in unrequested(body).items() if task.succeeded(motion)] == []


@every_case
def test_a_near_miss_does_not(body: Body, name: str) -> None:
    task = task_of(body, name)
    assert [spec for spec in NEAR_MISSES[name] if task.succeeded(synthesize(body, spec))] == []


@every_case
def test_a_fall_spoils_the_right_motion(body: Body, name: str) -> None:
    motion, fall = right(body, name), synthesize(body, MotionSpec(falls_at=0.0))
    rows = slice(0, 25)  # before anything is scored
    spoilt = Motion(
        body,
        *(
            np.concatenate([getattr(fall, part)[rows], getattr(motion, part)[25:]])
            for part in ("time", "qpos", "qvel", "feet")
        ),
    )
    assert not task_of(body, name).succeeded(spoilt)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@every_case
def test_the_reward_builds_and_prefers_the_right_motion(
    body: Body, name: str, sandbox: Sandbox
) -> None:
    task = task_of(body, name)
    built = sandbox.build(task.reward, body.robot)
    assert set(built.weights) == set(built.terms)
    function = load_reward(built.blob, {"xla_backend_optimization_level": 0})
    score = {what: mean_reward(function, built.weights, m) for what, m in unrequested(body).items()}
    asked = mean_reward(function, built.weights, right(body, name))
    # Far above them all, as seen from standing: a reward must lead, not hint.
    assert max(score.values()) < score["stand"] + 0.75 * (asked - score["stand"])
    assert score["fall"] < score["stand"] < asked
    assert score["fall"] < 0.0


def mean_reward(function: RewardFunction, weights: dict[str, float], motion: Motion) -> float:
    """Weighted reward a step, after the settling time."""
    begin = round(2.0 / CONTROL_DT)
    flat = {name: field[begin:] for name, field in derived_rollout(motion).flat().items()}
    return float((np.asarray(function(flat)) @ function.vector(weights)).mean())


def test_the_go1_s_tasks_are_those_that_were_published() -> None:
    assert {task.name: task.sha256[:16] for task in suite_of(GO1).tasks} == PUBLISHED


def test_a_robot_of_another_size_is_asked_for_as_much() -> None:
    large = body_of(made_up())
    walk, hop, sway = (task_of(large, name) for name in ("walk", "hop", "sway"))
    assert walk.sentence == "walk forward at 1.39 m/s"
    assert "velocity[0] - 1.39, 0.694" in walk.reward
    assert walk.bounds[0].target == "1.18 … 1.6 m/s"
    assert walk.bounds[1].target == "≤ 0.2 rad"
    assert hop.bounds[1].target == "≤ 0.964 m"
    assert sway.sentence == "sway from side to side to a 0.72 Hz beat, to the right first"
    assert sway.checks[0].frequency == 0.72


def test_feet_are_named_by_their_corner() -> None:
    limbs = tuple(GO1.robot.limbs[place] for place in (1, 0, 3, 2))
    other = body_of(GO1.robot.model_copy(update={"limbs": limbs}))
    assert other.feet == GO1.feet
    assert [other.place(foot) for foot in other.feet] == [1, 0, 3, 2]


def test_what_a_robot_cannot_do_is_left_out_and_said() -> None:
    lame = body_of(GO1.robot.model_copy(update={"without": ("jump", "rear")}))
    suite = suite_of(lame)
    assert [task.name for task in suite.left_out] == ["hop", "rear"]
    assert {task.name for task in suite.tasks} == {*NAMES} - {"hop", "rear"}
    with pytest.raises(ValueError, match="hop: this robot has not all of: jump"):
        suite.find(["walk", "hop"])
    text = markdown(lame.robot, suite, [])
    assert "Not asked: **hop**, this robot has not all of: jump." in text


def test_a_robot_without_four_corners_has_no_suite() -> None:
    three = GO1.robot.model_copy(update={"limbs": GO1.robot.limbs[:3]})
    with pytest.raises(ValueError, match="no four legs"):
        body_of(three)


def test_tasks_are_found_by_name() -> None:
    suite = suite_of(GO1)
    assert [task.name for task in suite.find(["spin", "walk"])] == ["walk", "spin"]
    assert suite.find([]) == suite.tasks
    assert tuple(task.name for task in suite.tasks) == NAMES
    with pytest.raises(ValueError, match="no task is called fly"):
        suite.find(["fly"])


def test_twelve_tasks_are_of_a_minute_and_one_is_a_stretch() -> None:
    tasks = suite_of(GO1).tasks
    assert len([task for task in tasks if not task.extra and not task.stretch]) == 12
    assert [(task.name, task.seconds) for task in tasks if task.stretch] == [("rear", 300.0)]
    assert all(task.seconds == 60.0 for task in tasks if not task.stretch)


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_has_every_task_and_bound(name: str) -> None:
    task = task_of(GO1, name)
    text = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
    wanted = "; ".join(f"{bound.name} {bound.target}" for bound in task.bounds)
    assert f"| {task.sentence} | {wanted} |" in line
