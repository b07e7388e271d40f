"""Stages that follow each other: what is asked when, where it turns, how it is kept."""

from __future__ import annotations

import json
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.commands import COUNT, JUMP, YAW, CommandBatch, CommandSchedule
from tabrl.control.gait import MID_SWING, Gait
from tabrl.control.observation import (
    HEADING_ERROR,
    LOOK_AHEAD_S,
    STEP_FREQUENCY,
    Joints,
    build_observation,
)
from tabrl.control.policy import PolicyHeader, dump_policy, load_policy
from tabrl.control.rollout import CONTROL_DT, Floats
from tabrl.control.rotation import Array
from tabrl.control.staged import EARLY_S, StagedCommands
from tabrl.robots import scene_sha256
from tests.support.engine import GO1, random_programs
from tests.support.inference import random_params

ASKS = CommandSchedule.asking
CROUCH, HOP, TURN = ASKS(height=-0.08), ASKS(jump=0.05), ASKS(vx=0.4, yaw=0.7, gait=Gait.PACE)
WAVE = ASKS(lift_fr=0.1, yaw=(0.3, 0.8, 0.4), beat_frequency=1.3)
TWO = CommandSchedule.sequence([CROUCH, HOP], (4.0, 2.5))
THREE = CommandSchedule.sequence([TURN, CROUCH, WAVE], (1.5, 2.0, 3.3))
ALL = [CROUCH, TWO, THREE, WAVE]


def when(schedule: CommandSchedule, time: float) -> CommandSchedule:
    """The phase that is due at a time, by counting."""
    if not schedule.later:
        return schedule
    left = time % schedule.period_s
    for phase, lasts in zip(schedule.phases, schedule.phases_s, strict=True):
        if left < lasts:
            return phase
        left -= lasts
    raise AssertionError("a period has no end")


TICKS = np.arange(0.0, 30.0, CONTROL_DT) + 0.2 * CONTROL_DT  # a little after every switch


def test_at_every_time_the_phase_that_is_due_is_asked() -> None:
    sequences = StagedCommands.stack(ALL)
    for row, schedule in enumerate(ALL):
        asked = sequences.pick(np.full(len(TICKS), row)).at(TICKS)
        due = [when(schedule, time) for time in TICKS]
        wanted = CommandBatch.stack(due)
        for name, field in vars(wanted).items():
            np.testing.assert_array_equal(getattr(asked, name), field, err_msg=name)
        switches = sum(a != b for a, b in pairwise(due))
        assert (switches >= 8) == bool(schedule.later)


def test_clocks_that_missed_a_switch_by_rounding_do_not_miss_it() -> None:
    sequences = StagedCommands.stack([TWO])
    single = np.cumsum(np.full(1000, CONTROL_DT, np.float32), dtype=np.float32)
    double = np.arange(1, 1001) * CONTROL_DT
    assert (single[199], double[199]) != (4.0, 4.0) or single[324] != 6.5
    for time in (single, double):
        hops = sequences.at(time).constant[:, JUMP] > 0.0
        changes = np.flatnonzero(np.diff(hops)) + 1  # steps, beginning with the first tick
        np.testing.assert_array_equal(changes + 1, [200, 325, 525, 650, 850, 975])


def test_the_heading_is_what_was_turned_in_all_phases() -> None:
    grid = np.linspace(0.0, 20.0, 200_001)
    plain = CommandSchedule.sequence([TURN, CROUCH, ASKS(yaw=-1.1)], (1.5, 2.0, 3.3))
    rates = StagedCommands.stack([plain]).at(grid).constant[:, YAW]
    turned = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2) * grid[1]])
    away = np.abs((grid + EARLY_S) % plain.period_s - np.array([[0.0], [1.5], [3.5]])).min(0)
    sure = away > 2 * EARLY_S
    heading = StagedCommands.stack([plain]).heading(grid)
    # The command switches a little early, the course at the very time.
    np.testing.assert_allclose(heading[sure], turned[sure], atol=0.05)
    exact = np.sum([0.7 * 1.5, -1.1 * 3.3])
    np.testing.assert_allclose(
        StagedCommands.stack([plain]).heading(np.array([6.8, 13.6, 68.0])),
        exact * np.array([1, 2, 10]),
        atol=1e-4,
    )  # fmt: skip


def test_a_swing_goes_to_and_fro_about_the_course() -> None:
    """Whatever its phase was at the switch: integrated from there it would leave the course."""
    swinging = CommandSchedule.sequence([TURN, WAVE], (1.5, 3.3))
    straight = CommandSchedule.sequence([TURN, ASKS(yaw=0.3)], (1.5, 3.3))
    grid = np.arange(0.0, 24.0, 1e-3)
    swing = StagedCommands.stack([swinging]).heading(grid) - StagedCommands.stack(
        [straight]
    ).heading(grid)
    omega = 2 * np.pi * 1.3
    waving = StagedCommands.stack([swinging]).at(grid).amplitude[:, YAW] > 0.0
    np.testing.assert_allclose(
        swing, np.where(waving, -0.8 / omega * np.cos(omega * grid + 0.4), 0.0), atol=1e-4
    )
    # Where all phases swing alike there is no switch to see.
    alike = CommandSchedule.sequence([WAVE, WAVE], (1.5, 3.3))
    np.testing.assert_allclose(
        StagedCommands.stack([alike]).heading(grid),
        CommandBatch.stack([WAVE]).heading(grid),
        atol=1e-4,
    )


def test_a_single_phase_is_the_plain_program_to_the_last_bit() -> None:
    schedules, time = random_programs(8), np.linspace(0.0, 40.0, 8, dtype=np.float32)
    sequences = StagedCommands.of(schedules)
    np.testing.assert_array_equal(sequences.heading(time), schedules.heading(time))
    asked = sequences.at(time)
    np.testing.assert_array_equal(asked.command(time), schedules.command(time))
    np.testing.assert_array_equal(asked.gait_phase(time), schedules.gait_phase(time))
    again = StagedCommands.stack([schedules.single(i) for i in range(8)])
    for name, field in vars(again.phases).items():
        np.testing.assert_array_equal(field, getattr(sequences.phases, name))
    np.testing.assert_array_equal(again.duration, sequences.duration)


def observe(schedule: CommandSchedule, time: Floats, turned: float = 0.0) -> Floats:
    joints, rows = Joints.of(GO1), (len(time), 1)
    qpos = np.tile([0, 0, 0.28, np.cos(turned / 2), 0, 0, np.sin(turned / 2), *GO1.home], rows)
    ctrl = np.tile(joints.home, rows)
    kind = StagedCommands if schedule.later else CommandBatch
    seen: Floats = build_observation(
        time, qpos, np.zeros((len(time), 18)), ctrl, kind.stack([schedule]), joints
    )
    return seen


def test_the_observation_follows_the_phases_and_looks_over_a_switch() -> None:
    time = np.array([3.86, 3.94, 4.02, 6.44, 6.52])
    seen = observe(TWO, time)
    commands = seen[:, 45 : 45 + 2 * COUNT].reshape(-1, 2, COUNT)
    jump, soon = commands[:, 0, JUMP], commands[:, 1, JUMP]
    np.testing.assert_allclose(jump, [0.0, 0.0, 0.05, 0.05, 0.0], atol=1e-7)
    np.testing.assert_allclose(soon, [0.0, 0.05, 0.05, 0.0, 0.0], atol=1e-7)
    assert TWO.period_s < 6.44 + LOOK_AHEAD_S
    np.testing.assert_allclose(seen[:, STEP_FREQUENCY], [0.0, 0.0, 2.0, 2.0, 0.0])
    # Each phase looks as it does alone, but for the course.
    for row, at in enumerate(time):
        alone = observe(when(TWO, at), time[row : row + 1])[0]
        same = np.delete(np.arange(87), np.r_[45 + COUNT : 45 + 2 * COUNT, 87 + HEADING_ERROR])
        np.testing.assert_array_equal(seen[row, same], alone[same])


def test_a_held_foot_and_the_course_belong_to_their_phase() -> None:
    time = np.array([0.5, 2.0, 4.0])
    phases = StagedCommands.stack([THREE]).at(time).gait_phase(time)
    np.testing.assert_array_equal(np.isclose(phases[:, 0], MID_SWING), [False, False, True])
    assert np.all(phases[1] == 0.0)
    error = observe(THREE, time, turned=1.05)[:, HEADING_ERROR]
    np.testing.assert_allclose(error[:2], [0.35 - 1.05, 0.0], atol=1e-5)


def test_numpy_and_jax_agree() -> None:
    schedules = [*ALL, CommandSchedule.sequence([WAVE, TURN], (0.5, 19.5))]
    sequences = StagedCommands.stack(schedules * 3)
    time = np.linspace(0.0, 25.0, 15, dtype=np.float32)

    @jax.jit
    def compiled(time: Array) -> tuple[Array, ...]:
        asked = sequences.at(time, jnp)
        return asked.command(time, jnp), sequences.heading(time, jnp), asked.stepping(jnp)

    command, heading, stepping = compiled(time)
    asked = sequences.at(time)
    np.testing.assert_allclose(asked.command(time), command, atol=5e-5)
    np.testing.assert_allclose(sequences.heading(time), heading, atol=5e-5)
    np.testing.assert_array_equal(asked.stepping(), stepping)


def test_batches_are_picked_and_written_over() -> None:
    sequences = StagedCommands.stack(ALL)
    sequences.replace_at(np.array([0, 3]), StagedCommands.stack([THREE, TWO]))
    expected = StagedCommands.stack([THREE, TWO, THREE, TWO])
    np.testing.assert_array_equal(sequences.duration, expected.duration)
    np.testing.assert_array_equal(sequences.phases.constant, expected.phases.constant)
    assert len(sequences.pick(np.array([2, 0]))) == 2
    assert sequences.first().single(0) == CommandBatch.stack([TURN]).single(0)
    assert sequences.phases.constant.shape == (4, MAX_PHASES, COUNT)


def test_a_sequence_in_words() -> None:
    assert TWO.in_words() == "first lower 0.08 m (4 s), then hop 0.05 m (2.5 s)"
    assert TWO.phases == (CROUCH, HOP)
    assert (TWO.period_s, CROUCH.period_s, CROUCH.phases) == (6.5, 0.0, (CROUCH,))


def test_files_of_single_phases_are_written_and_read_as_ever() -> None:
    written = json.loads(TURN.model_dump_json())
    assert set(written) == {
        "constant", "amplitude", "phase", "beat_frequency", "gait", "gait_frequency",
    }  # fmt: skip
    assert CommandSchedule.model_validate(written) == TURN
    assert CommandSchedule.model_validate_json(THREE.model_dump_json()) == THREE


def test_a_policy_file_keeps_its_phases_and_follows_them() -> None:
    weights = load_policy(random_params(3)).weights
    header = PolicyHeader(robot="go1", scene_sha256=scene_sha256("go1"), program=TWO)
    policy = load_policy(dump_policy(header, weights))
    assert policy.schedule == TWO
    time = np.array([3.98, 4.0, 199 * CONTROL_DT + CONTROL_DT, 6.5])
    home = np.array([0, 0, 0.28, 1, 0, 0, 0, *GO1.home])
    action, _ = policy.control(
        time, np.tile(home, (4, 1)), np.zeros((4, 18)), np.tile(GO1.home, (4, 1))
    )
    np.testing.assert_allclose(action, weights.act(observe(TWO, time)), atol=1e-6)
    assert np.abs(action[1] - action[0]).max() > 1e-3


BROKEN = {
    "no time": {"later": [{}]},
    "time for one": {"phases_s": [4.0]},
    "too few times": {"phases_s": [4.0], "later": [{}]},
    "too many phases": {"phases_s": [1.0] * 4, "later": [{}] * 3},
    "too short": {"phases_s": [4.0, 0.1], "later": [{}]},
    "too long": {"phases_s": [4.0, 21.0], "later": [{}]},
    "not a number": {"phases_s": [4.0, float("nan")], "later": [{}]},
    "nested": {"phases_s": [1.0, 1.0], "later": [{"phases_s": [1.0, 1.0], "later": [{}]}]},
}


@pytest.mark.parametrize("diverged", BROKEN.values(), ids=BROKEN)
def test_what_is_no_sequence_is_refused(diverged: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CommandSchedule.model_validate(diverged)


def test_a_sequence_is_no_plain_program() -> None:
    with pytest.raises(ValueError, match="StagedCommands"):
        CommandBatch.stack([CROUCH, TWO])
