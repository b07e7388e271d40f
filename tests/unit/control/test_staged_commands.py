"""Stages that follow each other: what is asked when, and how it is kept."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Array
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tests.support.engine import random_programs


def schedules(robot: Robot) -> list[CommandSchedule]:
    """One stage, two, three, and one again."""
    one, two, three, four = (random_programs(4, 11, robot).single(i) for i in range(4))
    return [
        one,
        CommandSchedule.sequence([one, two], (4.0, 2.5)),
        CommandSchedule.sequence([three, one, four], (1.5, 2.0, 3.3)),
        four,
    ]


def once(robot: Robot) -> CommandSchedule:
    """Two stages, of which the last goes on."""
    one, two = (random_programs(2, 12, robot).single(i) for i in range(2))
    return CommandSchedule.sequence([one, two], (3.0, 2.0), repeat=False)


def when(schedule: CommandSchedule, time: float) -> CommandSchedule:
    """The stage that is due at a time."""
    return due_since(schedule, time)[0]


def due_since(schedule: CommandSchedule, time: float) -> tuple[CommandSchedule, float]:
    """The same by counting, and since how many seconds it is."""
    if not schedule.later:
        return schedule, time
    left = time % schedule.period_s if schedule.repeat else time
    for stage, lasts in zip(schedule.stages, schedule.stages_s, strict=True):
        if left < lasts:
            return stage, left
        left -= lasts
    assert not schedule.repeat
    return schedule.later[-1], left + lasts


def assert_same(one: CommandBatch, other: CommandBatch) -> None:
    """Alike but for when their paths began."""
    for ours, theirs in zip(one.arrays()[:-1], other.arrays()[:-1], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(one.path[..., 1:], other.path[..., 1:])


TICKS = np.arange(0.0, 30.0, CONTROL_DT) + 0.2 * CONTROL_DT  # a little after every switch


def test_at_every_time_the_stage_that_is_due_is_asked(robot: Robot) -> None:
    every = [*schedules(robot), once(robot)]
    staged = StagedCommands.stack(every)
    for row, schedule in enumerate(every):
        asked = staged.pick(np.full(len(TICKS), row)).at(TICKS)
        due = [when(schedule, time) for time in TICKS]
        assert_same(asked, CommandBatch.stack(due))
        switches = sum(a != b for a, b in pairwise(due))
        assert (switches >= 8) == (bool(schedule.later) and schedule.repeat)
        assert (switches == 0) == (not schedule.later)


def test_clocks_that_missed_a_switch_by_rounding_do_not_miss_it(embodiment: Embodiment) -> None:
    space = embodiment.commands
    rests = CommandSchedule.neutral(space)
    acts = CommandSchedule.asking(space, **{space.names[0]: 0.05})
    staged = StagedCommands.stack([CommandSchedule.sequence([rests, acts], (4.0, 2.5))])
    single = np.cumsum(np.full(1000, CONTROL_DT, np.float32), dtype=np.float32)
    double = np.arange(1, 1001) * CONTROL_DT
    assert (single[199], double[199]) != (4.0, 4.0) or single[324] != 6.5
    for time in (single, double):
        acting = staged.at(time).constant[:, 0] > 0.0
        changes = np.flatnonzero(np.diff(acting)) + 1  # steps, beginning with the first tick
        np.testing.assert_array_equal(changes + 1, [200, 325, 525, 650, 850, 975])


def test_a_single_stage_is_the_plain_schedule_to_the_last_bit(robot: Robot) -> None:
    plain, time = random_programs(8, robot=robot), np.linspace(0.0, 40.0, 8, dtype=np.float32)
    staged = StagedCommands.of(plain)
    np.testing.assert_array_equal(staged.at(time).command(time), plain.command(time))
    assert_same(staged.at(time), plain)
    again = StagedCommands.stack([plain.single(i) for i in range(8)])
    assert_same(again.stages, staged.stages)
    np.testing.assert_array_equal(again.duration, staged.duration)
    assert StagedCommands.of(staged) is staged


def test_a_robot_sees_of_stages_what_it_sees_of_the_one_that_is_due(
    embodiment: Embodiment,
) -> None:
    """All but what goes on over switches: what is to come, and how far it has turned and gone."""
    time = np.array([3.86, 3.94, 4.02, 6.44, 6.52])
    later = {"heading", "path"}
    names = embodiment.features.names
    same = [name for name in names if name not in later and not name.endswith("_ahead")]
    _, two, *_ = schedules(embodiment.robot)
    told = embodiment.command_features(time, StagedCommands.stack([two]))
    for row, at in enumerate(time):
        due, since = due_since(two, at)
        alone = CommandBatch.stack([due]).begun(np.array([at - since]))
        expected = embodiment.command_features(time[row : row + 1], alone)[0]
        for name in same:
            part = embodiment.features[name]
            np.testing.assert_allclose(told[row, part], expected[part], atol=1e-6, err_msg=name)


def test_numpy_and_jax_agree(robot: Robot) -> None:
    staged = StagedCommands.stack(schedules(robot) * 3)
    time = np.linspace(0.0, 25.0, 12, dtype=np.float32)

    @jax.jit
    def compiled(time: Array) -> Array:
        return staged.at(time, jnp).command(time, jnp)

    np.testing.assert_allclose(staged.at(time).command(time), compiled(time), atol=5e-5)


def test_batches_are_picked_and_written_over(embodiment: Embodiment) -> None:
    one, two, three, four = schedules(embodiment.robot)
    staged = StagedCommands.stack([one, two, three, four])
    staged.replace_at(np.array([0, 3]), StagedCommands.stack([three, two]))
    expected = StagedCommands.stack([three, two, three, two])
    np.testing.assert_array_equal(staged.duration, expected.duration)
    assert_same(staged.stages, expected.stages)
    assert len(staged.pick(np.array([2, 0]))) == 2
    assert staged.first().single(0) == three.stages[0]
    assert staged.stages.constant.shape == (4, MAX_PHASES, len(embodiment.commands))


def test_stages_know_their_times(robot: Robot) -> None:
    one, two, three, four = schedules(robot)
    assert two.stages[0] == one
    assert three.stages[1:] == (one, four)
    assert (two.period_s, one.period_s, one.stages) == (6.5, 0.0, (one,))


def test_files_of_single_stages_are_written_and_read_as_ever(embodiment: Embodiment) -> None:
    one, _, three, _ = schedules(embodiment.robot)
    written = json.loads(ScheduleDocument.of(one).model_dump_json())
    settings = [setting.name for setting in embodiment.commands.settings]
    known = ["constant", "amplitude", "phase", "beat_frequency", *settings]
    assert list(written)[: len(known)] == known
    assert set(written) - set(known) <= {"harmonic", "path"}
    assert ScheduleDocument.model_validate(written).schedule(embodiment.commands) == one
    text = ScheduleDocument.of(three).model_dump_json()
    assert list(json.loads(text)) == [*written, "phases_s", "later"]
    read = ScheduleDocument.model_validate_json(text)
    assert read.schedule(embodiment.commands) == three


BROKEN: dict[str, tuple[tuple[float, ...] | None, int]] = {
    "no time": (None, 1),
    "time for one": ((4.0,), 0),
    "too few times": ((4.0,), 1),
    "too many stages": ((1.0,) * (MAX_PHASES + 1), MAX_PHASES),
    "too short": ((4.0, 0.1), 1),
    "too long": ((4.0, 21.0), 1),
    "not a number": ((4.0, float("nan")), 1),
}


def stages_of(space: CommandSpace, times: tuple[float, ...] | None, count: int) -> dict[str, Any]:
    one = ScheduleDocument.of(CommandSchedule.neutral(space)).model_dump()
    return {**one, **({} if times is None else {"phases_s": times}), "later": [one] * count}


@pytest.mark.parametrize(("times", "count"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_sequence_is_refused(
    embodiment: Embodiment, times: tuple[float, ...] | None, count: int
) -> None:
    with pytest.raises((ValidationError, Invalid)):
        ScheduleDocument.model_validate(stages_of(embodiment.commands, times, count)).schedule(
            embodiment.commands
        )


def test_a_stage_has_no_stages_of_its_own(robot: Robot) -> None:
    one, two, *_ = schedules(robot)
    with pytest.raises(ValueError, match="of its own"):
        CommandSchedule.sequence([one, two], (1.0, 1.0))
    with pytest.raises(ValueError, match="its time"):
        CommandSchedule.sequence([one, one], (1.0,))
    nested = ScheduleDocument.of(two).model_dump()
    nested["later"] = [ScheduleDocument.of(two).model_dump()]
    with pytest.raises((ValidationError, Invalid)):
        ScheduleDocument.model_validate(nested).schedule(one.space)


def test_a_sequence_is_no_plain_schedule(robot: Robot) -> None:
    one, two, *_ = schedules(robot)
    with pytest.raises(ValueError, match="StagedCommands"):
        CommandBatch.stack([one, two])
