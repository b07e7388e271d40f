"""Rewards and checks of an arm's specification: what they pay for, and that they agree."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec, fault_of
from tabrl.contracts.motion import Constant, Extreme, Hold, MotionSpec, Phase, Sinusoid, Target
from tabrl.contracts.path import Path
from tabrl.control.checks import evaluate_checks
from tabrl.control.measures import led
from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import catalogue_of, state_methods_of
from tabrl.rewards.source import check_source
from tabrl.robots import Robot
from tabrl.sim.reward.function import export_reward, load_reward
from tabrl_reward_worker.candidates import RewardCandidate
from tabrl_reward_worker.generator.generate import candidates_of, generate
from tests.support.robots import arm

SENTENCES = (
    "wave", "point up", "reach left and hold", "draw a circle of 20 cm", "write hello",
    "nod twice, then return", "dance", "turn the pen to the left", "move up and down slowly",
)  # fmt: skip
QUICK = {"xla_backend_optimization_level": 0}
TIME = np.arange(1, 751) * 0.02


def rollout(robot: Robot, **fields: np.ndarray) -> Rollout:
    """A recording of one arm of which only these fields are known."""
    schema = arm(robot).schema
    found = {name: np.zeros((len(TIME), 1, *shape), np.float32) for name, shape in schema.items()}
    found["time"] = TIME[:, None].astype(np.float32)
    found["tool_axis"][..., 2] = -1.0
    found["tool_quaternion"][..., 0] = 1.0
    for name, values in fields.items():
        found[name] = values[:, None].astype(np.float32)
    return Rollout(found)


def following(robot: Robot, path: Path) -> Rollout:
    return rollout(robot, tool_position=led(path, TIME))


def candidate(sentence: str, robot: Robot, name: str = "Direct") -> RewardCandidate:
    return next(one for one in generate(sentence, robot).candidates if one.name == name)


def paid(one: RewardCandidate, robot: Robot, recording: Rollout) -> float:
    """Mean weighted reward a step."""
    reward = load_reward(export_reward(one.code, robot).blob, QUICK)
    terms = np.asarray(reward(recording.flat()))
    weights = np.array([one.weights[name] for name in reward.terms])
    return float((terms @ weights).mean())


def value(robot: Robot, check: CheckSpec, recording: Rollout) -> float:
    return evaluate_checks([check], recording.fields, arm(robot))[0]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_all_rewards_are_valid_and_all_checks_can_be_measured(sentence: str, ur5e: Robot) -> None:
    for one in generate(sentence, ur5e).candidates:
        checked = check_source(one.code, state_methods_of(ur5e), "arm")
        assert checked.weights == one.weights
        assert max(map(len, one.code.split("\n"))) < 500
        assert len({check.id for check in one.checks}) == len(one.checks) <= 16
        assert one.checks[-1].quantity == "collided"
        for check in one.checks:
            assert fault_of(check, catalogue_of(ur5e), 20.0) is None


@pytest.mark.parametrize("name", ["Direct", "Smooth", "All at once"])
def test_being_on_the_path_pays_more_than_beside_it(name: str, ur5e: Robot) -> None:
    one = candidate("draw a circle of 20 cm", ur5e, name)
    assert one.motion is not None
    path = one.motion.phases[0].targets[0].shape
    assert isinstance(path, Path)
    on, late = following(ur5e, path), following(ur5e, path.later(1.0))
    beside = rollout(ur5e, tool_position=led(path, TIME) + np.array([0.0, 0.0, 0.05]))
    home = rollout(ur5e, tool_position=np.tile([0.5495, 0.0, 0.2385], (len(TIME), 1)))
    pays = [paid(one, ur5e, recording) for recording in (on, beside, late, home)]
    assert pays[0] == max(pays)
    assert pays[0] > pays[1] > pays[3]
    check = next(check for check in one.checks if check.id == "on_path")
    assert value(ur5e, check, on) < 1e-3
    assert value(ur5e, check, beside) == pytest.approx(0.05, abs=1e-3)
    assert not check.passed(value(ur5e, check, late))


def test_a_written_word_passes_its_checks_only_where_it_is_written(ur5e: Robot) -> None:
    one = candidate("write hello", ur5e)
    assert one.motion is not None
    path = one.motion.phases[0].targets[0].shape
    assert isinstance(path, Path)
    recording = following(ur5e, path)
    for check in one.checks:
        assert check.passed(value(ur5e, check, recording)), check.id
    trembling = led(path, TIME) + np.random.default_rng(0).normal(0.0, 0.009, (len(TIME), 3))
    check = next(check for check in one.checks if check.id.endswith("on_path"))
    assert not check.passed(value(ur5e, check, rollout(ur5e, tool_position=trembling)))


def test_a_swing_is_judged_by_size_beat_and_middle(ur5e: Robot) -> None:
    one = candidate("wave", ur5e)
    home = np.array([0.5495, 0.0, 0.5385])

    def waving(amplitude: float, hz: float, middle: float = 0.0) -> Rollout:
        places = np.tile(home, (len(TIME), 1))
        places[:, 1] = middle + amplitude * np.sin(2.0 * np.pi * hz * TIME)
        axis = np.array([np.sin(2.6), 0.0, -np.cos(2.6)])
        return rollout(ur5e, tool_position=places, tool_axis=np.tile(axis, (len(TIME), 1)))

    good = waving(0.12, 0.8)
    assert all(check.passed(value(ur5e, check, good)) for check in one.checks)
    for other in (waving(0.05, 0.8), waving(0.12, 1.1), waving(0.12, 0.8, middle=0.2)):
        failed = [c.id for c in one.checks if not c.passed(value(ur5e, c, other))]
        assert failed
        assert all(name.startswith("position_y") for name in failed)
        assert paid(one, ur5e, other) < paid(one, ur5e, good)


def target(quantity: str, shape: object, part: str | None = None) -> Target:
    return Target.model_validate({"quantity": quantity, "part": part, "shape": shape})


def held(*targets: Target) -> MotionSpec:
    return MotionSpec(phases=(Phase(targets=targets, until=Hold()),))


@pytest.mark.parametrize(
    "targets",
    [
        [target("joint_offset", Constant(value=0.4), "elbow_joint")],
        [target("joint_offset", Sinusoid(amplitude=0.2, hz=1.0), "wrist_2_joint")],
        [target("tool_speed", Constant(value=0.2))],
        [target("tool_position", Extreme(), "z"), target("tool_twist", Constant(value=0.5))],
    ],
)
def test_whatever_can_be_asked_for_is_written(targets: list[Target], ur5e: Robot) -> None:
    for one in candidates_of(held(*targets), ur5e):
        assert check_source(one.code, state_methods_of(ur5e), "arm").weights == one.weights
        assert len(one.checks) > 1


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ([target("tool_position", Constant(value=3.0), "z")], "motion_beyond"),
        ([target("tool_elevation", Sinusoid(amplitude=1.5, hz=2.0))], "motion_beyond"),
        ([target("tool_position", Path(points=((0, 0.5, 0, 0.2), (1, 3, 0, 0))))], "motion_beyond"),
        ([target("tool_position", Constant(value=0.5))], "bad_motion"),
        ([target("forward_speed", Constant(value=0.5))], "bad_motion"),
        ([], "bad_motion"),
        (
            [
                target("tool_position", Path(points=((0.0, 0.5, 0, 0.2), (2.0, 0.6, 0, 0.2)))),
                target("tool_position", Constant(value=0.3), "z"),
            ],
            "bad_motion",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_refused(targets: list[Target], code: str, ur5e: Robot) -> None:
    with pytest.raises(Invalid) as error:
        candidates_of(held(*targets), ur5e)
    assert error.value.code == code


def test_touching_pays_more_the_nearer_it_is_and_passes_on_the_table_only(ur5e: Robot) -> None:
    one = candidate("touch the table", ur5e)

    def held(z: float) -> Rollout:
        return rollout(ur5e, tool_position=np.tile([0.5495, 0.0, z], (len(TIME), 1)))

    recordings = [held(z) for z in (0.003, 0.008, 0.0185, 0.05, 0.2385)]
    pays = [paid(one, ur5e, recording) for recording in recordings]
    assert pays == sorted(pays, reverse=True)
    assert pays[1] - pays[2] > 0.05 * pays[0]
    passed = [
        all(c.passed(value(ur5e, c, recording)) for c in one.checks if c.id == "position_z")
        for recording in recordings
    ]
    assert passed == [True, False, False, False, False]
