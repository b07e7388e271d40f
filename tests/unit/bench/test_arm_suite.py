"""Every task of an arm takes the right motion and refuses others; its checks agree with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from bench.tasks.arm.body import ArmBody, Tips
from bench.tasks.arm.motion import ArmMotion
from bench.tasks.bodies import named, robots
from bench.tasks.suite import suite_of
from bench.tasks.task import ROLLOUT_S, Task

from tabrl.contracts.checks import fault_of
from tabrl.contracts.path import Path
from tabrl.control.checks import evaluate_checks
from tabrl.control.measures import led
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.embodiments.lookup import catalogue_of, state_methods_of
from tabrl.rewards.source import check_source
from tests.support.robots import arm

Floats = np.ndarray
TIME = np.arange(1, round(ROLLOUT_S / CONTROL_DT) + 1) * CONTROL_DT
NAMES = (
    "wave", "nod", "shake", "point_up", "reach", "circle", "eight", "up_and_down", "stir", "dance",
    "write",
)  # fmt: skip


@pytest.fixture(scope="module")
def body() -> ArmBody:
    found = named("ur5e")
    assert isinstance(found, ArmBody)
    return found


@pytest.fixture(scope="module")
def tasks(body: ArmBody) -> dict[str, Task]:
    return {task.name: task for task in suite_of(body).tasks}


def sine(size: float, hz: float) -> Floats:
    return size * np.sin(2.0 * np.pi * hz * TIME)


def tips(
    body: ArmBody, x: object = 0.0, y: object = 0.0, z: object = 0.0, elevation: object = 0.0,
    azimuth: object = 0.0,
) -> Tips:  # fmt: skip
    """By metres from home and angles of the tool, each a number or one a row."""
    offset = np.stack(np.broadcast_arrays(x, y, z, TIME)[:3], axis=-1)
    up, aside = np.broadcast_arrays(elevation, azimuth, TIME)[:2]
    axis = [np.sin(up) * np.cos(aside), np.sin(up) * np.sin(aside), -np.cos(up)]
    return Tips(body.home + offset, np.stack(axis, axis=-1), np.zeros(len(TIME), bool))


def round_(size: float, hz: float, wide: float = 1.0) -> dict[str, Floats]:
    angle = 2.0 * np.pi * hz * TIME
    return {"x": size * np.cos(angle), "y": -wide * size * np.sin(angle)}


def eight(size: float, hz: float) -> dict[str, Floats]:
    angle = 2.0 * np.pi * hz * TIME
    return {"x": 0.5 * size * np.sin(2.0 * angle), "y": -size * np.sin(angle)}


Made = Callable[[ArmBody], Tips]
RIGHT: dict[str, Made] = {
    "wave": lambda b: tips(b, y=sine(0.12, 0.8), z=0.3, elevation=2.6),
    "nod": lambda b: tips(b, elevation=0.8 + sine(0.11, 2.0)),
    "shake": lambda b: tips(b, z=0.1, elevation=1.3, azimuth=sine(0.28, 1.0)),
    "point_up": lambda b: tips(b, z=0.3, elevation=3.1),
    "reach": lambda b: tips(b, y=0.293),
    "circle": lambda b: tips(b, **round_(0.1, 0.2546)),
    "eight": lambda b: tips(b, **eight(0.1, 0.26)),
    "up_and_down": lambda b: tips(b, z=sine(0.09, 0.33)),
    "stir": lambda b: tips(b, z=-0.1, **round_(0.05, 0.8)),
    "dance": lambda b: tips(b, y=sine(0.12, 0.6), z=0.1 + sine(0.05, 1.2)),
}
NEAR_MISSES: dict[str, tuple[Made, ...]] = {
    "wave": (
        lambda b: tips(b, y=sine(0.05, 0.8), z=0.3, elevation=2.6),
        lambda b: tips(b, y=sine(0.12, 1.1), z=0.3, elevation=2.6),
        lambda b: tips(b, y=sine(0.12, 0.8), elevation=2.6),
        lambda b: tips(b, y=sine(0.12, 0.8), z=0.3),
    ),
    "nod": (
        lambda b: tips(b, elevation=0.8 + sine(0.11, 1.0)),
        lambda b: tips(b, elevation=0.8 + sine(0.05, 2.0)),
        lambda b: tips(b, y=0.1, elevation=0.8 + sine(0.11, 2.0)),
    ),
    "shake": (
        lambda b: tips(b, z=0.1, elevation=1.3, azimuth=sine(0.1, 1.0)),
        lambda b: tips(b, z=0.1, elevation=0.4, azimuth=sine(0.28, 1.0)),
    ),
    "point_up": (lambda b: tips(b, z=0.3, elevation=2.6), lambda b: tips(b, elevation=3.1)),
    "reach": (lambda b: tips(b, y=0.2), lambda b: tips(b, y=0.293 + sine(0.02, 0.5))),
    "circle": (
        lambda b: tips(b, **round_(0.07, 0.2546)),
        lambda b: tips(b, **round_(0.1, 0.5)),
        lambda b: tips(b, **round_(0.1, 0.2546, wide=0.6)),
        lambda b: tips(b, x=sine(0.1, 0.2546)),
    ),
    "eight": (
        lambda b: tips(b, **round_(0.1, 0.26)),
        lambda b: tips(b, **eight(0.07, 0.26)),
        lambda b: tips(b),
    ),
    "up_and_down": (
        lambda b: tips(b, z=sine(0.05, 0.33)),
        lambda b: tips(b, z=sine(0.09, 0.33), y=sine(0.1, 0.33)),
    ),
    "stir": (
        lambda b: tips(b, z=-0.1, **round_(0.05, 0.4)),
        lambda b: tips(b, z=-0.1, y=sine(0.05, 0.8)),
    ),
    "dance": (
        lambda b: tips(b, y=sine(0.12, 0.6)),
        lambda b: tips(b, y=sine(0.12, 0.9), z=0.1 + sine(0.05, 1.8)),
    ),
}


def motion(body: ArmBody, made: Tips) -> ArmMotion:
    return ArmMotion(body, TIME, np.zeros((len(TIME), 6)), made)


def writing(task: Task, body: ArmBody, off: float = 0.0) -> Tips:
    """The path that the sentence was read as, or beside it."""
    assert task.motion is not None
    path = task.motion.phases[0].targets[0].shape
    assert isinstance(path, Path)
    return tips(body)._replace(place=led(path, TIME) + np.array([off, 0.0, 0.0]))


def recorded(body: ArmBody, made: Tips) -> Rollout:
    """The fields of a rollout that follow from a tip and its tool."""
    embodiment = arm(body.robot)
    fields = {
        name: np.zeros((len(TIME), 1, *shape), np.float32)
        for name, shape in embodiment.schema.items()
    }
    velocity = np.gradient(made.place, CONTROL_DT, axis=0)
    for name, values in (
        ("time", TIME), ("tool_position", made.place), ("tool_axis", made.axis),
        ("tool_velocity", velocity),
    ):  # fmt: skip
        fields[name] = values[:, None].astype(np.float32)
    return Rollout(fields)


def test_the_suite_knows_arms_beside_legged_robots(body: ArmBody, tasks: dict[str, Task]) -> None:
    assert body.robot in robots()
    assert tuple(tasks) == NAMES
    assert len({task.sentence for task in tasks.values()}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_rewards_and_checks_are_valid(name: str, tasks: dict[str, Task], body: ArmBody) -> None:
    task = tasks[name]
    assert check_source(task.reward, state_methods_of(body.robot), "arm").weights
    for check in task.checks:
        assert fault_of(check, catalogue_of(body.robot), 10.0) is None
    assert (task.motion is None) == (name == "dance")
    assert task.sha256 != tasks["write" if name != "write" else "wave"].sha256


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_motion_succeeds_and_passes_the_checks(
    name: str, tasks: dict[str, Task], body: ArmBody
) -> None:
    task, made = tasks[name], RIGHT[name](body)
    values = dict(zip([b.name for b in task.bounds], task.values(motion(body, made)), strict=True))
    assert task.succeeded(motion(body, made)), values
    found = evaluate_checks(list(task.checks), recorded(body, made).fields, arm(body.robot))
    for check, value in zip(task.checks, found, strict=True):
        assert check.passed(value), check.id


@pytest.mark.parametrize("name", RIGHT)
def test_other_motions_miss(name: str, tasks: dict[str, Task], body: ArmBody) -> None:
    for made in (*NEAR_MISSES[name], *(m for other, m in RIGHT.items() if other != name)):
        assert not tasks[name].succeeded(motion(body, made(body)))


def test_a_word_is_judged_by_its_letters(tasks: dict[str, Task], body: ArmBody) -> None:
    task = tasks["write"]
    made = writing(task, body)
    off, left_out = task.values(motion(body, made))
    assert off < 0.003
    assert left_out < 0.003
    assert task.succeeded(motion(body, made))
    for other in (writing(task, body, off=0.02), RIGHT["circle"](body)):
        assert not task.succeeded(motion(body, other))
    begun = made._replace(place=np.where(TIME[:, None] < 6.0, made.place, made.place[0]))
    assert task.values(motion(body, begun))[1] > 0.008  # half of the word is missing


def test_who_touches_the_table_has_failed(tasks: dict[str, Task], body: ArmBody) -> None:
    made = RIGHT["reach"](body)
    touched = made._replace(touches=TIME > 11.0)
    assert motion(body, touched).fell
    assert not tasks["reach"].succeeded(motion(body, touched))


def test_tips_and_contacts_are_mujocos(body: ArmBody) -> None:
    embodiment = arm(body.robot)
    rng = np.random.default_rng(0)
    qpos = embodiment.home_qpos + rng.normal(0.0, 0.8, (60, body.robot.nu)).astype(np.float32)
    found = body.tips(qpos)
    place, axes = embodiment.chain.point(embodiment.chain.frames(qpos))
    np.testing.assert_allclose(found.place, place, atol=1e-5)
    np.testing.assert_allclose(found.axis, axes[:, :, 2], atol=1e-5)
    failed = embodiment.failed(qpos)
    assert 0.05 < failed.mean() < 0.95
    assert (found.touches == failed).mean() > 0.95  # what is a millimetre apart is near enough
