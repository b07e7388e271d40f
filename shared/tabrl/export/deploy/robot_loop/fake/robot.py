"""The simulated robot's life: in real time, or in step with whoever drives it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ..description import RobotDescription
from ..messages import JointCommand, RobotState
from .conditions import Conditions, Wire, sensed
from .protocols import Speaker
from .world import STEP_S, World

PATIENCE_S = 20.0  # by the wall clock, for the command that is due in lock step


class FakeRobot:
    """Steps physics and network; keeps what it was told and what it did."""

    def __init__(
        self, robot: RobotDescription, world: World, speaker: Speaker, conditions: Conditions,
        *, lock_step: bool,
    ) -> None:  # fmt: skip
        rng = np.random.default_rng(conditions.seed)
        self._robot, self._world, self._speaker = robot, world, speaker
        self._conditions, self._rng, self._lock_step = conditions, rng, lock_step
        self._there: Wire[JointCommand] = Wire(conditions, rng)
        self._back: Wire[RobotState] = Wire(conditions, rng)
        self._frozen: RobotState | None = None
        self._due = 0.0  # the state that the driver answers, in lock step
        self._tipped = False
        self._told: list[np.ndarray] = []
        self._moved: list[np.ndarray] = []

    def live(self, most_s: float) -> None:
        """From the first command on, for `most_s` seconds of its clock."""
        self._take(self._speaker.commands(most_s))
        began = time.monotonic()
        while (now := self._world.time) < most_s:
            for command in self._there.out(now):
                self._world.motors(command.target, command.stiffness, command.damping)
            self._disturb(now)
            self._world.step()
            self._moved.append(np.concatenate([[self._world.time], self._world.qpos]))
            told = self._tell()
            if self._lock_step and told is not None:
                self._await_answer(told)
            else:
                self._take(self._speaker.commands(0.0))
                ahead = began + self._world.time - time.monotonic()
                time.sleep(STEP_S if self._lock_step else max(ahead, 0.0))

    def _await_answer(self, told: RobotState) -> None:
        """Wait for the command that answers a state, if it is one that the driver acts on.

        A command without any torque only asks for states: it is no answer.
        """
        if told.time < self._due - STEP_S / 2:
            self._take(self._speaker.commands(0.0))
            return
        self._due = told.time + self._robot.control_s
        ends = time.monotonic() + PATIENCE_S
        while (left := ends - time.monotonic()) > 0.0:
            commands = self._speaker.commands(left)
            self._take(commands)
            if any((one.stiffness + one.damping).any() for one in commands):
                return

    def save(self, path: Path) -> None:
        """What happened, as numpy arrays.

        `moved [T, 1 + nq]`: times and positions; `told [N, 1 + 3 nu]`: time, target, stiffness and
        damping of every command; `refused`: how many were.
        """
        told = np.array(self._told).reshape(-1, 1 + 3 * self._robot.count)
        np.savez(path, moved=np.array(self._moved), told=told, refused=self._speaker.refused)

    def _take(self, commands: list[JointCommand]) -> None:
        for command in commands:
            now = self._world.time
            parts = (command.target, command.stiffness, command.damping)
            self._told.append(np.concatenate([[now], *parts]))
            self._there.put(now, command)

    def _tell(self) -> RobotState | None:
        """Send the state now; returns the newest one that arrives undamaged."""
        conditions, now = self._conditions, self._world.time
        if now >= conditions.silent_from_s:
            return None
        self._back.put(now, self._frozen or self._sensed(now))
        arrived: list[RobotState] = []
        for state in self._back.out(now):
            damaged = bool(self._rng.random() < conditions.damaged)
            if self._speaker.tell(state, damaged) and not damaged:
                arrived.append(state)
        return max(arrived, key=lambda state: state.time, default=None)

    def _sensed(self, now: float) -> RobotState:
        """What is sensed now, or from the moment on when it freezes."""
        state = sensed(self._world.state(), self._conditions.noise, self._rng)
        if now >= self._conditions.frozen_from_s:
            self._frozen = state
        return state

    def _disturb(self, now: float) -> None:
        if now >= self._conditions.tip_at_s and not self._tipped:
            self._tipped = True
            self._world.tip_over()
