"""The gait clock: which feet step together, hops, held feet, and clocks without a jump."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tabrl.control.arrays import Array, Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.embodiments.legged.channels import command_space
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.legged.gait import (
    DUTY_FACTOR,
    GRAVITY,
    LONGEST_FLIGHT,
    MID_SWING,
    REARED,
    Gait,
    GaitAmounts,
    GaitClock,
    flight_share,
    stretched,
)  # fmt: skip
from tabrl.embodiments.legged.limbs import front, lift_channel, pairs, rear
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot, get_robot
from tests.support.engine import random_programs
from tests.support.robots import LEGGED, legged

FINE = 2000  # samples of a second
HOPPERS = [robot for robot in LEGGED if "jump" not in robot.without]
REARERS = [robot for robot in LEGGED if "rear" not in robot.without]


def phases(embodiment: LeggedRobot, seconds: float = 2.0, **asked: Any) -> Floats:
    """Phases `[T, nf]` of a schedule's feet, `FINE` a second."""
    time = np.arange(round(seconds * FINE)) / FINE
    schedule = CommandSchedule.asking(embodiment.commands, **asked)
    phase: Floats = embodiment.clock.phase(CommandBatch.stack([schedule] * len(time)), time)
    return phase


def together(phase: Floats) -> set[frozenset[int]]:
    """The groups of feet that have the same phase all the time."""
    return {
        frozenset(
            other
            for other in range(phase.shape[1])
            if np.allclose(phase[:, foot], phase[:, other], atol=1e-5)
        )
        for foot in range(phase.shape[1])
    }


@pytest.mark.parametrize(
    ("gait", "apart"),
    [
        (Gait.TROT, "diagonals_apart"),
        (Gait.PACE, "sides_apart"),
        (Gait.BOUND, "ends_apart"),
    ],
)
def test_the_feet_of_a_group_step_together_and_the_other_group_in_between(
    embodiment: LeggedRobot, gait: Gait, apart: Any
) -> None:
    groups = [frozenset(group) for group in pairs(embodiment.robot, apart) if group]
    swing = embodiment.clock.amounts.paired_swing
    phase = phases(embodiment, vx=0.6, gait=gait, gait_frequency=2.0)
    assert together(phase) == set(groups)
    stance = phase < DUTY_FACTOR
    share = DUTY_FACTOR if gait == Gait.TROT else 1.0 - swing * 2.0
    np.testing.assert_allclose(stance.mean(axis=0), share, atol=2e-3)
    if len(groups) == 2:
        # One group carries the robot at any time; both do where one takes over from the other.
        assert stance.sum(axis=1).min() == min(map(len, groups))
        assert np.mean(stance.all(axis=1)) == pytest.approx(2 * share - 1, abs=5e-3)


def test_the_go1_s_pairs_are_known_by_name() -> None:
    robot = get_robot("go1")
    named = {
        apart: [{robot.end_effectors[foot] for foot in group} for group in pairs(robot, apart)]
        for apart in ("diagonals_apart", "sides_apart", "ends_apart")
    }
    assert named == {
        "diagonals_apart": [{"FR", "RL"}, {"FL", "RR"}],
        "sides_apart": [{"FR", "RR"}, {"FL", "RL"}],
        "ends_apart": [{"FR", "FL"}, {"RR", "RL"}],
    }
    assert [robot.end_effectors[foot] for foot in front(robot)] == ["FR", "FL"]


@pytest.mark.parametrize(("height", "frequency"), [(0.03, 2.0), (0.06, 1.5), (0.05, 2.5)])
@pytest.mark.parametrize("robot", HOPPERS, ids=lambda robot: robot.id)
def test_a_hop_has_all_feet_in_the_air_as_long_as_free_flight_takes(
    robot: Robot, height: float, frequency: float
) -> None:
    phase = phases(legged(robot), jump=height, gait_frequency=frequency)
    assert together(phase) == {frozenset(range(len(robot.limbs)))}
    flight = 2.0 * np.sqrt(2.0 * height / GRAVITY)  # s, up and down again
    share = np.mean(phase[:, 0] > DUTY_FACTOR)
    assert share == pytest.approx(flight * frequency, abs=2e-3)


def test_a_hop_longer_than_its_period_is_cut() -> None:
    assert flight_share(np.array(3.0), np.array(0.2)) == pytest.approx(LONGEST_FLIGHT)
    assert flight_share(np.array(2.0), np.array(-0.1)) == 0.0


@pytest.mark.parametrize("robot", HOPPERS, ids=lambda robot: robot.id)
def test_hops_keep_their_own_time_unless_they_are_given_one(robot: Robot) -> None:
    clock, space = legged(robot).clock, legged(robot).commands
    hops = CommandBatch.stack(
        [
            CommandSchedule.asking(space, jump=0.05),
            CommandSchedule.asking(space, jump=0.05, gait_frequency=1.5),
        ]
    )
    np.testing.assert_allclose(clock.step_frequency(hops), [clock.amounts.hop_frequency, 1.5])
    assert clock.hopping(hops).tolist() == [True, True]
    low = CommandBatch.stack([CommandSchedule.asking(space, jump=0.8 * clock.amounts.hopping)])
    assert not clock.hopping(low)[0]


@pytest.mark.parametrize("robot", HOPPERS, ids=lambda robot: robot.id)
def test_hops_written_over_other_schedules_are_hops(robot: Robot) -> None:
    """What was derived from the old schedules is not kept."""
    clock, space = legged(robot).clock, legged(robot).commands
    batch = random_programs(5, robot=robot)
    before = clock.stepping(batch)
    hops = CommandBatch.stack([CommandSchedule.asking(space, jump=0.05)] * 2)
    batch.replace_at(np.array([0, 1]), hops)
    assert clock.hopping(batch)[:2].all()
    assert clock.stepping(batch)[:2].tolist() == [1.0, 1.0]
    np.testing.assert_array_equal(clock.stepping(batch)[2:], before[2:])
    np.testing.assert_allclose(clock.step_frequency(batch)[:2], clock.amounts.hop_frequency)


@pytest.mark.parametrize("share", [0.4, 0.55, 0.9])
def test_stretched_stance_takes_its_share_of_the_time(share: float) -> None:
    stride = (np.arange(10_000) + 0.5) / 10_000
    phase = stretched(stride[:, None], np.full((1, 1), share))[:, 0]
    assert np.mean(phase < DUTY_FACTOR) == pytest.approx(share, abs=1e-9)
    assert np.all(np.diff(phase) > 0.0)
    assert phase[0] == pytest.approx(0.0, abs=1e-3)
    assert phase[-1] == pytest.approx(1.0, abs=1e-3)
    steepest = max(DUTY_FACTOR / share, (1 - DUTY_FACTOR) / (1 - share))
    assert np.diff(phase).max() <= steepest / 10_000 + 1e-9  # no jump from stance to swing


def test_a_plain_stride_is_left_as_it_is() -> None:
    stride = np.linspace(0.0, 0.999, 500)[:, None]
    np.testing.assert_allclose(stretched(stride, np.full((1, 1), DUTY_FACTOR)), stride, atol=1e-12)


@pytest.mark.parametrize("speed", [0.0, 0.6])
def test_a_foot_held_up_stays_in_mid_swing_and_the_others_keep_their_clock(
    embodiment: LeggedRobot, speed: float
) -> None:
    free = phases(embodiment, vx=speed)
    for foot, limb in enumerate(embodiment.robot.limbs):
        phase = phases(embodiment, vx=speed, **{lift_channel(limb): 0.08})
        np.testing.assert_allclose(phase[:, foot], MID_SWING)
        others = np.arange(phase.shape[1]) != foot
        np.testing.assert_array_equal(phase[:, others], free[:, others])


def test_a_foot_moved_up_and_down_is_held_only_while_it_is_up(embodiment: LeggedRobot) -> None:
    last = len(embodiment.robot.limbs) - 1
    lift = lift_channel(embodiment.robot.limbs[last])
    middle = embodiment.clock.amounts.lifted
    phase = phases(embodiment, 1.0, modulation_frequency=1.0, **{lift: (middle, 0.05)})
    held = phase[:, last] > DUTY_FACTOR
    assert held.mean() == pytest.approx(0.5, abs=0.01)
    assert held[: FINE // 2 - 10].sum() > FINE // 2 - 20  # the sine's upper half comes first
    np.testing.assert_array_equal(phase[:, :last], 0.0)


@pytest.mark.parametrize("robot", REARERS, ids=lambda robot: robot.id)
def test_rearing_takes_the_front_feet_off_the_ground(robot: Robot) -> None:
    reared = phases(legged(robot), rear=0.8)
    np.testing.assert_allclose(reared[:, front(robot)], MID_SWING)
    np.testing.assert_array_equal(reared[:, rear(robot)], 0.0)
    barely = phases(legged(robot), rear=REARED - 0.01)
    np.testing.assert_array_equal(barely, 0.0)


def test_a_frequency_of_its_own_makes_the_robot_step_on_the_spot(embodiment: LeggedRobot) -> None:
    clock, space = embodiment.clock, embodiment.commands
    steps = CommandSchedule.asking(space, gait_frequency=2.5)
    batch = CommandBatch.stack([steps, CommandSchedule.neutral(space)])
    assert clock.stepping(batch).tolist() == [1.0, 0.0]
    assert clock.step_frequency(batch)[0] == pytest.approx(2.5)
    phase = phases(embodiment, gait_frequency=2.5)
    strides = np.sum(np.diff(phase[:, 0]) < -0.5)  # wraps around in two seconds
    assert strides == pytest.approx(5, abs=1)


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ({}, False),
        ({"vx": 0.5}, True),
        ({"vx": -0.5}, True),
        ({"vx": 0.02}, False),
        ({"yaw": 0.05}, False),
        ({"yaw": 0.1}, True),
        ({"yaw": 1.0}, True),
        ({"vx": (0.0, 0.3)}, True),
        ({"pitch": 0.4, "roll": (0.0, 0.2)}, False),
        ({"gait_frequency": 2.0}, True),
        ({"gait": Gait.PACE}, False),
    ],
)
def test_it_steps_when_asked_to_move_and_rests_when_asked_for_a_pose(
    embodiment: LeggedRobot, asked: dict[str, Any], steps: bool
) -> None:
    scale = Scale.of(embodiment.robot)
    for name, factor in (("vx", scale.speed), ("yaw", scale.frequency)):
        if isinstance(asked.get(name), float):
            asked = {**asked, name: asked[name] * factor}
    batch = CommandBatch.stack([CommandSchedule.asking(embodiment.commands, **asked)])
    assert bool(embodiment.clock.stepping(batch)[0]) is steps
    later = embodiment.clock.phase(batch, np.array([0.123]))
    assert np.any(later > 0.0) == steps


def test_faster_commands_step_faster_up_to_a_limit(embodiment: LeggedRobot) -> None:
    clock, space, scale = embodiment.clock, embodiment.commands, Scale.of(embodiment.robot)
    speeds = np.array([0.1, 0.6, 1.2, 1.8, 1.9]) * scale.speed
    frequency = clock.step_frequency(
        CommandBatch.stack([CommandSchedule.asking(space, vx=speed) for speed in speeds])
    )
    assert np.all(np.diff(frequency[:4]) > 0.0)
    assert frequency[3] == pytest.approx(frequency[4])
    asked = CommandBatch.stack([CommandSchedule.asking(space, vx=0.6, gait_frequency=1.5)])
    assert clock.step_frequency(asked)[0] == 1.5


def test_clocks_only_jump_where_a_stride_ends_and_stay_within_it(embodiment: LeggedRobot) -> None:
    quick = 3.0 * Scale.of(embodiment.robot).frequency
    bound = {"vx": 0.4, "gait": Gait.BOUND, "gait_frequency": quick}
    asks: list[dict[str, Any]] = [{"vx": 1.0}, bound]
    if "jump" in embodiment.commands:
        asks.append({"jump": 0.05})
    for asked in asks:
        phase = phases(embodiment, **asked)
        assert phase.min() >= 0.0
        assert phase.max() <= 1.0
        change = np.diff(phase, axis=0)
        wraps = change < -0.5
        assert np.all((change >= -1e-6) | (change < -0.99))
        assert wraps.any()
        assert change[~wraps].max() < 0.01


def test_numpy_and_jax_agree_on_every_kind_of_schedule(embodiment: LeggedRobot) -> None:
    clock, batch = embodiment.clock, random_programs(64, 5, embodiment.robot)
    if "jump" in embodiment.commands:
        assert clock.hopping(batch).any()
    assert not clock.hopping(batch).all()
    time = np.linspace(0.0, 9.0, 64, dtype=np.float32)

    @jax.jit
    def compiled(time: Array) -> tuple[Array, Array]:
        return clock.phase(batch, time, jnp), clock.step_frequency(batch, jnp)

    theirs, frequency = compiled(time)
    # The same phase may lie on either side of a full stride.
    distance = np.abs(clock.phase(batch, time) - np.asarray(theirs))
    np.testing.assert_array_less(np.minimum(distance, 1.0 - distance), 2e-4)
    np.testing.assert_allclose(clock.step_frequency(batch), frequency, atol=1e-5)
    height = np.linspace(-0.02, 0.2, 64, dtype=np.float32)
    np.testing.assert_allclose(
        flight_share(clock.step_frequency(batch), height),
        flight_share(frequency, height, jnp),
        atol=1e-6,
    )


def test_the_go1_s_clock_runs_as_its_policy_learnt_it() -> None:
    assert GaitAmounts.of(get_robot("go1")) == GaitAmounts()
    clock, space = legged(get_robot("go1")).clock, legged(get_robot("go1")).commands
    asks = [{"vx": 0.3}, {"vx": 0.5, "yaw": 0.4}, {"vx": 1.9}, {"jump": 0.05}]
    batch = CommandBatch.stack([CommandSchedule.asking(space, **asked) for asked in asks])
    np.testing.assert_allclose(
        clock.step_frequency(batch), [2.05, 1.8 + 0.7 / 1.2, 3.3, 2.0], rtol=1e-6
    )


def test_a_robot_of_another_size_moves_alike_in_its_own_time() -> None:
    """Dynamic similarity: the same motion, larger and slower."""
    robot = get_robot("go1")
    large = robot.model_copy(update={"characteristic_length": 0.54})
    scale = Scale.of(large)
    time = np.arange(0.0, 4.0, 0.013)
    factors = {"vx": scale.speed, "vy": scale.speed, "yaw": scale.frequency, "jump": scale.length}
    space, other = legged(robot).commands, command_space(large)
    lift = lift_channel(robot.limbs[0])
    asks: list[dict[str, Any]] = [
        {"vx": 0.5, "gait": Gait.PACE}, {"vx": 0.5, "gait": Gait.BOUND}, {"vx": 0.031},
        {"vx": 0.029}, {"yaw": 0.061}, {"vx": 0.7, "yaw": 0.5}, {"vx": 1.9},
        {"jump": 0.004}, {"jump": 0.006}, {"jump": 0.08}, {lift: 0.019}, {lift: 0.021},
    ]  # fmt: skip
    for asked in asks:
        small = CommandSchedule.asking(space, **asked)
        scaled = {
            name: value if name == "gait" else factors.get(name, scale.length) * value
            for name, value in asked.items()
        }
        same = CommandSchedule.asking(other, **scaled)
        mine = legged(robot).clock.phase(CommandBatch.stack([small] * len(time)), time)
        batch = CommandBatch.stack([same] * len(time))
        theirs = GaitClock(large).phase(batch, time / scale.frequency)
        distance = np.abs(mine - theirs)
        np.testing.assert_array_less(np.minimum(distance, 1.0 - distance), 1e-3)
