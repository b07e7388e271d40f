"""A student estimates what a real robot does not sense, and its teacher listens to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tabrl.contracts.training import RobustnessRow
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import Layer, PolicyWeights, read_policy
from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.simulator import episode
from tabrl_trainer.distillation.cli import main, needed, worse
from tabrl_trainer.distillation.learning import Amount, taught
from tabrl_trainer.distillation.student import FRAMES, Columns, Student, StudentPolicy
from tabrl_trainer.pretrained import load_pretrained
from tests.support.made_up import made_up_weights

GO1 = embodiment_of(get_robot("go1"))
COLUMNS = Columns.of(GO1)
WALK = CommandSchedule.asking(GO1.commands, vx=0.8)


def constant(value: float) -> Student:
    """Always says the same."""
    wide = FRAMES * len(COLUMNS.seen)
    layer = Layer(np.zeros((wide, 3), np.float32), np.full(3, value, np.float32))
    return Student(
        PolicyWeights(np.zeros(wide, np.float32), np.ones(wide, np.float32), (layer,)), COLUMNS
    )


def echo(frame: int) -> Student:
    """Says the first three numbers of one of the frames it reads."""
    each, wide = len(COLUMNS.seen), FRAMES * len(COLUMNS.seen)
    kernel = np.zeros((wide, 3), np.float32)
    kernel[frame * each : frame * each + 3] = np.eye(3)
    layer = Layer(kernel, np.zeros(3, np.float32))
    return Student(
        PolicyWeights(np.zeros(wide, np.float32), np.ones(wide, np.float32), (layer,)), COLUMNS
    )


class Listening(PolicyWeights):
    """A teacher that keeps what it is told."""

    def act(self, observation: np.ndarray) -> np.ndarray:
        self.__dict__["told"] = observation
        return super().act(observation)


def listening() -> Listening:
    return Listening(**vars(made_up_weights(GO1.robot)))


def test_the_teacher_is_told_the_estimate_and_nothing_that_is_not_known() -> None:
    teacher, rng = listening(), np.random.default_rng(0)
    policy = StudentPolicy(teacher, constant(0.7))
    policy.begin(4)
    seen = rng.normal(size=(4, len(GO1.observation))).astype(np.float32)
    before = seen.copy()
    policy(seen)
    told = teacher.__dict__["told"]
    np.testing.assert_allclose(told[:, GO1.observation["linear_velocity"]], 0.7)
    assert (told[:, GO1.observation.column("linear_velocity_known")] == 1.0).all()
    assert not told[:, GO1.observation["path_error"]].any()
    same = np.setdiff1d(
        np.arange(told.shape[1]),
        [*np.arange(told.shape[1])[COLUMNS.estimated], COLUMNS.known, *COLUMNS.without],
    )
    np.testing.assert_array_equal(told[:, same], before[:, same])
    np.testing.assert_array_equal(seen, before)


def test_it_remembers_until_an_episode_begins() -> None:
    """Gravity as seen two steps before: the last frame but two."""
    teacher = listening()
    policy = StudentPolicy(teacher, echo(FRAMES - 3))
    policy.begin(2)
    first, *others = (
        np.random.default_rng(1).normal(size=(4, 2, len(GO1.observation))).astype(np.float32)
    )
    for observation in (first, *others):
        policy(observation)
    velocity, gravity = GO1.observation["linear_velocity"], GO1.observation["gravity"]
    np.testing.assert_allclose(teacher.__dict__["told"][:, velocity], others[0][:, gravity])
    policy.begin(2)
    policy(others[2])
    np.testing.assert_allclose(teacher.__dict__["told"][:, velocity], others[2][:, gravity])


def test_those_who_know_are_told_the_truth() -> None:
    teacher = listening()
    policy = StudentPolicy(teacher, constant(0.7), knowing=0.5)
    policy.begin(4)
    seen = np.ones((4, len(GO1.observation)), np.float32)
    policy(seen)
    velocity = teacher.__dict__["told"][:, GO1.observation["linear_velocity"]]
    np.testing.assert_allclose(velocity[:, 0], [1.0, 1.0, 0.7, 0.7])


def test_an_episode_tells_when_it_begins() -> None:
    simulator, sizes = CpuSimulator(GO1.robot, 16), list[int]()
    policy = StudentPolicy(made_up_weights(GO1.robot), constant(0.0))
    begin = policy.begin
    policy.begin = lambda robots: (sizes.append(robots), begin(robots))[1]  # type: ignore[method-assign]
    for _ in range(2):
        episode(simulator, StagedCommands.stack([WALK] * 16), policy, 0.1, block_s=0.06)
    assert sizes == [16, 16]


def test_it_learns_and_says_how_well() -> None:
    teacher = read_policy(load_pretrained("go1").policy)[1]
    amount, errors = Amount(rounds=2, robots=16, seconds=1.5, steps=80, batch=128), list[float]()
    taught(GO1, teacher, WALK, amount, lambda _, error: errors.append(error))
    assert len(errors) == 2
    assert errors[-1] < 0.25  # a guess of nothing is off by some 0.4 m/s


def test_a_robot_that_senses_all_needs_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        Columns.of(embodiment_of(get_robot("ur5e")))
    assert refused.value.code == "all_sensed"
    assert main(["ur5e", str(tmp_path / "student")]) == 1
    assert "needs no student" in capsys.readouterr().err


def rows(nominal: float, blind: float | None, falls: float = 0.0) -> tuple[RobustnessRow, ...]:
    """A certificate whose other rows are bad."""

    def row(name: str) -> RobustnessRow:
        error = {"nominal": nominal, "velocity_unknown": blind}.get(name, 0.9)
        fall_rate = falls if name == "velocity_unknown" else 0.0
        return RobustnessRow(
            name=name, words=name, reward=None, speed_error=error, fall_rate=fall_rate, episodes=8
        )

    return tuple(row(one.name) for one in GO1.disturbances)


def test_the_certificate_says_who_needs_one() -> None:
    assert not needed(GO1, rows(0.002, 0.008))
    assert needed(GO1, rows(0.002, 0.158))
    assert needed(GO1, rows(0.002, 0.002, falls=0.1))
    assert needed(GO1, rows(0.002, None, falls=1.0))
    assert worse(GO1, rows(0.0, 0.04), rows(0.0, 0.05))
    assert not worse(GO1, rows(0.0, 0.158), rows(0.0, 0.019))
