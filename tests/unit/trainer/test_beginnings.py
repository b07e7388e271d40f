"""Episodes that begin in the middle of a schedule: where a reward finds their robots."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl_trainer.beginnings import Beginnings
from tests.support.motion import Motion, rollout_of

GO1 = get_robot("go1")
LEGGED = embodiment_of(GO1)
ASK = CommandSchedule.asking
TURN, WALK, STAND = (ASK(LEGGED.commands, **asked) for asked in ({"yaw": 1.0}, {"vx": 0.5}, {}))
DANCE = CommandSchedule.sequence([TURN, WALK, STAND], (1.5, 4.0, 2.0), repeat=False)
LED = (1.5, 2.0 * np.cos(1.5), 2.0 * np.sin(1.5))  # rad, m, m: where it stands in the end


def standing(*begins: float, seconds: float = 1.0) -> Rollout:
    """Robots that stand where they were reset; each begins at another time of the schedule."""
    one = rollout_of(Motion(), GO1, seconds)
    fields = {name: np.repeat(field, len(begins), axis=1) for name, field in one.fields.items()}
    steps = np.arange(1, len(one.time) + 1, dtype=np.float32)[:, None] * CONTROL_DT
    return Rollout({**fields, "time": (steps + np.float32(begins)).astype(np.float32)})


def never(rollout: Rollout) -> np.ndarray:
    return np.zeros_like(rollout.time)


def test_who_begins_late_is_where_the_schedule_had_led() -> None:
    shown = standing(0.0, 6.0)
    placed = Beginnings(LEGGED, DANCE).placed(shown, never(shown))
    np.testing.assert_array_equal(placed.base_position[:, 0], shown.base_position[:, 0])
    far = (placed.base_position - placed.initial_position)[:, 1, :2]
    np.testing.assert_allclose(far, np.broadcast_to(LED[1:], far.shape), atol=0.02)
    turned = placed.fields["heading"][:, 1] - shown.fields["heading"][:, 1]
    np.testing.assert_allclose(turned, LED[0], atol=1e-3)


def test_every_episode_begins_for_itself_and_goes_on_over_rollouts() -> None:
    first, then = standing(6.0), standing(0.0)
    both = np.concatenate([first.time, then.time])
    ends = np.zeros_like(both)
    ends[len(first.time) - 1] = 1.0
    whole = Rollout(
        {name: np.concatenate([first.fields[name], then.fields[name]]) for name in first.fields}
    )
    placed = Beginnings(LEGGED, DANCE).placed(whole, ends)
    pieces = Beginnings(LEGGED, DANCE)
    for begin in range(0, len(both), 10):
        rows = slice(begin, begin + 10)
        part = Rollout({name: field[rows] for name, field in whole.fields.items()})
        moved = pieces.placed(part, ends[rows])
        np.testing.assert_allclose(moved.base_position, placed.base_position[rows], atol=1e-5)
    turned = placed.fields["heading"] - whole.fields["heading"]
    assert turned[0, 0] == pytest.approx(LED[0], abs=1e-3)
    assert turned[-1, 0] == 0.0


def test_nothing_was_before_a_schedule_of_one_stage() -> None:
    shown = standing(3.0)
    assert Beginnings(LEGGED, WALK).placed(shown, never(shown)) is shown
