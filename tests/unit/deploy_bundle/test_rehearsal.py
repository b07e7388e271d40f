"""The bundle of the Go1 drives a simulated one: packets as its SDK declares them, MuJoCo behind."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tabrl.control.policy import Layer, PolicyWeights, read_policy
from tabrl.embodiments.load import embodiment_of
from tabrl.export.deploy.robot_loop.flight_log import read_events
from tabrl.robots import get_robot
from tabrl_trainer.pretrained import load_pretrained
from tests.support.hardware.rehearsal import (
    PATIENCE_S,
    Ran,
    exportable,
    once_in,
    rehearse,
    unpacked,
)

KIND = "unitree_go1"
GO1 = get_robot("go1")
JOINTS = embodiment_of(GO1).joints
STOPPED = 3
QUICK = {
    "times.rise_s": "0.6", "times.hold_s": "0.1", "times.fade_s": "0.2", "times.lower_s": "0.2",
    "times.speed": "10",
}  # fmt: skip


@pytest.fixture(scope="module")
def walking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(exportable(GO1, vx=0.6), tmp_path_factory.mktemp("walking"))


@pytest.fixture(scope="module")
def walked(walking: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Three seconds of walking with nothing in its way."""
    return rehearse(
        walking, tmp_path_factory.mktemp("walked"), "--yes", "--seconds", "3", kind=KIND
    )


def test_it_stands_up_walks_and_lies_down(walked: Ran) -> None:
    assert (walked.code, walked.stopped_because) == (0, "done")
    time, x, z = walked.moved[:, 0], walked.moved[:, 1], walked.moved[:, 3]
    assert z[0] < 0.15  # it lay,
    assert z.max() > 0.26  # stood
    assert z[-1] < 0.15  # and lies again
    assert 0.45 < (x[time > 4.0][0] - x[time > 2.0][0]) / 2.0 < 0.75
    assert "NEVER RUN ON A REAL ROBOT" in walked.said


def test_it_begins_softly(walked: Ran) -> None:
    lay = walked.moved[0, -12:]
    np.testing.assert_allclose(walked.targets[0], np.clip(lay, *_range(0.01)), atol=0.01)
    rising = walked.steps("target")[walked.steps("phase")[:, 0] == 1]
    assert len(rising) >= 50
    assert np.abs(np.diff(rising, axis=0)).max() < 3.0 * 0.02 * 1.1  # times.speed
    np.testing.assert_allclose(rising[-1], GO1.home, atol=0.01)


def test_it_brakes_at_the_end(walked: Ran) -> None:
    stiffness, damping = walked.last
    assert not stiffness.any()
    np.testing.assert_allclose(damping, 3.0)


def test_its_springs_are_those_it_was_trained_with(walked: Ran) -> None:
    sprung = walked.told[walked.told[:, 13:25].any(1)]
    np.testing.assert_allclose(sprung[:, 13:25], np.tile(JOINTS.stiffness, (len(sprung), 1)))
    np.testing.assert_allclose(sprung[:, 25:], np.tile(JOINTS.damping, (len(sprung), 1)), rtol=1e-6)


def test_it_bears_lag_loss_noise_and_damaged_packets(walking: Path, tmp_path: Path) -> None:
    fake = ("--lag-s", "0.01", "--loss", "0.05", "--noise", "1", "--damaged", "0.1")
    ran = rehearse(walking, tmp_path, "--yes", "--seconds", "3", kind=KIND, fake=fake)
    assert (ran.code, ran.stopped_because) == (0, "done")
    assert 1.2 < ran.moved[-1, 1] < 3.0
    assert read_events(ran.log)[-1]["refused"] > 50


@pytest.mark.parametrize("wrong", ["silent", "frozen"])
def test_it_stops_when_no_new_state_comes(walking: Path, tmp_path: Path, wrong: str) -> None:
    """The states end, or one packet comes again and again.

    The robot goes on listening: all it hears then are dampers.
    """
    patience = {"watchdog.state_timeout_s": "1.5"}
    fake = (f"--{wrong}-from-s", "2.5")
    ran = rehearse(walking, tmp_path, "--yes", kind=KIND, fake=fake, settings=patience)
    assert ran.code == STOPPED
    assert ran.stopped_because.startswith("no state for")
    _braked(ran)


def test_it_bears_packets_that_are_overtaken_or_come_twice(walking: Path, tmp_path: Path) -> None:
    """And acts on none of them."""
    fake = ("--overtaken", "0.2", "--repeated", "0.2")
    ran = rehearse(walking, tmp_path, "--yes", "--seconds", "1", kind=KIND, fake=fake)
    assert (ran.code, ran.stopped_because) == (0, "done")
    assert (np.diff(ran.steps("robot_time_s")[:, 0]) > 0.0).all()
    assert read_events(ran.log)[-1]["refused"] > 300


def test_it_stops_when_states_come_later_and_later(walking: Path, tmp_path: Path) -> None:
    """By the wall clock, while it slowly rises; they never cease to come."""
    slowly = {"times.rise_s": "60", "watchdog.state_timeout_s": "1"}
    ran = rehearse(
        walking, tmp_path, "--yes", kind=KIND, wall=True, fake=("--slower", "0.5"), settings=slowly
    )
    assert ran.code == STOPPED, ran.said
    assert ran.stopped_because.startswith("no state for")


def test_it_stops_when_it_has_tipped_over(walking: Path, tmp_path: Path) -> None:
    ran = rehearse(walking, tmp_path, "--yes", kind=KIND, fake=("--tip-at-s", "3"))
    assert ran.code == STOPPED
    assert ran.stopped_because.startswith("tipped over")
    _braked(ran)


@pytest.mark.parametrize("how", ["key", "SIGTERM"])
def test_it_stops_when_somebody_says_so(walking: Path, tmp_path: Path, how: str) -> None:
    def stop(process: subprocess.Popen[str], log: Path) -> None:
        once_in("run")(log)
        if how != "key":
            process.send_signal(signal.Signals[how])
            return
        assert process.stdin is not None
        process.stdin.write(" ")
        process.stdin.flush()

    ran = rehearse(walking, tmp_path, "--yes", "--seconds", "300", kind=KIND, disturb=stop)
    assert ran.code == STOPPED
    assert ran.stopped_because == ("a key was pressed" if how == "key" else f"signal {how}")
    _braked(ran)


def test_limits_hold_whatever_the_policy_wants(tmp_path: Path) -> None:
    """Thirty times what the last layer asks for."""
    weights = read_policy(load_pretrained(GO1.id).policy)[1]
    last = weights.layers[-1]
    wild = Layer(30 * last.kernel, 30 * last.bias)
    model = exportable(GO1, PolicyWeights(weights.mean, weights.std, (*weights.layers[:-1], wild)))
    bundle = unpacked(model, tmp_path / "wild")
    calm = {"stop.tilt_rad": "4", "limits.speed_stop": "100"}
    ran = rehearse(
        bundle, tmp_path, "--yes", "--seconds", "1", kind=KIND, settings=calm,
    )  # fmt: skip
    wanted = ran.steps("phase")[:, 0] == 4
    assert wanted.sum() >= 10
    lower, upper = _range(0.01 - 1e-6)
    assert (ran.targets >= lower).all()
    assert (ran.targets <= upper).all()
    target, position, velocity = (ran.steps(name) for name in ("target", "position", "velocity"))
    pull = JOINTS.stiffness * (target - position) - JOINTS.damping * velocity
    within = (lower + 1e-6 < target) & (target < upper - 1e-6)  # elsewhere the range comes first
    beyond = JOINTS.motors.exceeded(pull.astype(np.float32), velocity.astype(np.float32))
    assert within.mean() > 0.5
    assert beyond[within].max() < 0.05
    moved = np.abs(np.diff(target, axis=0))
    assert np.median(moved[moved > 0]) <= (JOINTS.motors.no_load_speed * 0.02).max()


def test_a_dry_run_sends_no_torque(walking: Path, tmp_path: Path) -> None:
    """By the wall clock, as on a real robot."""
    ran = rehearse(
        walking, tmp_path, "--dry-run", "--seconds", "0.2", kind=KIND, wall=True, settings=QUICK
    )
    assert (ran.code, ran.stopped_because) == (0, "done")
    assert len(ran.told) > 20
    assert not ran.told[:, 13:].any()
    assert len(ran.steps("target")) > 20
    assert ran.moved[:, 3].max() < 0.15  # it lies


def test_it_walks_by_the_wall_clock(walking: Path, tmp_path: Path) -> None:
    ran = rehearse(
        walking, tmp_path, "--yes", "--seconds", "0.3", kind=KIND, wall=True, settings=QUICK
    )
    assert ran.code == 0
    assert ran.moved[:, 3].max() > 0.2


def test_the_log_can_be_looked_at(walking: Path, walked: Ran, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    command = [sys.executable, "read_log.py", str(walked.log), "--csv", str(rows)]
    shown = subprocess.run(
        command, cwd=walking, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    ).stdout
    assert "stop reason=done" in shown
    assert "run:" in shown
    with rows.open() as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(walked.steps("step"))
    assert float(read[-1]["target.FR_calf"]) == pytest.approx(walked.steps("target")[-1, 2], 1e-4)


def test_nobody_is_asked_in_vain(walking: Path, tmp_path: Path) -> None:
    """Without a yes nothing is sent, not even for a state."""
    refused = subprocess.run(
        [sys.executable, "drive.py", "--set", "connection.transport=udp"], cwd=walking,
        input="no\n",
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "nothing was sent" in refused.stderr
    assert not (walking / "logs").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "the maker's library is missing"),
        (("--set", "connection.kind=toaster"), "connection.kind must be one of"),
        (("--set", "times.rise=3"), "knows no 'rise'"),
        (("--set", "times.rise_s=quick"), "rise_s must be a number from 0 to 60"),
        (("--set", "rise_s"), "--set takes group.name=value"),
        (("--set", "stop.damp_s=NaN"), "damp_s must be a number from 0.1 to 60, not nan"),
        (("--seconds", "nan"), "is not from 0 to 86400 s"),
    ],
)
def test_what_cannot_run_says_why(walking: Path, arguments: tuple[str, ...], words: str) -> None:
    refused = subprocess.run(
        [sys.executable, "drive.py", "--yes", *arguments], cwd=walking, capture_output=True,
        text=True, check=False, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert refused.returncode == 2
    assert words in refused.stderr


def test_the_bundle_knows_nothing_of_tabrl(walking: Path) -> None:
    for path in walking.rglob("*.py"):
        imports = [line for line in path.read_text().splitlines() if "import" in line]
        assert not any("tabrl" in line for line in imports), path


def _range(margin: float) -> tuple[np.ndarray, np.ndarray]:
    return JOINTS.lower + margin, JOINTS.upper - margin


def _braked(ran: Ran) -> None:
    """After the stop the robot heard of dampers alone."""
    stiffness, damping = ran.last
    assert not stiffness.any()
    np.testing.assert_allclose(damping, 3.0)
    assert ran.moved[-1, 3] < ran.moved[:, 3].max()
