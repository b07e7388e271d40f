"""What the loop sends when sensors, the policy, the log or a maker's library go wrong."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tabrl.control.policy import Layer, PolicyWeights, read_policy
from tabrl.export.deploy.robot_loop.controller import Controller
from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.flight_log import FlightLog, read_events
from tabrl.export.deploy.robot_loop.limits import Limits
from tabrl.export.deploy.robot_loop.loop import Loop, Parts
from tabrl.export.deploy.robot_loop.messages import UPRIGHT, JointCommand, RobotState
from tabrl.export.deploy.robot_loop.pacing import Tick
from tabrl.export.deploy.robot_loop.settings import (
    LimitSettings,
    Settings,
    StopSettings,
    Times,
    WatchdogSettings,
)  # fmt: skip
from tabrl.export.deploy.robot_loop.stopping import Stops
from tabrl.export.deploy.robot_loop.watchdog import Guard
from tabrl.robots import get_robot
from tabrl_trainer.pretrained import load_pretrained
from tests.support.hardware.rehearsal import exportable, unpacked

ROBOT = get_robot("go1")
SETTINGS = Settings(
    times=Times(rise_s=0.1, hold_s=0.04, fade_s=0.1, lower_s=0.1, speed=10.0),
    watchdog=WatchdogSettings(silent_s=60.0),
    stop=StopSettings(damp_s=0.1),
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(exportable(ROBOT, vx=0.5), tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def robot(bundle: Path) -> RobotDescription:
    return RobotDescription.load(bundle)


class Scripted:
    """A robot that stands at home, but for the states that a test has changed; keeps what it hears.

    Adapter and pacer in one: every step has the next state at once.
    """

    def __init__(self, robot: RobotDescription, wrong: dict[int, dict[str, Any]]) -> None:
        self._robot, self._wrong, self._count = robot, wrong, 0
        self.refused = 0
        self.sent: list[np.ndarray] = []
        self.stops = 0

    def poll(self, timeout_s: float) -> RobotState:
        changes = self._wrong.get(self._count, {})
        self._count += 1
        none = np.zeros(self._robot.count)
        state = RobotState(0.02 * self._count, self._robot.home, none, none, UPRIGHT, np.zeros(3))
        return replace(state, **changes)

    def begin(self, state: RobotState) -> None:
        pass

    def next(self) -> Tick:
        return Tick(self.poll(0.0), 0.0, 0.0)

    def send(self, command: JointCommand) -> None:
        self.sent.append(command.target)

    def idle(self) -> None:
        pass

    def stop(self) -> None:
        self.stops += 1

    def close(self) -> None:
        pass

    def connect(self, moves: bool) -> None:
        pass


def loop_of(
    robot: RobotDescription, adapter: Scripted, controller: Any, log: FlightLog, run_s: float = 0.2
) -> Loop:
    return Loop(Parts(robot, controller, adapter, adapter, Stops(), log, SETTINGS), run_s)


@pytest.fixture
def log(robot: RobotDescription, tmp_path: Path) -> Iterator[FlightLog]:
    with FlightLog(tmp_path / "log", robot, SETTINGS) as made:
        yield made


@pytest.fixture
def controller(bundle: Path, robot: RobotDescription) -> Controller:
    return Controller(bundle / "policy", robot)


def last_joint(robot: RobotDescription, value: float, others: np.ndarray) -> np.ndarray:
    values = np.array(others)
    values[-1] = value
    return values


WILD = {
    "velocity": 1e4, "position": 1000.0, "far position": -1e300, "far velocity": 1e300,
    "torque": 1e6, "gyro": 1e300,
}  # fmt: skip


@pytest.mark.parametrize("what", WILD)
def test_targets_stay_while_a_state_is_beyond(
    robot: RobotDescription, controller: Controller, log: FlightLog, what: str
) -> None:
    """In every phase: one reading, and two in a row."""
    name = what.split()[-1]
    values = np.zeros(3) if name == "gyro" else np.zeros(robot.count)
    values = last_joint(robot, WILD[what], robot.home if name == "position" else values)
    wrong = {place: {name: values} for place in (2, 3, 7, 11, 12, 16, 17, 22, 23)}
    adapter = Scripted(robot, wrong)
    assert loop_of(robot, adapter, controller, log).run() is None
    for place in wrong:
        np.testing.assert_array_equal(adapter.sent[place], adapter.sent[place - 1])
    moved = np.abs(np.diff(adapter.sent, axis=0))
    assert moved.max() > 0.01
    assert (moved <= robot.motors.no_load_speed * robot.control_s + 1e-9).all()
    assert {event.get("phase") for event in read_events(log.folder)} >= {"fade", "run", "return"}


def test_no_state_makes_a_target_jump(robot: RobotDescription) -> None:
    limits = Limits(robot, LimitSettings(speed_share=0.1), StopSettings())
    rng, none = np.random.default_rng(0), np.zeros(robot.count)
    last = robot.home
    for size in np.geomspace(0.1, 1e9, 200):
        position, velocity, wanted = size * rng.normal(size=(3, robot.count))
        state = RobotState(1.0, position, velocity, none, UPRIGHT, np.zeros(3))
        target = limits.kept(wanted, last, state)
        assert (np.abs(target - last) <= 0.1 * robot.motors.no_load_speed * 0.02 + 1e-9).all()
        last = target


def test_a_margin_wider_than_the_joints_leaves_their_middle(robot: RobotDescription) -> None:
    inside = Limits(robot, LimitSettings(joint_margin=50.0), StopSettings()).within(robot.home)
    np.testing.assert_allclose(inside, (robot.lower + robot.upper) / 2.0)


def test_it_does_not_begin_from_a_wild_reading(
    robot: RobotDescription, controller: Controller, log: FlightLog
) -> None:
    wild = {"position": robot.home + 1000.0}
    adapter = Scripted(robot, {0: wild, 1: wild})
    assert loop_of(robot, adapter, controller, log).run() is None
    np.testing.assert_allclose(adapter.sent[0], robot.home)


def test_a_robot_that_is_beyond_from_the_start_is_not_moved(
    robot: RobotDescription, controller: Controller, log: FlightLog
) -> None:
    wild = {"position": robot.home + 1000.0}
    adapter = Scripted(robot, dict.fromkeys(range(100), wild))
    assert "outside of its range" in str(loop_of(robot, adapter, controller, log).run())
    assert adapter.sent == []
    assert adapter.stops > 1


BROKEN: dict[str, dict[str, Any]] = {
    "no attitude": {"quaternion": np.zeros(4)},
    "far too long an attitude": {"quaternion": np.full(4, 1e200)},
    "twice as long": {"quaternion": 2.01 * UPRIGHT},
    "no number among the turns": {"gyro": np.array([0.0, math.nan, 0.0])},
    "an infinite joint": {"position": np.full(12, math.inf)},
    "no time": {"time": math.nan},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_it_stops_at_a_state_that_holds_no_numbers(
    robot: RobotDescription, controller: Controller, log: FlightLog, changes: dict[str, Any]
) -> None:
    adapter = Scripted(robot, {15: changes})
    assert "not a number" in str(loop_of(robot, adapter, controller, log).run())
    assert len(adapter.sent) == 15
    assert np.isfinite(adapter.sent).all()
    assert adapter.stops > 1


def test_nothing_is_sent_after_a_stop_while_it_decided(
    robot: RobotDescription, log: FlightLog
) -> None:
    """As when a policy hangs and the guard has braked meanwhile."""
    stops, adapter = Stops(), Scripted(robot, {})
    sent = list[int]()

    def targets(*_: object) -> np.ndarray:
        sent.append(len(adapter.sent))
        stops.stop("the loop was silent")
        return robot.home

    slow = SimpleNamespace(begin=lambda state: None, targets=targets, velocity=np.full(3, np.nan))
    parts = Parts(robot, slow, adapter, adapter, stops, log, SETTINGS)  # type: ignore[arg-type]
    assert Loop(parts, 0.2).run() == "the loop was silent"
    assert sent == [len(adapter.sent)]


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_targets_that_are_no_numbers_are_not_sent(
    robot: RobotDescription, log: FlightLog, number: float
) -> None:
    broken = SimpleNamespace(
        begin=lambda state: None,
        targets=lambda time, state, last: last_joint(robot, number, robot.home),
        velocity=np.full(3, np.nan),
    )
    adapter = Scripted(robot, {})
    assert loop_of(robot, adapter, broken, log).run() == "the targets in fade are not numbers"
    assert np.isfinite(adapter.sent).all()
    assert adapter.stops > 1


def test_a_network_of_no_numbers_moves_nothing(log: FlightLog, tmp_path: Path) -> None:
    weights = read_policy(load_pretrained(ROBOT.id).policy)[1]
    first = weights.layers[0]
    layers = (Layer(first.kernel * np.nan, first.bias), *weights.layers[1:])
    model = exportable(ROBOT, PolicyWeights(weights.mean, weights.std, layers))
    bundle = unpacked(model, tmp_path / "bundle")
    robot = RobotDescription.load(bundle)
    adapter = Scripted(robot, {})
    reason = loop_of(robot, adapter, Controller(bundle / "policy", robot), log).run()
    assert reason == "the targets in fade are not numbers"
    assert np.isfinite(adapter.sent).all()


def test_a_full_disk_does_not_end_the_braking(
    robot: RobotDescription, controller: Controller, log: FlightLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    adapter = Scripted(robot, {})
    loop = loop_of(robot, adapter, controller, log)
    monkeypatch.setattr(log, "event", full)
    began = time.monotonic()
    with pytest.raises(OSError, match="No space"):
        loop.run()
    assert time.monotonic() - began >= SETTINGS.stop.damp_s
    assert adapter.stops > 1


def test_a_library_that_raises_is_asked_to_stop_again(
    robot: RobotDescription, controller: Controller, log: FlightLog
) -> None:
    class Raising(Scripted):
        def stop(self) -> None:
            super().stop()
            if self.stops != 3:
                raise RuntimeError("the library")

    adapter = Raising(robot, {})
    assert loop_of(robot, adapter, controller, log).run() is None
    assert adapter.stops > 3


def test_the_guard_goes_on_when_braking_raises() -> None:
    enough, tried = threading.Event(), list[int]()

    def brake() -> None:
        tried.append(1)
        if len(tried) >= 3:
            enough.set()
        raise RuntimeError("the library")

    with Guard(brake, Stops(), silent_s=0.02):
        assert enough.wait(60.0)


def test_the_guard_does_not_wait_for_a_library_that_hangs() -> None:
    hangs, released, returned = (threading.Event() for _ in range(3))

    def brake() -> None:
        hangs.set()
        released.wait(20.0)
        returned.set()

    with Guard(brake, Stops(), silent_s=0.02):
        assert hangs.wait(60.0)
    assert not returned.is_set()
    released.set()
