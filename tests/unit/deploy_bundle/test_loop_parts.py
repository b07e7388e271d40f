"""The loop's parts, without any robot."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tabrl.embodiments.load import load_policy
from tabrl.export.deploy.robot_loop.controller import Controller, turned, yaw
from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.flight_log import STEPS, FlightLog, read_events, read_steps
from tabrl.export.deploy.robot_loop.limits import Limits, tilt
from tabrl.export.deploy.robot_loop.messages import RobotState
from tabrl.export.deploy.robot_loop.pacing import Tick
from tabrl.export.deploy.robot_loop.sequence import Sequence
from tabrl.export.deploy.robot_loop.settings import (
    LimitSettings,
    Settings,
    StopSettings,
    Times,
    WatchdogSettings,
)  # fmt: skip
from tabrl.export.deploy.robot_loop.stopping import Stops
from tabrl.export.deploy.robot_loop.watchdog import Guard, Watchdog
from tabrl.robots import Robot
from tests.support.hardware.rehearsal import exportable, unpacked
from tests.support.robots import PACKAGED

DT = 0.02


@pytest.fixture(scope="module", params=PACKAGED, ids=lambda robot: robot.id)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    robot: Robot = request.param
    return unpacked(exportable(robot), tmp_path_factory.mktemp(robot.id))


@pytest.fixture
def robot(bundle: Path) -> RobotDescription:
    return RobotDescription.load(bundle)


def standing(robot: RobotDescription, **changes: object) -> RobotState:
    none = np.zeros(robot.count)
    upright = np.array([1.0, 0.0, 0.0, 0.0])
    return replace(RobotState(1.0, robot.home, none, none, upright, np.zeros(3)), **changes)  # type: ignore[arg-type]


def limits(robot: RobotDescription, **chosen: float) -> Limits:
    return Limits(robot, replace(LimitSettings(), **chosen), StopSettings())


def test_the_controller_decides_as_inference_does(bundle: Path, robot: RobotDescription) -> None:
    """Wherever the robot looked when it began: ahead is where it looks then."""
    controller = Controller(bundle / "policy", robot)
    policy = load_policy((bundle / "policy/policy.safetensors").read_bytes())
    rng = np.random.default_rng(0)
    begun = standing(robot, quaternion=np.array([math.cos(0.6), 0.0, 0.0, math.sin(0.6)]))
    controller.begin(begun)
    quaternion = np.array([1.0, 0.1, -0.1, 0.2])
    quaternion /= np.linalg.norm(quaternion)
    state = standing(
        robot,
        position=robot.home + 0.1 * rng.normal(size=robot.count),
        velocity=rng.normal(size=robot.count),
        quaternion=turned(quaternion, 1.2),
        gyro=rng.normal(size=3),
    )
    last = robot.home + 0.1
    targets = controller.targets(0.34, state, last)
    unknown = np.full(3, np.nan)
    root = robot.floating
    qpos = np.concatenate([*[unknown, quaternion] * root, state.position])
    qvel = np.concatenate([*[unknown, state.gyro] * root, state.velocity])
    _, wanted = policy.control(np.array([0.34]), qpos[None], qvel[None], last[None])
    np.testing.assert_allclose(targets, wanted[0], atol=2e-4)


def test_targets_stay_within_all_limits(robot: RobotDescription) -> None:
    rng, kept = np.random.default_rng(1), limits(robot, joint_margin=0.02, torque_share=0.5)
    last, seen = robot.home, 0
    step = robot.motors.no_load_speed * DT
    for _ in range(200):
        state = standing(
            robot,
            position=robot.home + 0.1 * rng.normal(size=robot.count),
            velocity=rng.normal(size=robot.count),
        )
        target = kept.kept(robot.home + 10 * rng.normal(size=robot.count), last, state)
        assert (target >= robot.lower + 0.02 - 1e-9).all()
        assert (target <= robot.upper - 0.02 + 1e-9).all()
        pull = robot.stiffness * (target - state.position) - robot.damping * state.velocity
        most = 0.5 * robot.motors.most(state.velocity)
        least = -0.5 * robot.motors.most(-state.velocity)
        free = (target > robot.lower + 0.021) & (target < robot.upper - 0.021)
        assert (np.abs(target - last) <= step + 1e-9).all()
        free &= np.abs(target - last) < step - 1e-9  # elsewhere the speed comes first
        assert (pull[free] <= most[free] + 1e-6).all()
        assert (pull[free] >= least[free] - 1e-6).all()
        last, seen = target, seen + free.sum()
    assert seen > 200


def test_targets_move_no_faster_than_motors(robot: RobotDescription) -> None:
    calm = standing(robot)
    target = limits(robot, speed_share=0.1).kept(robot.home + 1.0, robot.home, calm)
    assert (target - robot.home <= 0.1 * robot.motors.no_load_speed * DT + 1e-9).all()


@pytest.mark.parametrize(
    ("name", "words"), [("position", "outside of its range"), ("velocity", "too fast"),
                        ("torque", "overloaded")]
)  # fmt: skip
def test_a_joint_that_is_beyond_stops_the_robot(
    robot: RobotDescription, name: str, words: str
) -> None:
    """Three times in a row; once may be a wrong reading."""
    watched, values = limits(robot), np.array(getattr(standing(robot), name))
    values[-1] = 1_000.0
    beyond = standing(robot, **{name: values})
    assert [watched.violated(beyond), watched.violated(standing(robot))] == [None, None]
    reasons = [watched.violated(beyond) for _ in range(3)]
    assert reasons[:2] == [None, None]
    assert reasons[2] is not None
    assert words in reasons[2]
    assert robot.joint_names[-1] in reasons[2]


def test_only_what_floats_can_tip_over(robot: RobotDescription) -> None:
    lying = standing(robot, quaternion=np.array([math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0]))
    assert (limits(robot).violated(lying) is not None) == robot.floating
    assert tilt(lying.quaternion) == pytest.approx(math.pi / 2)


def test_a_sequence_never_jumps(robot: RobotDescription) -> None:
    """From anywhere, into whatever the policy wants, and out of it."""
    start = np.clip(robot.home + 0.7, robot.lower, robot.upper)
    times = Times(rise_s=0.2, hold_s=0.1, fade_s=0.3, lower_s=0.2, speed=1.0)
    sequence = Sequence(start, robot, times, run_s=0.5)
    last, phases, step = start, [], 0
    while (wanted := sequence.at(step * DT, last, lambda time: robot.home + 0.2)) is not None:
        assert np.abs(wanted.target - last).max() <= 1.0 * DT * 1.2 + 0.2 * (wanted.phase == "fade")
        last, step = wanted.target, step + 1
        phases += [wanted.phase] * (wanted.phase not in phases)
    lower = ["lower"] * (robot.rest is not None)
    assert phases == ["rise", "hold", "fade", "run", "return", *lower]
    end = robot.home if robot.rest is None else robot.rest
    np.testing.assert_allclose(last, end, atol=0.03)


def test_the_policy_is_asked_at_times_of_its_own(robot: RobotDescription) -> None:
    sequence, asked = Sequence(robot.home, robot, Times(), run_s=1.0), list[float]()

    def policy(time: float) -> np.ndarray:
        asked.append(time)
        return robot.home

    for step in range(round(8.0 / DT)):
        sequence.at(step * DT, robot.home, policy)
    np.testing.assert_allclose(np.diff(asked), DT)
    assert 0.0 <= asked[0] < DT + 1e-9
    assert asked[-1] >= 1.0 + 2 * Times().fade_s - 2 * DT


def test_the_watchdog_sees_old_states_and_late_steps() -> None:
    settings = WatchdogSettings()
    state = RobotState(0.0, *np.zeros((3, 2)), np.array([1.0, 0, 0, 0]), np.zeros(3))
    assert Watchdog(settings).reason(Tick(state, 0.01, 0.0)) is None
    assert "no state" in str(Watchdog(settings).reason(Tick(state, 0.2, 0.0)))
    assert "late" in str(Watchdog(settings).reason(Tick(state, 0.0, 0.06)))
    dog = Watchdog(settings)
    late = [dog.reason(Tick(state, 0.0, 0.02)) for _ in range(5)]
    assert late[:4] == [None] * 4
    assert "late" in str(late[4])
    broken = replace(state, gyro=np.array([np.nan, 0.0, 0.0]))
    assert "not a number" in str(Watchdog(settings).reason(Tick(broken, 0.0, 0.0)))


def test_the_guard_brakes_for_a_loop_that_hangs() -> None:
    braked, stops = threading.Event(), Stops()
    with Guard(braked.set, stops, silent_s=0.05):
        assert braked.wait(60.0)
    assert "silent" in str(stops.reason)


def test_the_guard_lets_a_loop_be_that_tells_of_itself() -> None:
    braked, stops = threading.Event(), Stops()
    with Guard(braked.set, stops, silent_s=60.0) as guard:
        guard.heard()
    assert not braked.is_set()
    assert stops.reason is None


def test_the_first_reason_to_stop_stays() -> None:
    stops = Stops()
    stops.stop("first")
    stops.stop("second")
    assert stops.reason == "first"


def test_a_log_is_readable_after_a_crash(robot: RobotDescription, tmp_path: Path) -> None:
    """What was being written is left out; the error stands among the events."""
    tick = Tick(standing(robot), 0.001, 0.002)

    def crash() -> None:
        with FlightLog(tmp_path, robot, Settings()) as log:
            log.event("phase", phase="run")
            for step in range(3):
                assert tick.state is not None
                log.step(step, "run", tick, tick.state, robot.home, np.full(3, np.nan))
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        crash()
    path = tmp_path / STEPS
    path.write_bytes(path.read_bytes()[:-5])
    names, rows = read_steps(tmp_path)
    assert len(rows) == 2
    np.testing.assert_allclose(rows[1, names.index("late_s")], 0.002)
    assert read_events(tmp_path)[-1]["error"] == "RuntimeError('boom')"


def test_a_heading_turns_away() -> None:
    attitude = np.array([0.9, 0.1, 0.2, 0.3])
    attitude /= np.linalg.norm(attitude)
    again = turned(attitude, -yaw(attitude))
    assert yaw(again) == pytest.approx(0.0, abs=1e-12)
    assert yaw(0.6 * attitude) == pytest.approx(yaw(attitude))
    assert tilt(again) == pytest.approx(tilt(attitude))
