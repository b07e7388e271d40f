"""The loop: every 20 ms a state, a decision, a command; whatever happens, brakes at its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from .controller import Controller
from .description import RobotDescription
from .flight_log import FlightLog
from .limits import Limits
from .messages import Adapter, Array, JointCommand, RobotStopped
from .pacing import Pacer, Tick
from .sequence import Sequence, Wanted
from .settings import Settings
from .stopping import Stops
from .watchdog import Guard, Watchdog


@dataclass(frozen=True)
class Parts:
    """What the loop is made of; `moves` is false in a dry run."""

    robot: RobotDescription
    controller: Controller
    adapter: Adapter
    pacer: Pacer
    stops: Stops
    log: FlightLog
    settings: Settings
    moves: bool = True


class Loop:
    """Runs a policy for `run_s` seconds, between soft start and soft end."""

    def __init__(self, parts: Parts, run_s: float) -> None:
        self._parts, self._run_s = parts, run_s
        self._watchdog = Watchdog(parts.settings.watchdog)
        self._limits = Limits(parts.robot, parts.settings.limits, parts.settings.stop)
        self._phase = ""

    def run(self) -> str | None:
        """Returns why the robot was stopped; nothing if all went as asked."""
        parts, reason = self._parts, None
        try:
            with Guard(self._stop, parts.stops, parts.settings.watchdog.silent_s) as guard:
                first = self._first_state(guard)
                if first is None:
                    reason = parts.stops.reason or "no state came"
                else:
                    reason = self._steps(first, guard)
        except RobotStopped as stopped:
            reason = str(stopped)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._brake(reason)
        return reason

    def _first_state(self, guard: Guard) -> Tick | None:
        """Asks for states without torque until one comes that can be begun from."""
        parts = self._parts
        ends = time.monotonic() + parts.settings.watchdog.first_state_s
        self._enter("wait")
        while time.monotonic() < ends and parts.stops.reason is None:
            guard.heard()
            parts.adapter.idle()
            state = parts.adapter.poll(parts.robot.control_s)
            if state is None or not state.finite:
                continue
            if (reason := self._limits.violated(state)) is not None:
                parts.stops.stop(reason)
            elif not self._limits.beyond:
                return Tick(state, 0.0, 0.0)
        return None

    def _steps(self, tick: Tick, guard: Guard) -> str | None:
        """All steps from the first state to the end."""
        parts, robot = self._parts, self._parts.robot
        assert tick.state is not None
        last = self._limits.within(tick.state.position)
        parts.pacer.begin(tick.state)
        sequence = Sequence(tick.state.position, robot, parts.settings.times, self._run_s)
        step = 0
        while True:
            guard.heard()
            state = tick.state
            if state is None or (reason := self._reason(tick)) is not None:
                return reason if state is not None else "no state came"
            if self._limits.beyond:  # perhaps a wrong reading: nothing is decided by it
                self._send(step, Wanted(self._phase, last), tick, last)
            else:
                wanted = sequence.at(step * robot.control_s, last, self._decide(tick, last))
                if wanted is None:
                    return None
                last = self._limits.kept(wanted.target, last, state)
                if not (np.isfinite(wanted.target).all() and np.isfinite(last).all()):
                    return f"the targets in {wanted.phase} are not numbers"
                if parts.stops.reason is not None:  # the guard's, if deciding took too long
                    return parts.stops.reason
                self._send(step, wanted, tick, last)
            step += 1
            tick = parts.pacer.next()

    def _reason(self, tick: Tick) -> str | None:
        """The first reason to stop: somebody asked, a watchdog, the robot itself."""
        assert tick.state is not None
        return (
            self._parts.stops.reason
            or self._watchdog.reason(tick)
            or self._limits.violated(tick.state)
        )

    def _decide(self, tick: Tick, last: Array) -> Callable[[float], Array]:
        """The policy's targets in this state, at a time of the motion."""
        controller, state = self._parts.controller, tick.state
        assert state is not None

        def targets(time: float) -> Array:
            if self._phase not in ("fade", "run", "return"):
                controller.begin(state)
            return controller.targets(time, state, last)

        return targets

    def _send(self, step: int, wanted: Wanted, tick: Tick, target: Array) -> None:
        parts, robot = self._parts, self._parts.robot
        if parts.moves:
            parts.adapter.send(JointCommand(target, robot.stiffness, robot.damping))
        else:
            parts.adapter.idle()
        self._enter(wanted.phase)
        assert tick.state is not None
        velocity = parts.controller.velocity
        parts.log.step(step, wanted.phase, tick, tick.state, target, velocity)

    def _enter(self, phase: str) -> None:
        if phase != self._phase:
            self._phase = phase
            self._parts.log.event("phase", phase=phase)

    def _brake(self, reason: str | None) -> None:
        """Brake for a while, whatever comes of it: nothing may keep the robot moving."""
        parts = self._parts
        self._stop()
        with suppress(Exception):  # a full disk
            parts.log.event("stop", reason=reason or "done", refused=parts.adapter.refused)
        ends = time.monotonic() + parts.settings.stop.damp_s
        while time.monotonic() < ends:
            time.sleep(parts.robot.control_s)
            self._stop()

    def _stop(self) -> None:
        """One message to stop; a network or a maker's library that fails is tried again."""
        adapter = self._parts.adapter
        with suppress(Exception):
            if self._parts.moves:
                adapter.stop()
            else:
                adapter.idle()
