"""What is computed ahead is what is asked when its time has come."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from bench.speed.compilations import Compilations

from tabrl.control.observation import Joints, build_observation, command_features
from tabrl.control.rollout import CONTROL_DT, Floats, RolloutBuilder
from tabrl.control.shapes import trunk_shapes
from tabrl.sim.cpu.layout import Layout, RolloutBuffer
from tabrl.sim.cpu.look_ahead import AHEAD, FEW, LookAheadCache
from tabrl.sim.cpu.shard import CpuRobots
from tabrl.sim.cpu.simulator import physics_model
from tabrl.sim.simulator import EpisodeConfig
from tests.support.engine import GO1, random_sequences

SIZE = 40


@cache
def layout() -> Layout:
    return Layout.of(GO1, physics_model(GO1))


def rows(seed: int = 0) -> Floats:
    """Robots' rows that follow schedules of several phases, each at another time."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((SIZE, layout().width), np.float32)
    rows[:, layout().schedules] = Layout.columns(random_sequences(SIZE, seed))
    rows[:, layout().time] = np.round(rng.uniform(0.0, 6.0, SIZE) / CONTROL_DT) * CONTROL_DT
    return rows


def asked(rows: Floats) -> Floats:
    """What is asked of robots now, computed now."""
    told: Floats = command_features(rows[:, layout().time], layout().followed(rows))
    return told


def step(look_ahead: LookAheadCache, rows: Floats) -> None:
    rows[:, layout().time] += CONTROL_DT
    look_ahead.go_on()


def test_every_step_is_asked_what_its_time_says() -> None:
    live = rows()
    look_ahead = LookAheadCache(layout(), live)
    for _ in range(2 * AHEAD + 3):
        np.testing.assert_allclose(look_ahead.now(), asked(live), atol=2e-4)
        step(look_ahead, live)


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, SIZE])
@pytest.mark.parametrize("at", [0, 3, AHEAD - 1, AHEAD])
def test_changed_programs_and_clocks_count_from_their_change(at: int, count: int) -> None:
    live, others = rows(), rows(1)
    look_ahead = LookAheadCache(layout(), live)
    for _ in range(at):
        look_ahead.now()
        step(look_ahead, live)
    ids = np.random.default_rng(2).permutation(SIZE)[:count]
    live[ids] = others[ids]
    look_ahead.change(ids)
    for _ in range(AHEAD + 2):
        np.testing.assert_allclose(look_ahead.now(), asked(live), atol=2e-4)
        step(look_ahead, live)


def test_what_was_prepared_compiles_nothing_more() -> None:
    live = np.repeat(rows(), 2, axis=0)[: SIZE + 3]
    look_ahead = LookAheadCache(layout(), live)
    look_ahead.prepare()
    heard = Compilations()
    with heard.listening():
        for ids in (np.arange(1), np.arange(FEW + 2)):
            look_ahead.now()
            step(look_ahead, live)
            look_ahead.change(ids)
    assert heard.heard == []


def test_robots_that_begin_anew_are_asked_anew() -> None:
    model = physics_model(GO1)
    robots = CpuRobots(GO1, model, RolloutBuilder(GO1, trunk_shapes(model)), SIZE, 1)
    rules = EpisodeConfig(
        episode_s=0.5,
        start_spread_s=3.0,
        resample_s=0.4,
        sampler=lambda rng, count: random_sequences(count, int(rng.integers(1 << 30))),
    )
    robots.reset(random_sequences(SIZE), rules, np.random.default_rng(0))
    record, joints = RolloutBuffer.empty(60, SIZE, GO1, robots.layout), Joints.of(GO1)
    ends = 0
    for t in range(60):
        schedules = robots.layout.followed(robots.state_row)
        time, origin = (
            robots.state_row[:, column]
            for column in (robots.layout.time, robots.layout.heading_origin)
        )
        expected = build_observation(
            time, *robots.layout.parts(robots.state_row), schedules, joints, origin
        )
        np.testing.assert_allclose(robots.observe(), expected, atol=2e-4)
        robots.step(np.tile(joints.home, (SIZE, 1)))
        robots.record(record, t)
        ends += sum(int(ended.sum()) for ended in robots.end(record, t))
    assert ends > SIZE
