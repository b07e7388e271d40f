"""What is computed ahead is what is asked when its time has come."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from bench.speed.compilations import Compilations

from tabrl.control.arrays import Floats
from tabrl.control.physics import physics_model
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.cpu.layout import Layout, RolloutBuffer
from tabrl.sim.cpu.look_ahead import AHEAD, FEW, LookAheadCache
from tabrl.sim.cpu.shard import CpuRobots
from tabrl.sim.episodes import EpisodeConfig
from tests.support.engine import random_sequences

SIZE = 40
ROUNDING_S = 5e-6


@cache
def layout(robot: Robot) -> Layout:
    return Layout(embodiment_of(robot))


def rows(robot: Robot, seed: int = 0) -> Floats:
    """Robots' rows that follow schedules of several stages, each at another time."""
    rng, where = np.random.default_rng(seed), layout(robot)
    rows = np.zeros((SIZE, where.width), np.float32)
    rows[:, where.schedules] = Layout.columns(random_sequences(SIZE, seed, robot))
    rows[:, where.time] = np.round(rng.uniform(0.0, 6.0, SIZE) / CONTROL_DT) * CONTROL_DT
    return rows


def asked(robot: Robot, rows: Floats) -> Floats:
    """What is asked of robots now, computed now."""
    where = layout(robot)
    told: Floats = where.embodiment.command_features(rows[:, where.time], where.followed(rows))
    return told


def is_asked(robot: Robot, told: Floats, live: Floats) -> bool:
    """Whether it is asked now, or a rounding of the clock earlier or later, where it jumps."""
    near = np.full(SIZE, False)
    for shift in (0.0, -ROUNDING_S, ROUNDING_S):
        shifted = live.copy()
        shifted[:, layout(robot).time] += shift
        near |= np.isclose(told, asked(robot, shifted), rtol=0.0, atol=2e-4).all(axis=1)
    return bool(near.all())


def step(robot: Robot, look_ahead: LookAheadCache, rows: Floats) -> None:
    rows[:, layout(robot).time] += CONTROL_DT
    look_ahead.go_on()


def test_every_step_is_asked_what_its_time_says(robot: Robot) -> None:
    live = rows(robot)
    look_ahead = LookAheadCache(layout(robot), live)
    for _ in range(2 * AHEAD + 3):
        assert is_asked(robot, look_ahead.now(), live)
        step(robot, look_ahead, live)


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, SIZE])
@pytest.mark.parametrize("at", [0, 3, AHEAD - 1, AHEAD])
def test_changed_programs_and_clocks_count_from_their_change(
    robot: Robot, at: int, count: int
) -> None:
    live, others = rows(robot), rows(robot, 1)
    look_ahead = LookAheadCache(layout(robot), live)
    for _ in range(at):
        look_ahead.now()
        step(robot, look_ahead, live)
    ids = np.random.default_rng(2).permutation(SIZE)[:count]
    live[ids] = others[ids]
    look_ahead.change(ids)
    for _ in range(AHEAD + 2):
        assert is_asked(robot, look_ahead.now(), live)
        step(robot, look_ahead, live)


def test_what_was_prepared_compiles_nothing_more(robot: Robot) -> None:
    live = np.repeat(rows(robot), 2, axis=0)[: SIZE + 3]
    look_ahead = LookAheadCache(layout(robot), live)
    look_ahead.prepare()
    heard = Compilations()
    with heard.listening():
        for ids in (np.arange(1), np.arange(FEW + 2)):
            look_ahead.now()
            step(robot, look_ahead, live)
            look_ahead.change(ids)
    assert heard.heard == []


def test_robots_that_begin_anew_are_asked_anew(robot: Robot) -> None:
    embodiment = embodiment_of(robot)
    robots = CpuRobots(embodiment, physics_model(robot), SIZE, 1)
    config = EpisodeConfig(
        episode_s=0.5,
        start_spread_s=3.0,
        resample_s=0.4,
        sampler=lambda rng, count: random_sequences(count, int(rng.integers(1 << 30)), robot),
    )
    robots.reset(random_sequences(SIZE, robot=robot), config, np.random.default_rng(0))
    where, record = robots.layout, RolloutBuffer.empty(60, SIZE, robots.layout)
    ends = 0
    for t in range(60):
        time, origin = robots.state[:, where.time], robots.state[:, where.origin]
        expected = embodiment.observe(
            time, *where.parts(robots.state), where.followed(robots.state), origin
        )
        np.testing.assert_allclose(robots.observe()[0], expected, atol=2e-4)
        robots.step(np.tile(embodiment.joints.home, (SIZE, 1)))
        robots.record(record, t)
        ends += sum(int(ended.sum()) for ended in robots.end(record, t))
    assert ends > SIZE
