"""What a run was like: rows of numbers and a few events, readable after any crash."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from .description import RobotDescription
from .messages import Array, RobotState
from .pacing import Tick
from .sequence import PHASES
from .settings import Settings

STEPS, EVENTS, HEADER = "steps.f64", "events.jsonl", "header.json"
FLUSHED_EVERY = 50  # rows


class FlightLog:
    """Writes a run into a folder of its own."""

    def __init__(self, folder: Path, robot: RobotDescription, settings: Settings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows, self._count = (folder / STEPS).open("wb"), 0
        self._events = (folder / EVENTS).open("w", encoding="utf-8")
        self._began = time.monotonic()
        header = {
            "robot": robot.name,
            "control_s": robot.control_s,
            "columns": columns(robot),
            "settings": asdict(settings),
            "began": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        (folder / HEADER).write_text(json.dumps(header, indent=2), "utf-8")
        self.folder = folder

    def __enter__(self) -> FlightLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        _: TracebackType | None,
    ) -> None:  # fmt: skip
        if error is not None:
            self.event("crashed", error=repr(error))
        self._rows.close()
        self._events.close()

    def event(self, what: str, **more: Any) -> None:
        """Something happened: a phase, a stop."""
        at_s = round(time.monotonic() - self._began, 4)
        self._events.write(json.dumps({"at_s": at_s, "what": what, **more}) + "\n")
        self._events.flush()

    def step(
        self, step: int, phase: str, tick: Tick, state: RobotState, target: Array, velocity: Array
    ) -> None:
        """A step of the loop: what was sensed, what was sent, the student's speed (m/s)."""
        head = [step, PHASES.index(phase), state.time, tick.age_s, tick.late_s]
        parts = (state.position, state.velocity, state.torque, target,
                 state.quaternion, state.gyro, velocity)  # fmt: skip
        self._rows.write(np.concatenate([head, *parts]).astype("<f8").tobytes())
        self._count += 1
        if self._count % FLUSHED_EVERY == 0:
            self._rows.flush()


def columns(robot: RobotDescription) -> list[str]:
    """Names of a row's numbers."""
    joints = [
        f"{kind}.{name}"
        for kind in ("position", "velocity", "torque", "target")
        for name in robot.joint_names
    ]
    return [
        "step", "phase", "robot_time_s", "age_s", "late_s", *joints,
        *(f"quaternion.{axis}" for axis in "wxyz"), *(f"gyro.{axis}" for axis in "xyz"),
        *(f"estimate.{axis}" for axis in "xyz"),
    ]  # fmt: skip


def read_steps(folder: Path) -> tuple[list[str], Array]:
    """Columns' names and rows `[steps, columns]`; a row that was cut off is left out."""
    names: list[str] = json.loads((folder / HEADER).read_text("utf-8"))["columns"]
    numbers = np.frombuffer((folder / STEPS).read_bytes()[: _whole(folder, len(names))], "<f8")
    return names, numbers.reshape(-1, len(names))


def read_events(folder: Path) -> list[dict[str, Any]]:
    """What happened, in order."""
    lines = (folder / EVENTS).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _whole(folder: Path, width: int) -> int:
    size = (folder / STEPS).stat().st_size
    return size - size % (8 * width)
