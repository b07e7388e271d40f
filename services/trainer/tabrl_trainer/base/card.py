"""The card of a base policy: how well it follows its commands, measured, and how it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from tabrl.control import rotation
from tabrl.control.program import CHANNELS, HEIGHT, PITCH, ROLL, VX, VY, YAW, Programs
from tabrl.control.tape import Floats, Tape
from tabrl.robots import Robot
from tabrl.sim.cpu import CpuSimulator, episode
from tabrl.sim.simulator import EpisodeRules, PolicyFn
from tabrl_trainer.base.reward import heading_velocity

EPISODES = 256
EPISODE_S = 20.0
SETTLE = 100  # control steps left out: the way into the motion
STRIDE = 25  # control steps; errors are of means over half a second, about one stride


class CardRow(BaseModel):
    """One measured line of the card; errors are means of absolute values."""

    command: str
    measured: dict[str, float]
    must: dict[str, float]  # bounds by the same names: at most, but correlation and gain at least
    fall_rate: float

    @property
    def passed(self) -> bool:
        """Whether every bound holds."""
        return self.fall_rate <= 0.01 and all(
            value >= self.must[name]
            if name in ("correlation", "gain")
            else value <= self.must[name]
            for name, value in self.measured.items()
            if name in self.must
        )


class Card(BaseModel):
    """What a base policy can do and how it was trained."""

    robot: str
    seed: int
    samples: int
    stages: list[dict[str, object]]
    episodes: int
    rows: list[CardRow]

    def markdown(self) -> str:
        """The card as a table."""
        lines = [
            f"# Base policy of {self.robot}",
            "",
            f"Seed {self.seed}, {self.samples:,} control steps of 20 ms; {self.episodes} episodes "
            f"of {EPISODE_S:g} s a row from noisy starts, deterministic actions. Errors: mean "
            "absolute difference of command and motion, each averaged over half a second (speeds) "
            "or taken every step (postures).",
            "",
            "| command | measured | must | falls | |",
            "| --- | --- | --- | --- | --- |",
        ]
        for row in self.rows:
            measured = ", ".join(f"{name} {value:.3f}" for name, value in row.measured.items())
            must = ", ".join(f"{name} {value:g}" for name, value in row.must.items())
            mark = "reached" if row.passed else "missed"
            lines.append(f"| {row.command} | {measured} | {must} | {row.fall_rate:.1%} | {mark} |")
        lines += ["", "## Curriculum", ""]
        lines += [f"- {stage}" for stage in self.stages]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Trial:
    """A row to measure: programs from randomness, and what to read from the tape."""

    command: str
    programs: Callable[[np.random.Generator], Programs]
    channel: int | None
    must: dict[str, float]


def measure(robot: Robot, policy: PolicyFn, seed: int = 1) -> list[CardRow]:
    """Measure all rows of the card; takes minutes."""
    simulator = CpuSimulator(robot, EPISODES)
    rng = np.random.default_rng(seed)
    rows = []
    for trial in _TRIALS:
        programs = trial.programs(rng)
        run = episode(simulator, programs, policy, EPISODE_S, seed, EpisodeRules(reset_noise=0.5))
        rows.append(_row(trial, run.tape, robot))
    return rows


def _row(trial: _Trial, tape: Tape, robot: Robot) -> CardRow:
    motion, command = _motion(tape, robot)[SETTLE:], tape.command[SETTLE:]
    upright = tape.fallen.max(0) < 0.5
    measured = {}
    if trial.channel is None:
        for channel, name in ((VX, "vx"), (VY, "vy"), (YAW, "yaw")):
            error = np.abs(_strides(motion[..., channel]) - _strides(command[..., channel]))
            measured[name] = float(error[:, upright].mean())
    else:
        moved, asked = motion[..., trial.channel], command[..., trial.channel]
        measured["error"] = float(np.abs(moved - asked)[:, upright].mean())
        if asked.std(0).max() > 1e-3:
            measured["correlation"] = float(np.mean(_correlation(moved, asked)[upright]))
            measured["gain"] = float((moved.std(0) / asked.std(0))[upright].mean())
    return CardRow(
        command=trial.command,
        measured=measured,
        must=trial.must,
        fall_rate=float(1.0 - upright.mean()),
    )


def _motion(tape: Tape, robot: Robot) -> Floats:
    """The tape's motion in command channels, `[T, B, 6]`."""
    roll, pitch = rotation.roll_pitch(tape.base_quaternion)
    forward, left = heading_velocity(tape)
    rate = tape.base_angular_velocity[..., 2]
    rise = tape.base_position[..., 2] - robot.standing_height
    return np.stack([forward, left, rate, rise, pitch, roll], axis=-1)


def _strides(signal: Floats) -> Floats:
    """Means over blocks of half a second, `[T // STRIDE, B]`."""
    count = len(signal) // STRIDE
    blocks: Floats = signal[: count * STRIDE].reshape(count, STRIDE, -1).mean(1)
    return blocks


def _correlation(first: Floats, second: Floats) -> Floats:
    a, b = first - first.mean(0), second - second.mean(0)
    correlation: Floats = (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0) + 1e-12)
    return correlation


def _velocities(rng: np.random.Generator) -> Programs:
    constant = np.zeros((EPISODES, 6), np.float32)
    constant[:, :3] = rng.uniform([-0.8, -0.5, -1.2], [1.2, 0.5, 1.2], (EPISODES, 3))
    return _programs(constant)


def _held(channel: int, low: float, high: float) -> Callable[[np.random.Generator], Programs]:
    def draw(rng: np.random.Generator) -> Programs:
        constant = np.zeros((EPISODES, 6), np.float32)
        constant[:, channel] = rng.uniform(low, high, EPISODES)
        constant[EPISODES // 2 :, VX] = rng.uniform(-0.4, 0.6, EPISODES - EPISODES // 2)
        return _programs(constant)

    return draw


def _modulated(channel: int, amplitude: float, beat: float) -> Callable[..., Programs]:
    def draw(rng: np.random.Generator) -> Programs:
        constant = np.zeros((EPISODES, 6), np.float32)
        constant[EPISODES // 2 :, VX] = rng.uniform(-0.4, 0.6, EPISODES - EPISODES // 2)
        if channel == HEIGHT:
            constant[:, HEIGHT] = -0.03
        swing = np.zeros((EPISODES, 6), np.float32)
        swing[:, channel] = amplitude
        return _programs(constant, swing, _phases(rng), beat)

    return draw


def _phases(rng: np.random.Generator) -> Floats:
    return rng.uniform(0.0, 2.0 * np.pi, (EPISODES, 6)).astype(np.float32)


def _programs(
    constant: Floats,
    amplitude: Floats | None = None,
    phase: Floats | None = None,
    beat: float = 1.0,
) -> Programs:
    zero = np.zeros_like(constant)
    return Programs(
        constant,
        zero if amplitude is None else amplitude,
        zero if phase is None else phase,
        np.full(len(constant), beat, np.float32),
    )


def _still(_: np.random.Generator) -> Programs:
    return Programs.neutral(EPISODES)


_SPEEDS = {"vx": 0.15, "vy": 0.15, "yaw": 0.2}
_FOLLOW = {"correlation": 0.9, "gain": 0.7}
_TRIALS = (
    _Trial("velocity: vx -0.8…1.2, vy ±0.5 m/s, yaw ±1.2 rad/s", _velocities, None, _SPEEDS),
    _Trial("stand", _still, None, _SPEEDS),
    _Trial("height -0.09…0.02 m, half of them walking", _held(HEIGHT, -0.09, 0.02), HEIGHT,
           {"error": 0.02}),
    _Trial("pitch ±0.35 rad, half of them walking", _held(PITCH, -0.35, 0.35), PITCH,
           {"error": 0.06}),
    _Trial("roll ±0.3 rad, half of them walking", _held(ROLL, -0.3, 0.3), ROLL, {"error": 0.06}),
    *(
        _Trial(f"{CHANNELS[channel]} ±{amplitude:g} at {beat:g} Hz, half of them walking",
               _modulated(channel, amplitude, beat), channel, _FOLLOW if beat < 1.5 else {})
        for channel, amplitude in ((HEIGHT, 0.04), (PITCH, 0.2), (ROLL, 0.2))
        for beat in (0.6, 1.0, 2.0)
    ),
)  # fmt: skip
