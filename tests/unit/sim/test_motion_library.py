"""The motion library: recorded, kept and shipped."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tabrl.sim.motion_library import (
    CLIP_S,
    FALL,
    NEGATIVE_REFERENCES,
    MotionLibrary,
    dump_motion_library,
    load_motion_library,
    record_motion_library,
)
from tabrl.sim.simulator import PolicyFn
from tests.support.engine import still


@pytest.fixture(scope="module")
def recorded(robot: Robot) -> MotionLibrary:
    return record_motion_library(robot, _hold_home(robot), seed=1)


def _hold_home(robot: Robot) -> PolicyFn:
    return lambda observation: still(observation, robot)


def _avoided(embodiment: Embodiment) -> set[str]:
    """What is recorded without a schedule; not every robot can fall."""
    return {*NEGATIVE_REFERENCES} - ({FALL} if embodiment.failing_action is None else set())


def test_it_holds_what_to_do_and_what_to_avoid(
    recorded: MotionLibrary, embodiment: Embodiment
) -> None:
    assert set(recorded.clips) == {*embodiment.recipes} | _avoided(embodiment)
    assert len(set(recorded.clips)) == len(recorded.clips) == len(recorded.schedules)
    for clip, schedule in zip(recorded.clips, recorded.schedules, strict=True):
        assert schedule == embodiment.recipes.get(clip)
    neutral = CommandSchedule.neutral(embodiment.commands)
    assert neutral in recorded.schedules


def test_clips_are_three_seconds_of_every_field(
    recorded: MotionLibrary, embodiment: Embodiment
) -> None:
    steps, size = round(CLIP_S / CONTROL_DT), len(recorded.clips)
    assert {name: field.shape for name, field in recorded.rollout.fields.items()} == {
        name: (steps, size, *shape) for name, shape in embodiment.schema.items()
    }
    assert recorded.qpos.shape == (steps, size, embodiment.nq)
    second = recorded.clip(recorded.clips[1])
    np.testing.assert_array_equal(second.action[:, 0], recorded.rollout.action[:, 1])


def test_falling_falls_and_random_motion_is_neither_still_nor_repeated(
    recorded: MotionLibrary, embodiment: Embodiment
) -> None:
    if FALL in _avoided(embodiment):
        assert embodiment.failures(recorded.clip(FALL))[-1, 0] == 1.0
    resting = recorded.schedules.index(CommandSchedule.neutral(embodiment.commands))
    assert embodiment.failures(recorded.clip(recorded.clips[resting])).max() == 0.0
    random = recorded.clip("random").action[:, 0]
    assert random.std(0).min() > 0.3


def test_the_same_seed_records_the_same_library(recorded: MotionLibrary, robot: Robot) -> None:
    again, other = (record_motion_library(robot, _hold_home(robot), seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(again.qpos, recorded.qpos)
    assert not np.array_equal(other.qpos, recorded.qpos)


def test_a_file_keeps_a_bank_to_half_precision(recorded: MotionLibrary) -> None:
    loaded = load_motion_library(dump_motion_library(recorded))
    assert (loaded.robot, loaded.clips) == (recorded.robot, recorded.clips)
    assert loaded.schedules == recorded.schedules
    np.testing.assert_array_equal(loaded.rollout.time, recorded.rollout.time)
    for name, field in recorded.rollout.fields.items():
        assert loaded.rollout.fields[name].dtype == np.float32
        np.testing.assert_allclose(loaded.rollout.fields[name], field, rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(loaded.qpos, recorded.qpos, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04broken"])
def test_what_is_no_bank_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        load_motion_library(data)
    assert caught.value.code == "bad_bank"


def test_a_bank_cut_short_or_without_a_field_is_refused(recorded: MotionLibrary) -> None:
    whole = dump_motion_library(recorded)
    with pytest.raises(Invalid):
        load_motion_library(whole[: len(whole) // 2])
    with pytest.raises(Invalid):
        load_motion_library(dump_motion_library(_without(recorded, "joint_position")))


def _without(library: MotionLibrary, name: str) -> MotionLibrary:
    fields = {key: value for key, value in library.rollout.fields.items() if key != name}
    return MotionLibrary(
        library.robot, library.clips, library.schedules, type(library.rollout)(fields), library.qpos
    )
