"""The gait clock: which feet step together, hops, held feet, and clocks without a jump."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tabrl.control.commands import HOP_FREQUENCY, JUMP, REARED, CommandBatch, CommandSchedule
from tabrl.control.gait import (
    DUTY_FACTOR,
    GRAVITY,
    LONGEST_FLIGHT,
    MID_SWING,
    PAIRED_SWING_S,
    Gait,
    flight_share,
    stretched,
)  # fmt: skip
from tabrl.control.rollout import Floats
from tests.support.engine import random_programs

FR, FL, RR, RL = range(4)
FINE = 2000  # samples of a second


def phases(schedule: CommandSchedule, seconds: float = 2.0) -> Floats:
    """Phases `[T, 4]` of a program's feet, `FINE` a second."""
    time = np.arange(round(seconds * FINE)) / FINE
    phase: Floats = CommandBatch.stack([schedule] * len(time)).gait_phase(time)
    return phase


def together(phase: Floats) -> set[frozenset[int]]:
    """The groups of feet that have the same phase all the time."""
    return {
        frozenset(
            other for other in range(4) if np.allclose(phase[:, foot], phase[:, other], atol=1e-5)
        )
        for foot in range(4)
    }


@pytest.mark.parametrize(
    ("gait", "groups"),
    [
        (Gait.TROT, {frozenset({FR, RL}), frozenset({FL, RR})}),
        (Gait.PACE, {frozenset({FR, RR}), frozenset({FL, RL})}),
        (Gait.BOUND, {frozenset({FR, FL}), frozenset({RR, RL})}),
    ],
)
def test_the_feet_of_a_pair_step_together_and_the_other_pair_in_between(
    gait: Gait, groups: set[frozenset[int]]
) -> None:
    phase = phases(CommandSchedule.asking(vx=0.6, gait=gait, gait_frequency=2.0))
    assert together(phase) == groups
    stance = phase < DUTY_FACTOR
    share = DUTY_FACTOR if gait == Gait.TROT else 1.0 - PAIRED_SWING_S * 2.0
    np.testing.assert_allclose(stance.mean(axis=0), share, atol=2e-3)
    # One pair carries the robot at any time; both do where one takes over from the other.
    assert stance.sum(axis=1).min() == 2
    assert np.mean(stance.sum(axis=1) == 4) == pytest.approx(2 * share - 1, abs=5e-3)


@pytest.mark.parametrize(("height", "frequency"), [(0.03, 2.0), (0.06, 1.5), (0.05, 2.5)])
def test_a_hop_has_all_feet_in_the_air_as_long_as_free_flight_takes(
    height: float, frequency: float
) -> None:
    phase = phases(CommandSchedule.asking(jump=height, gait_frequency=frequency))
    assert together(phase) == {frozenset({FR, FL, RR, RL})}
    flight = 2.0 * np.sqrt(2.0 * height / GRAVITY)  # s, up and down again
    share = np.mean(phase[:, FR] > DUTY_FACTOR)
    assert share == pytest.approx(flight * frequency, abs=2e-3)


def test_a_hop_longer_than_its_period_is_cut() -> None:
    assert flight_share(np.array(3.0), np.array(0.2)) == pytest.approx(LONGEST_FLIGHT)
    assert flight_share(np.array(2.0), np.array(-0.1)) == 0.0


def test_hops_keep_their_own_time_unless_they_are_given_one() -> None:
    schedules = CommandBatch.stack(
        [CommandSchedule.asking(jump=0.05), CommandSchedule.asking(jump=0.05, gait_frequency=1.5)]
    )
    np.testing.assert_allclose(schedules.step_frequency(), [HOP_FREQUENCY, 1.5])
    assert schedules.hopping().tolist() == [True, True]
    assert not CommandBatch.stack([CommandSchedule.asking(jump=0.004)]).hopping()[0]


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


@pytest.mark.parametrize("foot", [FR, FL, RR, RL])
@pytest.mark.parametrize("speed", [0.0, 0.6])
def test_a_foot_held_up_stays_in_mid_swing_and_the_others_keep_their_clock(
    foot: int, speed: float
) -> None:
    name = ("lift_fr", "lift_fl", "lift_rr", "lift_rl")[foot]
    phase = phases(CommandSchedule.asking(vx=speed, **{name: 0.08}))
    free = phases(CommandSchedule.asking(vx=speed))
    np.testing.assert_allclose(phase[:, foot], MID_SWING)
    others = [other for other in range(4) if other != foot]
    np.testing.assert_array_equal(phase[:, others], free[:, others])


def test_a_foot_moved_up_and_down_is_held_only_while_it_is_up() -> None:
    schedule = CommandSchedule.asking(lift_fl=(0.02, 0.05), beat_frequency=1.0)
    phase = phases(schedule, 1.0)
    held = phase[:, FL] > DUTY_FACTOR
    assert held.mean() == pytest.approx(0.5, abs=0.01)
    assert held[: FINE // 2 - 10].sum() > FINE // 2 - 20  # the sine's upper half comes first
    np.testing.assert_array_equal(phase[:, [FR, RR, RL]], 0.0)


def test_rearing_takes_the_front_feet_off_the_ground() -> None:
    reared = phases(CommandSchedule.asking(rear=0.8))
    np.testing.assert_allclose(reared[:, [FR, FL]], MID_SWING)
    np.testing.assert_array_equal(reared[:, [RR, RL]], 0.0)
    barely = phases(CommandSchedule.asking(rear=REARED - 0.01))
    np.testing.assert_array_equal(barely, 0.0)


def test_a_frequency_of_its_own_makes_the_robot_step_on_the_spot() -> None:
    schedules = CommandBatch.stack([CommandSchedule.asking(gait_frequency=2.5), CommandSchedule()])
    assert schedules.stepping().tolist() == [1.0, 0.0]
    assert schedules.step_frequency()[0] == pytest.approx(2.5)
    phase = phases(CommandSchedule.asking(gait_frequency=2.5))
    strides = np.sum(np.diff(phase[:, FR]) < -0.5)  # wraps around in two seconds
    assert strides == pytest.approx(5, abs=1)


def test_clocks_only_jump_where_a_stride_ends_and_stay_within_it() -> None:
    for schedule in (
        CommandSchedule.asking(vx=1.0),
        CommandSchedule.asking(vx=0.4, gait=Gait.BOUND, gait_frequency=3.0),
        CommandSchedule.asking(jump=0.05),
    ):
        phase = phases(schedule)
        assert phase.min() >= 0.0
        assert phase.max() <= 1.0
        change = np.diff(phase, axis=0)
        wraps = change < -0.5
        assert np.all((change >= -1e-6) | (change < -0.99))
        assert wraps.any()
        assert change[~wraps].max() < 0.01


def test_numpy_and_jax_agree_on_every_kind_of_program() -> None:
    schedules = random_programs(64, seed=5)
    assert schedules.hopping().any()
    assert not schedules.hopping().all()
    time = np.linspace(0.0, 9.0, 64, dtype=np.float32)
    theirs = np.asarray(jax.jit(lambda t: schedules.gait_phase(t, jnp))(time))
    ours = schedules.gait_phase(time)
    # The same phase may lie on either side of a full stride.
    distance = np.abs(ours - theirs)
    np.testing.assert_array_less(np.minimum(distance, 1.0 - distance), 2e-4)
    np.testing.assert_allclose(
        flight_share(schedules.step_frequency(), schedules.peak()[:, JUMP]),
        flight_share(schedules.step_frequency(jnp), schedules.peak(jnp)[:, JUMP], jnp),
        atol=1e-6,
    )
