"""What the rollouts of all kinds of robot have in common."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT, RawSteps, Rollout, concatenate
from tabrl.control.segments import Segments
from tests.support.engine import random_programs
from tests.support.raw_steps import part, random_raw_steps


def derive(embodiment: Embodiment, raw: RawSteps) -> Rollout:
    return embodiment.derive(raw, embodiment.carry(raw.time.shape[1]))


def test_fields_are_those_of_the_schema(embodiment: Embodiment) -> None:
    rollout = derive(embodiment, random_raw_steps(embodiment, 3, 2))
    assert {name: field.shape for name, field in rollout.fields.items()} == {
        name: (3, 2, *shape) for name, shape in embodiment.schema.items()
    }
    assert {field.dtype for field in rollout.fields.values()} == {np.dtype(np.float32)}


def test_previous_actions_and_accelerations_look_one_step_back(embodiment: Embodiment) -> None:
    rollout = derive(embodiment, random_raw_steps(embodiment, 4))
    np.testing.assert_array_equal(rollout.previous_action[0], 0.0)
    np.testing.assert_array_equal(rollout.previous_action[1:], rollout.action[:-1])
    np.testing.assert_array_equal(rollout.previous_previous_action[:2], 0.0)
    np.testing.assert_array_equal(rollout.previous_previous_action[2:], rollout.action[:-2])
    acceleration = np.diff(rollout.joint_velocity, axis=0) / CONTROL_DT
    np.testing.assert_allclose(rollout.joint_acceleration[1:], acceleration, rtol=1e-4)


def test_a_reset_forgets_what_was_before_and_only_that(embodiment: Embodiment) -> None:
    raw = random_raw_steps(embodiment, 8, 2, seed=1)
    never = derive(embodiment, raw)
    raw.just_reset[4, 0] = 1.0
    rollout = derive(embodiment, raw)
    alone = derive(embodiment, part(raw, slice(4, None)))
    again = raw.just_reset.copy()
    for name, field in rollout.fields.items():
        np.testing.assert_array_equal(field[4:, 0], alone.fields[name][:, 0], err_msg=name)
        np.testing.assert_array_equal(field[:4, 0], never.fields[name][:4, 0], err_msg=name)
        np.testing.assert_array_equal(field[:, 1], never.fields[name][:, 1], err_msg=name)
    np.testing.assert_array_equal(raw.just_reset, again)


@pytest.mark.parametrize("cut", [1, 4, 5])
def test_blocks_make_the_same_rollout_as_one_go(embodiment: Embodiment, cut: int) -> None:
    raw = random_raw_steps(embodiment, 9, 3, seed=2)
    raw.just_reset[5, 1] = raw.just_reset[4, 2] = 1.0
    whole, carry = derive(embodiment, raw), embodiment.carry(3)
    blocks = [embodiment.derive(part(raw, s), carry) for s in (slice(cut), slice(cut, None))]
    joined = concatenate(blocks)
    for name, field in whole.fields.items():
        np.testing.assert_array_equal(joined.fields[name], field, err_msg=name)


def test_the_state_behind_a_rollout_is_given_back(embodiment: Embodiment) -> None:
    raw = random_raw_steps(embodiment, 3, 2)
    np.testing.assert_array_equal(embodiment.qpos_of(derive(embodiment, raw)), raw.qpos)


def test_what_was_commanded_is_recorded(embodiment: Embodiment) -> None:
    schedules = random_programs(4, robot=embodiment.robot)
    time = np.array([0.0, 0.3, 1.1, 2.0])
    told = embodiment.command_features(time, schedules)
    raw = random_raw_steps(embodiment, 1, 4)
    raw.commanded[0] = told[:, embodiment.recorded]
    rollout = derive(embodiment, raw)
    np.testing.assert_allclose(rollout.command[0], schedules.command(time), atol=1e-6)


def test_a_flat_rollout_runs_through_steps_first_and_robots_can_be_taken_out(
    embodiment: Embodiment,
) -> None:
    rollout = derive(embodiment, random_raw_steps(embodiment, 3, 2))
    flat = rollout.flat()
    assert flat["action"].shape == (6, embodiment.robot.nu)
    np.testing.assert_array_equal(flat["action"][3], rollout.action[1, 1])
    second = rollout.robots(slice(1, 2))
    assert second.shape == (3, 1)
    np.testing.assert_array_equal(second.action[:, 0], rollout.action[:, 1])
    with pytest.raises(AttributeError, match="telepathy"):
        _ = rollout.telepathy


def test_segments_lie_one_after_the_other() -> None:
    segments = Segments((("a", 2), ("b", 1), ("c", 3)))
    assert (len(segments), segments.names) == (6, ("a", "b", "c"))
    assert (segments["a"], segments.column("b"), segments.span("b", "c")) == (
        slice(0, 2), 2, slice(2, 6),
    )  # fmt: skip
    joined = segments.join({"c": np.full(3, 3.0), "a": np.ones(2), "b": np.full(1, 2.0)})
    assert joined.tolist() == [1, 1, 2, 3, 3, 3]
    with pytest.raises(KeyError):
        segments.join({"a": np.ones(2)})
