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
from tabrl_reward_worker.jail import Jail
from tests.unit.bench.kinematics import (
    Act,
    derived_rollout,
    perform,
    random_motion,
    standing,
)

RIGHT: dict[str, Act] = {
    "walk": Act(vx=1.0, gait="trot"),
    "backwards": Act(vx=-0.6, gait="trot"),
    "sideways": Act(vy=0.4, gait="trot"),
    "run": Act(vx=1.9, gait="trot"),
    "spin": Act(yaw=2.2, gait="trot"),
    "creep": Act(vx=0.4, height=0.16, gait="trot"),
    "sway": Act(sway=(0.28, 1.0)),
    "bob": Act(height=0.25, bob=(0.045, 1.5)),
    "bow": Act(pitch=0.43),
    "paw": Act(held={FEET.front_right: 0.13}),
    "hop": Act(gait="hop", swing=0.08, swing_share=0.5),
    "march": Act(vx=0.3, gait="trot", swing=0.13),
    "pace": Act(vx=0.6, gait="pace"),
    "low_spin": Act(yaw=1.6, height=0.17, gait="trot"),
    "nod": Act(nod=(0.2, 2.0)),
    "rear": Act(pitch=-1.0, height=0.37, carried=(FEET.front_right, FEET.front_left)),
}
NEARLY: dict[str, tuple[Act, ...]] = {
    "walk": (Act(vx=0.8, gait="trot"), Act(vx=1.0, yaw=0.05, gait="trot"), Act(vx=-1.0)),
    "backwards": (Act(vx=-0.4, gait="trot"), Act(vx=0.6, gait="trot")),
    "sideways": (Act(vx=0.4, gait="trot"), Act(vy=-0.4, gait="trot")),
    "run": (Act(vx=1.6, gait="trot"),),
    "spin": (Act(yaw=1.5, gait="trot"), Act(yaw=2.2, vx=1.2, gait="trot")),
    "creep": (Act(vx=0.4, gait="trot"), Act(height=0.16), Act(vx=0.2, height=0.16)),
    "sway": (Act(sway=(0.15, 1.0)), Act(sway=(0.28, 1.3)), Act(sway=(-0.28, 1.0))),
    "bob": (Act(bob=(0.02, 1.5)), Act(bob=(0.045, 1.0))),
    "bow": (Act(pitch=0.3), Act(pitch=-0.43), Act(pitch=0.43, gait="trot"), Act(nod=(0.45, 0.3))),
    "paw": (
        Act(held={FEET.front_left: 0.13}),
        Act(held={FEET.front_right: 0.08}),
        Act(gait="trot", swing=0.15),
    ),
    "hop": (
        Act(gait="hop", swing=0.02, swing_share=0.15),
        Act(gait="hop", vx=0.8, swing=0.08, swing_share=0.5),
        Act(gait="trot", swing_share=0.5),
    ),
    "march": (
        Act(vx=0.3, gait="trot", swing=0.08),
        Act(vx=0.3, gait="hop", swing=0.13),
        Act(held={FEET.front_right: 0.13}),
    ),
    "pace": (Act(vx=0.6, gait="trot"), Act(vx=0.3, gait="pace"), Act(vx=0.6)),
    "low_spin": (Act(yaw=1.6, gait="trot"), Act(height=0.17)),
    "nod": (Act(nod=(0.2, 1.0)), Act(nod=(0.08, 2.0))),
    "rear": (
        Act(pitch=-0.9, height=0.22, carried=(FEET.front_right, FEET.front_left)),  # sits
        Act(pitch=-0.4, height=0.33),
    ),
}
NAMES = tuple(task.name for task in SUITE)


@cache
def unasked() -> dict[str, Motion]:
    """What no task may pay for: none of them asks for it."""
    return {
        "stand": standing(),
        "fall": perform(Act(falls_at=1.0)),
        "random": random_motion(),
        "walk": perform(Act(vx=0.5, gait="trot")),
    }


@cache
def right(name: str) -> Motion:
    """The motion that a task asks for."""
    return perform(RIGHT[name])


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
def test_what_nobody_asked_for_does_not(name: str) -> None:
    task = task_of(name)
    assert [what for what, motion in unasked().items() if task.succeeded(motion)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_near_miss_does_not(name: str) -> None:
    task = task_of(name)
    assert [act for act in NEARLY[name] if task.succeeded(perform(act))] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_fall_spoils_the_right_motion(name: str) -> None:
    motion, fall = right(name), perform(Act(falls_at=0.0))
    rows = slice(0, 25)  # before anything is scored
    spoilt = Motion(
        *(
            np.concatenate([getattr(fall, part)[rows], getattr(motion, part)[25:]])
            for part in ("time", "qpos", "qvel", "feet")
        )
    )
    assert not task_of(name).succeeded(spoilt)


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    with Jail() as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
def test_the_reward_builds_and_likes_the_right_motion_best(name: str, jail: Jail) -> None:
    task = task_of(name)
    built = jail.build(task.reward, ROBOT)
    assert set(built.weights) == set(built.terms)
    function = load_reward(built.blob, {"xla_backend_optimization_level": 0})
    score = {what: mean_reward(function, built.weights, m) for what, m in unasked().items()}
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
