"""States that come twice, late or after newer ones, from every kind of connection."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tabrl.export.deploy.robot_loop import unitree_go1_packets
from tabrl.export.deploy.robot_loop.adapters.loopback import adapter as loopback
from tabrl.export.deploy.robot_loop.adapters.unitree_go1 import Library
from tabrl.export.deploy.robot_loop.adapters.unitree_go1 import adapter as go1_adapter
from tabrl.export.deploy.robot_loop.adapters.unitree_sdk2 import UnitreeDds
from tabrl.export.deploy.robot_loop.adapters.universal_robots import UniversalRobot
from tabrl.export.deploy.robot_loop.clock import Age, Clock
from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.fake.conditions import Conditions, Wire
from tabrl.export.deploy.robot_loop.loopback_packets import state_packet
from tabrl.export.deploy.robot_loop.messages import UPRIGHT, Adapter, RobotState
from tabrl.export.deploy.robot_loop.pacing import WallPacer
from tabrl.export.deploy.robot_loop.settings import Connection, Settings
from tabrl.robots import get_robot
from tests.support.hardware.rehearsal import exportable, unpacked

ROUND_S = 2**32 * 1e-6


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> RobotDescription:
    bundle = unpacked(exportable(get_robot("go1")), tmp_path_factory.mktemp("bundle"))
    return RobotDescription.load(bundle)


def state(robot: RobotDescription, time: float) -> RobotState:
    return RobotState(time, *np.zeros((3, robot.count)), UPRIGHT, np.zeros(3))


def test_a_counter_of_32_bits_goes_on_after_its_end() -> None:
    clock = Clock(ROUND_S)
    ticks = [2**32 - 3000, 2**32 - 1000, 1000, 2**32 - 1000, 1000, 3000, 2000]
    times = [clock.newer(tick * 1e-6) for tick in ticks]
    first = times[0]
    assert first is not None
    found = [None if time is None else round(time - first, 6) for time in times]
    assert found == [0.0, 0.002, 0.004, None, None, 0.006, None]


@pytest.mark.parametrize("told", [1.0, 0.5, -1e9, math.nan, math.inf])
def test_a_clock_that_does_not_go_on_tells_nothing_new(told: float) -> None:
    clock = Clock()
    assert clock.newer(1.0) == 1.0
    assert clock.newer(told) is None
    assert clock.newer(1.002) == pytest.approx(1.002)


def test_a_delay_makes_states_old_and_clocks_that_part_do_not() -> None:
    age = Age()
    for step in range(100):  # an hour in all, and the robot's clock a ten-thousandth slower
        now = step * 36.0
        age.arrived(now * 0.9999 - 77.0, now)
        assert age.at(now) < 0.005
    age.arrived(now * 0.9999 - 77.0 + 0.02 - 0.5, now + 0.02)
    assert age.at(now + 0.02) == pytest.approx(0.5, abs=0.01)
    assert age.at(now + 0.12) == pytest.approx(0.6, abs=0.01)


def test_a_network_that_slows_down_makes_states_old() -> None:
    """They never cease to come."""
    wire: Wire[float] = Wire(Conditions(lag_s=0.01, slower=0.25), np.random.default_rng(0))
    age, gaps, came = Age(), list[float](), 0.0
    for step in range(1500):
        now = 0.002 * step
        wire.put(now, now)
        for told in wire.out(now):
            age.arrived(told, now)
            gaps, came = [*gaps, now - came], now
    assert max(gaps[1:]) < 0.005
    assert age.at(now) == pytest.approx(0.6, abs=0.02)


def test_the_wall_clocks_pace_knows_old_states_that_have_only_just_come() -> None:
    told = iter([state_of_two(1000.0), state_of_two(500.0)])
    pacer = WallPacer(SimpleNamespace(poll=lambda timeout_s: next(told)), 0.0)
    pacer.begin(state_of_two(999.0))
    assert pacer.next().age_s < 400.0
    assert pacer.next().age_s >= 500.0


def state_of_two(time: float) -> RobotState:
    return RobotState(time, *np.zeros((3, 2)), UPRIGHT, np.zeros(3))


def test_a_wire_lets_messages_overtake_and_repeats_them() -> None:
    conditions = Conditions(overtaken=0.2, repeated=0.2)
    wire: Wire[int] = Wire(conditions, np.random.default_rng(0))
    came = list[int]()
    for step in range(500):
        wire.put(0.002 * step, step)
        came += wire.out(0.002 * step)
    came += wire.out(2.0)
    assert set(came) == set(range(500))
    assert 550 < len(came) < 650
    assert (np.diff(came) < 0).sum() > 50


@pytest.fixture(params=["loopback", "unitree_go1"])
def by_udp(
    request: pytest.FixtureRequest, robot: RobotDescription
) -> Iterator[tuple[Adapter, Any]]:
    """A robot by UDP, and what sends it a state of a time."""
    pack = state_packet
    if request.param == "unitree_go1":
        pack = partial(unitree_go1_packets.state_packet, robot)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        where = Connection(request.param, transport="udp", port=server.getsockname()[1])
        settings = replace(Settings(), connection=where)
        made = (loopback if request.param == "loopback" else go1_adapter)(robot, settings)
        made.connect(moves=False)
        made.idle()
        _, peer = server.recvfrom(65_535)
        yield made, lambda time: server.sendto(pack(state(robot, time)), peer)
        made.close()


def test_of_packets_the_newest_counts_and_none_twice(by_udp: tuple[Adapter, Any]) -> None:
    robot, tell = by_udp
    for time in (1.0, 3.0, 2.0, 1.0):
        tell(time)
    assert newest(robot) == pytest.approx(3.0)
    for time in (3.0, 2.5):
        tell(time)
    assert robot.poll(0.05) is None
    tell(3.25)
    assert newest(robot) == pytest.approx(3.25)
    assert robot.refused == 4


def newest(robot: Adapter) -> float:
    found = robot.poll(20.0)
    assert found is not None
    return found.time


def test_the_go1s_library_hands_out_old_states_in_vain(robot: RobotDescription) -> None:
    ticks = iter([0, 2**32 - 1000, 2**32 - 1000, 2**32 - 3000, 1000, 1000])
    made = Library(robot, Settings(), None)
    none = SimpleNamespace(q=0.0, dq=0.0, tauEst=0.0)
    made._state = SimpleNamespace(
        tick=0,
        motorState=[none] * 20,
        imu=SimpleNamespace(quaternion=UPRIGHT, gyroscope=np.zeros(3)),
    )
    made._udp = SimpleNamespace(
        Recv=lambda: None, GetRecv=lambda message: setattr(message, "tick", next(ticks))
    )
    found = [made.poll(0.0) for _ in range(6)]
    times = [None if one is None else round(one.time - (2**32 - 1000) * 1e-6, 6) for one in found]
    assert times == [None, 0.0, None, None, 0.002, None]


def test_unitrees_second_library_tells_of_old_states_in_vain(robot: RobotDescription) -> None:
    made = UnitreeDds(
        robot,
        replace(Settings(), connection=Connection(check_state_crc=False)),
        None,  # type: ignore[arg-type]
    )
    motor = SimpleNamespace(q=0.0, dq=0.0, tau_est=0.0)
    imu = SimpleNamespace(quaternion=UPRIGHT, gyroscope=np.zeros(3))
    times = []
    for tick in (2**32 - 1, 2**32 - 2, 2**32 - 1, 1, 2**32 - 1, 3):
        made._take(SimpleNamespace(tick=tick, motor_state=[motor] * 20, imu_state=imu))
        found = made.poll(0.0)
        times.append(None if found is None else round(found.time - (2**32 - 1) * 1e-3, 6))
    assert times == [0.0, None, None, 0.002, None, 0.004]
    assert made.refused == 3


def test_an_arm_whose_clock_stands_still_tells_nothing_new(robot: RobotDescription) -> None:
    """And one that raises on the way to a stand is asked again."""
    stamps, asked = iter([-1.0, 5.0, 5.0, 4.0, 5.002]), list[float]()
    made = UniversalRobot(robot, Settings(), (None, None))
    made._receive = SimpleNamespace(
        getTimestamp=lambda: next(stamps), getActualQ=lambda: [0.0] * 12,
        getActualQd=lambda: [0.0] * 12, isEmergencyStopped=bool, isProtectiveStopped=bool,
    )  # fmt: skip
    found = [made.poll(0.0) for _ in range(5)]
    assert [one and round(one.time, 6) for one in found] == [None, 5.0, None, None, 5.002]

    def servo_stop(deceleration: float) -> None:
        asked.append(deceleration)
        if len(asked) == 1:
            raise RuntimeError("the script is gone")

    made._control = SimpleNamespace(servoStop=servo_stop, kickWatchdog=lambda: True)
    with pytest.raises(RuntimeError):
        made.stop()
    for _ in range(2):
        made.stop()
    assert len(asked) == 2
