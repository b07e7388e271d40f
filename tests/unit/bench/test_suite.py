"""Every task's checks take the right motion and refuse all others; its reward agrees with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bench.robot import FEET, ROBOT
from bench.tasks.motion import Motion
from bench.tasks.suite import SUITE, find
from bench.tasks.task import Task

from tabrl.control.rollout import CONTROL_DT
from tabrl.sim.reward.function import RewardFunction, load_reward
from tabrl_reward_worker.sandbox import Sandbox
from tests.unit.bench.synthetic_motion import (
    MotionSpec,
    derived_rollout,
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
    "paw": MotionSpec(held={FEET.front_right: 0.13}),
    "hop": MotionSpec(gait="hop", swing_height=0.08, swing_fraction=0.5),
    "march": MotionSpec(vx=0.3, gait="trot", swing_height=0.13),
    "pace": MotionSpec(vx=0.6, gait="pace"),
    "low_spin": MotionSpec(yaw=1.6, height=0.17, gait="trot"),
    "nod": MotionSpec(nod=(0.2, 2.0)),
    "rear": MotionSpec(pitch=-1.0, height=0.37, carried=(FEET.front_right, FEET.front_left)),
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
        MotionSpec(held={FEET.front_left: 0.13}),
        MotionSpec(held={FEET.front_right: 0.08}),
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
        MotionSpec(held={FEET.front_right: 0.13}),
    ),
    "pace": (MotionSpec(vx=0.6, gait="trot"), MotionSpec(vx=0.3, gait="pace"), MotionSpec(vx=0.6)),
    "low_spin": (MotionSpec(yaw=1.6, gait="trot"), MotionSpec(height=0.17)),
    "nod": (MotionSpec(nod=(0.2, 1.0)), MotionSpec(nod=(0.08, 2.0))),
    "rear": (
        MotionSpec(pitch=-0.9, height=0.22, carried=(FEET.front_right, FEET.front_left)),  # sits
        MotionSpec(pitch=-0.4, height=0.33),
    ),
}
NAMES = tuple(task.name for task in SUITE)


@cache
def unrequested() -> dict[str, Motion]:
    """Motions that no task asks for, and none may pay for."""
    return {
        "stand": standing_motion(),
        "fall": synthesize(MotionSpec(falls_at=1.0)),
        "random": random_motion(),
        "walk": synthesize(MotionSpec(vx=0.5, gait="trot")),
    }


@cache
def right(name: str) -> Motion:
    """The motion that a task asks for."""
    return synthesize(RIGHT[name])


def task_of(name: str) -> Task:
    return find([name])[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_right_motion_succeeds(name: str) -> None:
    task = task_of(name)
    pairs = list(zip(task.bounds, task.values(right(name)), strict=True))
    missed = [f"{bound.name} {value:.3g}" for bound, value in pairs if not bound.holds(value)]
    assert missed == []
    assert task.succeeded(right(name))


@pytest.mark.parametrize("name", NAMES)
def test_an_unrequested_motion_does_not(name: str) -> None:
    task = task_of(name)
    assert [what for what, motion in unrequested().items() if task.succeeded(motion)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_near_miss_does_not(name: str) -> None:
    task = task_of(name)
    assert [spec for spec in NEAR_MISSES[name] if task.succeeded(synthesize(spec))] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_fall_spoils_the_right_motion(name: str) -> None:
    motion, fall = right(name), synthesize(MotionSpec(falls_at=0.0))
    rows = slice(0, 25)  # before anything is scored
    spoilt = Motion(
        *(
            np.concatenate([getattr(fall, part)[rows], getattr(motion, part)[25:]])
            for part in ("time", "qpos", "qvel", "feet")
        )
    )
    assert not task_of(name).succeeded(spoilt)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
def test_the_reward_builds_and_prefers_the_right_motion(name: str, sandbox: Sandbox) -> None:
    task = task_of(name)
    built = sandbox.build(task.reward, ROBOT)
    assert set(built.weights) == set(built.terms)
    function = load_reward(built.blob, {"xla_backend_optimization_level": 0})
    score = {what: mean_reward(function, built.weights, m) for what, m in unrequested().items()}
    asked = mean_reward(function, built.weights, right(name))
    # Far above them all, as seen from standing: a reward must lead, not hint.
    assert max(score.values()) < score["stand"] + 0.75 * (asked - score["stand"])
    assert score["fall"] < score["stand"] < asked
    assert score["fall"] < 0.0


def mean_reward(function: RewardFunction, weights: dict[str, float], motion: Motion) -> float:
    """Weighted reward a step, after the settling time."""
    begin = round(2.0 / CONTROL_DT)
    flat = {name: field[begin:] for name, field in derived_rollout(motion).flat().items()}
    return float((np.asarray(function(flat)) @ function.vector(weights)).mean())


def test_tasks_are_found_by_name() -> None:
    assert [task.name for task in find(["spin", "walk"])] == ["walk", "spin"]
    assert find([]) == SUITE
    assert len(set(NAMES)) == len(SUITE)
    with pytest.raises(ValueError, match="no task is called fly"):
        find(["fly"])


def test_twelve_tasks_are_of_a_minute_and_one_is_a_stretch() -> None:
    assert len([task for task in SUITE if not task.extra and not task.stretch]) == 12
    assert [(task.name, task.seconds) for task in SUITE if task.stretch] == [("rear", 300.0)]
    assert all(task.seconds == 60.0 for task in SUITE if not task.stretch)


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_has_every_task_and_bound(name: str) -> None:
    task = task_of(name)
    text = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
    wanted = "; ".join(f"{bound.name} {bound.target}" for bound in task.bounds)
    assert f"| {task.sentence} | {wanted} |" in line
