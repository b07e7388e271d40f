"""Command schedules of every robot: the closed form, channels by name, files, batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.control.arrays import Array
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument, Wave
from tabrl.control.command_space import Channel, CommandSpace, Setting
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot
from tests.support.engine import random_programs

EIGHT = np.arange(8)
OLD_FILES = Path(__file__).parents[2] / "data/schedules.jsonl"  # of the first version, of the Go1
SMALL = CommandSpace(
    (
        Channel("reach", "m", -0.2, 0.4, 0.1, 0.01, "reach, m", "reach out", "draw in"),
        Channel("grip", "of 1", 0.0, 1.0, 0.3, 0.1, "grip", "grip", upward=True),
    ),
    (
        Setting("style", "how", choices=("smooth", "jerky")),
        Setting("rate", "how often, Hz", range=(0.5, 3.0), words="{:.1f} a second"),
    ),
)


def test_every_channel_has_bounds_and_a_column(embodiment: Embodiment) -> None:
    space = embodiment.commands
    assert len(space) == len(set(space.names)) > 0
    for bounds in (space.lower, space.upper, space.amplitude, space.least, space.weight):
        assert bounds.shape == (len(space),)
    assert np.all(space.lower <= 0.0)
    assert np.all(space.upper > 0.0)
    assert np.all(space.least <= space.upper)
    assert np.all((space.lower == 0.0) | ~space.upward)
    assert [space.column(name) for name in space.names] == list(range(len(space)))
    assert embodiment.schema["command"] == (len(space),)


def test_a_schedule_is_asked_for_by_name(embodiment: Embodiment) -> None:
    space = embodiment.commands
    *_, last = space.names
    schedule = CommandSchedule.asking(
        space, modulation_frequency=1.2, **{space.names[0]: 0.1, last: (0.05, 0.02, 1.5)}
    )
    assert schedule.wave(space.names[0])[0] == 0.1 or len(space) == 1
    assert schedule.wave(last) == Wave(0.05, 0.02, 1.5)
    assert np.count_nonzero(schedule.constant) == len({space.names[0], last})
    assert schedule.modulation_frequency == 1.2
    assert schedule.plain
    for setting in space.settings:
        assert schedule.setting(setting.name) == setting.neutral
    with pytest.raises(ValueError, match="telepathy"):
        CommandSchedule.asking(space, telepathy=1.0)
    with pytest.raises(KeyError):
        schedule.wave("telepathy")
    with pytest.raises(KeyError):
        schedule.setting("telepathy")


def test_a_channel_can_be_changed_alone(embodiment: Embodiment) -> None:
    schedule = random_programs(1, robot=embodiment.robot).single(0)
    for name in embodiment.commands.names:
        other = schedule.with_wave(name, Wave(0.01, 0.02, 0.03))
        assert other.wave(name) == Wave(0.01, 0.02, 0.03)
        assert other.with_wave(name, schedule.wave(name)) == schedule
    assert schedule.with_settings().plain
    assert schedule.with_settings().with_settings(schedule.settings) == schedule


def test_a_channel_is_its_constant_plus_its_swing(embodiment: Embodiment) -> None:
    space = embodiment.commands
    times = np.array([0.0, 0.1, 0.4], np.float32)
    for column, name in enumerate(space.names):
        schedule = CommandSchedule.asking(
            space, modulation_frequency=1.5, **{name: (0.3, 0.2, 0.7)}
        )
        command = CommandBatch.stack([schedule] * 3).command(times)
        expected = 0.3 + 0.2 * np.sin(2 * np.pi * 1.5 * times + 0.7)
        np.testing.assert_allclose(command[:, column], expected, atol=1e-6)
        np.testing.assert_array_equal(np.delete(command, column, axis=1), 0.0)
        peak = CommandBatch.stack([schedule]).peak()[0]
        np.testing.assert_allclose(peak[column], 0.5, atol=1e-6)


def test_numpy_and_jax_agree(robot: Robot) -> None:
    schedules = random_programs(8, robot=robot)
    time = np.linspace(0.0, 9.0, 8, dtype=np.float32)

    @jax.jit
    def compiled(time: Array) -> Array:
        return schedules.command(time, jnp)

    np.testing.assert_allclose(schedules.command(time), compiled(time), atol=2e-5)


def test_a_schedule_says_what_it_asks_in_words() -> None:
    schedule = CommandSchedule.asking(
        SMALL, modulation_frequency=1.25, reach=(-0.1, 0.05), style="jerky", rate=2.0
    )
    words = "draw in 0.10 m; reach ±0.05 m at 1.25 Hz; jerky; 2.0 a second"
    assert schedule.in_words() == words
    two = CommandSchedule.sequence([CommandSchedule.neutral(SMALL), schedule], (1.0, 2.5))
    assert two.in_words() == f"first hold still (1 s), then {words} (2.5 s)"
    once = CommandSchedule.sequence(two.stages, two.stages_s, repeat=False)
    assert once.in_words() == f"first hold still (1 s), then {words} (from then on)"
    document = ScheduleDocument.of(once).model_dump()
    assert list(document)[-1] == "repeat"
    assert ScheduleDocument.model_validate(document).schedule(SMALL) == once
    assert "repeat" not in ScheduleDocument.of(two).model_dump()  # as files have been so far


@pytest.mark.parametrize(
    "asked",
    [
        {"style": "odd"},
        {"rate": 3.5},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"reach": "far"},
        {"speed": 1.0},
    ],
)
def test_what_the_robot_cannot_be_told_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(asked)) + "|numbers"):
        CommandSchedule.asking(SMALL, **asked)


def test_json_keeps_a_schedule_exactly(embodiment: Embodiment) -> None:
    schedule = random_programs(1, 3, embodiment.robot).single(0)
    written = ScheduleDocument.of(schedule).model_dump_json()
    read = ScheduleDocument.model_validate_json(written)
    assert read.schedule(embodiment.commands) == schedule
    assert read.model_dump_json() == written
    assert CommandBatch.stack([schedule]).single(0) == schedule


@pytest.mark.parametrize("line", OLD_FILES.read_bytes().splitlines(), ids=["1", "1 b", "3"])
def test_documents_of_the_first_version_are_read_and_written_byte_for_byte(line: bytes) -> None:
    space = embodiment_of(get_robot("go1")).commands
    schedule = ScheduleDocument.model_validate_json(line).schedule(space)
    assert ScheduleDocument.of(schedule).model_dump_json().encode() == line
    assert ScheduleDocument.of(schedule).schedule(space) == schedule


def test_columns_that_a_document_leaves_out_are_zero() -> None:
    asked = CommandSchedule.asking(SMALL, reach=0.05)
    document = ScheduleDocument.model_validate({"constant": asked.constant})
    assert document.schedule(SMALL) == asked


@pytest.mark.parametrize(
    "changed",
    [
        {"constant": (0.0,) * 7},
        {"amplitude": (0.0,)},
        {"speed": 1.0},
        {"style": "moonwalk"},
        {"style": 1},
        {"rate": 9.0},
        {"rate": "often"},
        {"rate": None},
    ],
)
def test_a_document_of_another_robot_is_refused(changed: dict[str, Any]) -> None:
    good = ScheduleDocument.of(CommandSchedule.neutral(SMALL)).model_dump()
    document = ScheduleDocument.model_validate({**good, **changed})
    with pytest.raises(Invalid) as caught:
        document.schedule(SMALL)
    assert caught.value.code == "bad_schedule"


@pytest.mark.parametrize(
    "changed", [{"beat_frequency": 9.0}, {"phase": "fast"}, {"constant": None}]
)
def test_what_is_no_document_is_refused(changed: dict[str, Any]) -> None:
    good = ScheduleDocument.of(CommandSchedule.neutral(SMALL)).model_dump()
    with pytest.raises(ValidationError):
        ScheduleDocument.model_validate({**good, **changed})


def test_picking_takes_whole_schedules(robot: Robot) -> None:
    schedules = random_programs(8, robot=robot)
    picked = schedules.pick(EIGHT[::-1][:3])
    assert len(picked) == 3
    assert [picked.single(i) for i in range(3)] == [schedules.single(i) for i in (7, 6, 5)]


def test_schedules_can_be_joined_copied_and_written_over(robot: Robot) -> None:
    first, second = random_programs(3, robot=robot), random_programs(2, 1, robot)
    joined = first.joined(second)
    assert [joined.single(i) for i in (0, 3, 4)] == [
        first.single(0), second.single(0), second.single(1),
    ]  # fmt: skip
    kept = joined.copy()
    joined.replace_at(np.array([1, 4]), second)
    assert joined.single(1) == second.single(0)
    assert joined.single(4) == second.single(1)
    assert kept.single(1) == first.single(1)
    chosen = first.where(np.array([True, False, True]), first.pick(np.array([2, 2, 0])))
    assert [chosen.single(i) for i in range(3)] == [first.single(i) for i in (0, 2, 2)]
