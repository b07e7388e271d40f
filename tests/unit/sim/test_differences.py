"""Robots that differ from their scene: what they sense, how late they act, what is told of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment, Randomisation, Unknown
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import DIFFERENCES, EpisodeConfig, RobotDifferences
from tabrl.sim.robustness import RobustnessTest, certified_schedule
from tabrl.sim.simulator import Experience, episode

GO1 = embodiment_of(get_robot("go1"))
COUNT, SECONDS = 4, 0.3
QUIET = EpisodeConfig(reset_noise=0.0)


def differing(randomisation: Randomisation, embodiment: Embodiment = GO1) -> RobotDifferences:
    rng = np.random.default_rng(0)
    return RobotDifferences.draw(randomisation, embodiment.observation, COUNT, rng)


def steady(observation: Floats) -> Floats:
    return np.full((len(observation), GO1.robot.nu), 0.3, np.float32)


def run(differences: RobotDifferences | None, policy: object = steady) -> Experience:
    simulator = CpuSimulator(GO1.robot, COUNT, threads=1, differences=differences)
    neutral = CommandBatch.neutral(GO1.commands, COUNT)
    return episode(simulator, neutral, policy, SECONDS, config=QUIET)  # type: ignore[arg-type]


def test_robots_that_differ_in_nothing_are_those_of_the_scene() -> None:
    plain, same = run(None), run(differing(Randomisation()))
    np.testing.assert_array_equal(plain.observation, same.observation)
    np.testing.assert_array_equal(plain.privileged, same.privileged)


def test_a_late_robot_does_a_step_later_what_the_others_do() -> None:
    drawn = differing(Randomisation(late=1.0))
    late = run(replace(drawn, sees_decision=np.zeros(COUNT, bool))).rollout.action
    plain = run(None).rollout.action
    np.testing.assert_allclose(late[0], 0.0, atol=1e-6)
    np.testing.assert_allclose(late[1], plain[0], atol=0.02)


def test_a_late_robot_sees_what_it_decided_or_what_it_did() -> None:
    drawn = replace(
        differing(Randomisation(late=1.0)), sees_decision=np.array([True, True, False, False])
    )
    last = run(drawn).observation[1, :, GO1.observation["last_action"]]
    np.testing.assert_allclose(last[2:], 0.0, atol=1e-6)
    assert np.abs(last[:2]).max() > 0.1


def test_what_is_unknown_reads_zero_and_a_critic_sees_it() -> None:
    blind = Unknown(("linear_velocity", "linear_velocity_known"), 1.0)
    blinded, plain = run(differing(Randomisation(unknown=(blind,)))), run(None)
    for name in blind.segments:
        assert not blinded.observation[..., GO1.observation[name]].any()
    # What moves them does not depend on what they see: the critic sees the same as ever.
    velocity = GO1.hidden["linear_velocity"]
    np.testing.assert_array_equal(
        blinded.privileged[..., velocity], plain.privileged[..., velocity]
    )
    assert np.abs(plain.privileged[..., velocity]).max() > 0.0


def test_sensors_are_as_noisy_as_they_are_said_to_be() -> None:
    noisy = run(differing(Randomisation(noise={"gravity": 0.05})))
    clean = run(None)
    error = noisy.observation - clean.observation
    gravity = error[..., GO1.observation["gravity"]]
    assert 0.03 < gravity.std() < 0.07
    error[..., GO1.observation["gravity"]] = 0.0
    np.testing.assert_array_equal(error, 0.0)


def test_shares_are_kept() -> None:
    randomisation = Randomisation(
        late=0.25, unknown=(Unknown(("path_error",), 0.5), Unknown(("linear_velocity",), 0.25))
    )
    rng = np.random.default_rng(0)
    drawn = RobotDifferences.draw(randomisation, GO1.observation, 4000, rng)
    place, speed = (
        drawn.known[:, GO1.observation[name].start] for name in ("path_error", "linear_velocity")
    )
    assert np.mean(drawn.late) == pytest.approx(0.25, abs=0.03)
    assert np.mean(place == 0.0) == pytest.approx(0.5, abs=0.03)
    assert np.mean(speed == 0.0) == pytest.approx(0.25, abs=0.03)
    assert not np.any((place == 0.0) & (speed == 0.0))


def test_a_critic_is_told_how_robots_differ(embodiment: Embodiment) -> None:
    drawn = RobotDifferences.of_training(embodiment, COUNT, 1)
    columns = drawn.columns()
    assert columns.shape == (COUNT, len(DIFFERENCES))
    np.testing.assert_allclose(columns[:, DIFFERENCES.column("friction")], drawn.friction)
    plain = RobotDifferences.no_columns(COUNT)
    np.testing.assert_array_equal(plain[:, DIFFERENCES["late"]], 0.0)
    np.testing.assert_array_equal(plain[:, DIFFERENCES["known"]], 1.0)


def test_differences_are_shared_out_and_joined() -> None:
    drawn = RobotDifferences.of_training(GO1, COUNT, 1)
    again = RobotDifferences.joined([drawn.pick(slice(0, 1)), drawn.pick(slice(1, COUNT))])
    np.testing.assert_array_equal(again.columns(), drawn.columns())
    assert again.body == drawn.body
    with pytest.raises(ValueError, match="one body"):
        RobotDifferences.joined([drawn, replace(drawn, body="another")])


def test_a_policy_is_measured_under_every_disturbance_of_its_kind(embodiment: Embodiment) -> None:
    neutral = CommandBatch.neutral(embodiment.commands, 1).single(0)
    asked = certified_schedule(embodiment, neutral)
    test = RobustnessTest(embodiment, 2)
    still = np.zeros((1, embodiment.robot.nu), np.float32)

    def stand(observation: Floats) -> Floats:
        return np.repeat(still, len(observation), axis=0)

    rows = test.measure(stand, asked, 1.6, lambda rollout: np.ones(rollout.shape))
    assert [row.name for row in rows] == [one.name for one in embodiment.disturbances]
    assert all(row.reward == 1.0 and row.episodes == 2 for row in rows)
    if embodiment.certified and rows[0].speed_error is not None:
        # Who stands where a walk is asked for is wrong by all of it.
        assert rows[0].speed_error == pytest.approx(1.0, abs=0.15)
