"""A deploy bundle and a simulated robot, each a process of its own in the exported folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import PolicyHeader, PolicyWeights, dump_policy, read_policy
from tabrl.embodiments.load import embodiment_of
from tabrl.export.deploy.bundle import deploy_bundle
from tabrl.export.deploy.robot_loop.flight_log import read_events, read_steps
from tabrl.export.exportable import Exportable
from tabrl.robots import Robot, scene_sha256, scene_xml
from tabrl_trainer.pretrained import load_pretrained

STAND_INS = Path(__file__).parent / "stand_ins"
ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 100.0  # for processes on a busy computer
# Short ways, and watchdogs that bear a busy computer: the loop is paced by the robot's clock.
SHORT = {
    "connection.transport": "udp", "connection.address": "127.0.0.1", "connection.local_port": "0",
    "times.rise_s": "1", "times.hold_s": "0.2", "times.fade_s": "0.6", "times.lower_s": "0.5",
    "times.speed": "3", "watchdog.first_state_s": "60", "watchdog.state_timeout_s": "60",
    "watchdog.silent_s": "60", "stop.damp_s": "0.3",
}  # fmt: skip
ON_THE_WALL = {"watchdog.late_s": "60", "watchdog.latest_s": "60"}


def exportable(robot: Robot, weights: PolicyWeights | None = None, **asked: Any) -> Exportable:
    """A model that asks the robot's pretrained policy, or other weights, for something."""
    schedule = CommandSchedule.asking(embodiment_of(robot).commands, **asked)
    header = PolicyHeader(
        robot=robot.id,
        scene_sha256=scene_sha256(robot.id),
        program=ScheduleDocument.of(schedule),
    )
    weights = weights or read_policy(load_pretrained(robot.id).policy)[1]
    params = dump_policy(header, weights)
    return Exportable("mdl_1", 3, 1_000, robot, params, scene_xml(robot.id))


def unpacked(model: Exportable, folder: Path) -> Path:
    """The model's bundle, written into a folder."""
    for name, data in deploy_bundle(model).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@dataclass(frozen=True)
class Ran:
    """How a rehearsal went: the exit code, what was said; the log; what the robot was told and did.

    `told [N, 1 + 3 nu]` are time, target, stiffness, damping of every command, `moved [T, 1 + nq]`
    times and positions.
    """

    code: int
    said: str
    log: Path
    told: np.ndarray
    moved: np.ndarray
    refused: int

    @property
    def stopped_because(self) -> str:
        """The reason in the log."""
        return str(next(e["reason"] for e in read_events(self.log) if e["what"] == "stop"))

    @property
    def count(self) -> int:
        """Joints."""
        return (self.told.shape[1] - 1) // 3

    @property
    def targets(self) -> np.ndarray:
        """Targets `[N, nu]` of the commands that had springs."""
        sprung = self.told[:, 1 + self.count : 1 + 2 * self.count].any(1)
        return self.told[sprung, 1 : 1 + self.count]

    @property
    def last(self) -> tuple[np.ndarray, np.ndarray]:
        """Stiffness and damping `[nu]` of the last command."""
        stiffness, damping = self.told[-1, 1 + self.count :].reshape(2, self.count)
        return stiffness, damping

    def steps(self, name: str) -> np.ndarray:
        """Columns of the log whose names are this, or begin with it and a point."""
        names, rows = read_steps(self.log)
        found = [i for i, one in enumerate(names) if one == name or one.startswith(f"{name}.")]
        return rows[:, found]


def rehearse(
    bundle: Path,
    folder: Path,
    *drive: str,
    kind: str,
    fake: Sequence[str] = (),
    settings: dict[str, str] | None = None,
    disturb: Callable[[subprocess.Popen[str], Path], None] | None = None,
    wall: bool = False,
    stand_in: bool = False,
    environment: dict[str, str] | None = None,
) -> Ran:
    """Let a bundle drive a simulated robot.

    Args:
        bundle: the exported folder.
        folder: for what is recorded.
        drive: arguments of `drive.py`.
        kind: of the connection.
        fake: arguments of the simulated robot.
        settings: of the bundle, beyond the short ones.
        disturb: called with the driver's process and its log's folder.
        wall: both run by the wall clock instead of in lock step.
        stand_in: whether makers' libraries are there, as far as stand-ins go.
        environment: of both processes, more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log, record = folder / "log", folder / "record.npz"
    chosen = SHORT | (ON_THE_WALL if wall else {}) | (settings or {})
    command = [
        sys.executable,
        "drive.py",
        "--log",
        str(log),
        "--clock",
        "wall" if wall else "robot",
    ]
    more = environment or {}
    with fake_robot(
        bundle, record, kind, fake, more, stand_in=stand_in, lock_step=not wall
    ) as port:
        chosen |= {"connection.kind": kind, "connection.port": str(port)}
        command += [part for name, value in chosen.items() for part in ("--set", f"{name}={value}")]
        paths = [str(STAND_INS), str(ROOT)] * stand_in
        more = {"PYTHONPATH": ":".join(paths), "FAKE_ROBOT_PORT": str(port)} | more
        process = subprocess.Popen(
            [*command, *drive], cwd=bundle, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=os.environ | more,
        )  # fmt: skip
        try:
            if disturb is not None:
                disturb(process, log)
            process.wait(PATIENCE_S)
        finally:
            process.kill()
        said = process.stderr.read() if process.stderr else ""
    with np.load(record) as happened:
        told, moved, refused = (happened[name] for name in ("told", "moved", "refused"))
    return Ran(process.returncode, said, log, told, moved, int(refused))


@contextmanager
def fake_robot(
    bundle: Path, record: Path, kind: str, arguments: Sequence[str], environment: dict[str, str],
    *, stand_in: bool, lock_step: bool,
) -> Iterator[int]:  # fmt: skip
    """A simulated robot's port, while it lives."""
    script = "fake_robot.py" if not stand_in else str(STAND_INS.parent / "fake.py")
    command = [sys.executable, script, "--kind", kind, "--record", str(record),
               *["--lock-step"] * lock_step, *arguments]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=bundle, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().split()[-1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def once_in(phase: str) -> Callable[[Path], None]:
    """Waits until a run's log says that it is in a phase."""

    def wait(log: Path) -> None:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            events = read_events(log) if (log / "events.jsonl").exists() else []
            if any(event.get("phase") == phase for event in events):
                return
            time.sleep(0.05)
        raise AssertionError(f"the run was never in {phase}")

    return wait
