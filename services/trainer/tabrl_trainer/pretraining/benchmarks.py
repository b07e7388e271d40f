"""The trials behind a base policy's card: what is run, and what is read from the rollout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tabrl.control import rotation
from tabrl.control.commands import (
    CHANNELS,
    COUNT,
    HEIGHT,
    LIFT,
    PITCH,
    ROLL,
    VX,
    VY,
    YAW,
    CommandBatch,
)  # fmt: skip
from tabrl.control.gait import DUTY_FACTOR, GAITS, Gait
from tabrl.control.rollout import CONTROL_DT, Floats, Rollout
from tabrl.robots import Robot
from tabrl.sim.simulator import EpisodeConfig
from tabrl_trainer.pretraining.reward import heading_velocity

EPISODE_S = 20.0
STRIDE = 25  # control steps; speeds are means over half a second, about one stride
HOLD_S = 5.0  # how long a foot must stay up
_QUIET = EpisodeConfig(reset_noise=0.5)
_PUSHED = EpisodeConfig(reset_noise=0.5, push_every_s=3.0, push_speed=0.5)


class Bound(BaseModel):
    """A limit that a measured value must keep."""

    model_config = ConfigDict(frozen=True)

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` keeps the limit; what is not finite never does."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


Numbers = NDArray[np.floating[Any]]
Draw = Callable[[np.random.Generator, int], CommandBatch]
Measure = Callable[[Rollout, CommandBatch, Robot], dict[str, float]]


@dataclass(frozen=True)
class Benchmark:
    """A row to measure: schedules from randomness, and what to read from the settled rollout."""

    command: str
    schedules: Draw
    measure: Measure
    must: Mapping[str, Bound]
    rules: EpisodeConfig = field(default=_QUIET)
    most_falls: float = 0.01


def at_most(**limits: float) -> dict[str, Bound]:
    """Upper bounds by name."""
    return {name: Bound(limit=limit) for name, limit in limits.items()}


def at_least(**limits: float) -> dict[str, Bound]:
    """Lower bounds by name."""
    return {name: Bound(limit=limit, at_least=True) for name, limit in limits.items()}


def motion(rollout: Rollout, robot: Robot) -> Floats:
    """The rollout's motion in the first six command channels, `[T, B, 6]`."""
    roll, pitch = rotation.roll_pitch(rollout.base_quaternion)
    forward, left = heading_velocity(rollout)
    rate = rollout.base_angular_velocity[..., 2]
    rise = rollout.base_position[..., 2] - robot.standing_height
    return np.stack([forward, left, rate, rise, pitch, roll], axis=-1)


# What is measured


def _speeds(rollout: Rollout, _: CommandBatch, robot: Robot) -> dict[str, float]:
    moved, asked = motion(rollout, robot), rollout.command
    return {
        name: float(np.abs(_strides(moved[..., i]) - _strides(asked[..., i])).mean())
        for i, name in ((VX, "vx"), (VY, "vy"), (YAW, "yaw"))
    }


def _strides(signal: Floats) -> Floats:
    count = len(signal) // STRIDE
    blocks: Floats = signal[: count * STRIDE].reshape(count, STRIDE, -1).mean(1)
    return blocks


def _following(channel: int) -> Measure:
    def measure(rollout: Rollout, _: CommandBatch, robot: Robot) -> dict[str, float]:
        moved, asked = motion(rollout, robot)[..., channel], rollout.command[..., channel]
        measured = {"error": float(np.abs(moved - asked).mean())}
        if asked.std(0).max() > 1e-3:
            measured["correlation"] = float(np.mean(_correlation(moved, asked)))
            measured["gain"] = float((moved.std(0) / asked.std(0)).mean())
        return measured

    return measure


def _correlation(first: Floats, second: Floats) -> Floats:
    a, b = first - first.mean(0), second - second.mean(0)
    correlation: Floats = (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0) + 1e-12)
    return correlation


def _schedule(rollout: Rollout, schedules: CommandBatch, robot: Robot) -> dict[str, float]:
    due = rollout.gait_phase < DUTY_FACTOR
    kept = float(((rollout.foot_contact > 0.5) == due).mean())
    return {"kept": kept, **_speeds(rollout, schedules, robot)}


def _swing_height(rollout: Rollout, schedules: CommandBatch, robot: Robot) -> dict[str, float]:
    """Mean peak of the swings, m, taken at every touchdown."""
    down = rollout.foot_touchdown > 0.5
    return {
        "peak": float(rollout.foot_peak_height[down].mean()),
        **_schedule(rollout, schedules, robot),
    }


def _held_foot(rollout: Rollout, schedules: CommandBatch, robot: Robot) -> dict[str, float]:
    """Lowest clearance of the lifted foot over `HOLD_S`, and how much the others stay down."""
    window = slice(0, round(HOLD_S / CONTROL_DT))
    lifted = schedules.constant[:, LIFT] > 0.0
    clearance = rollout.foot_position[window, ..., 2] - robot.foot_radius
    held = np.where(lifted, clearance, np.inf).min(-1)
    down = np.where(lifted, 1.0, rollout.foot_contact[window]).min(-1)
    return {"clearance": float(held.mean()), "lowest": float(np.median(held.min(0))),
            "others_down": float(down.mean())}  # fmt: skip


def _hops(rollout: Rollout, _: CommandBatch, __: Robot) -> dict[str, float]:
    airborne = rollout.foot_contact.max(-1) < 0.5
    takeoffs = (airborne[1:] & ~airborne[:-1]).sum(0)
    seconds = len(airborne) * CONTROL_DT
    return {"airborne": float(airborne.mean()), "hops_per_s": float(takeoffs.mean() / seconds)}


def _drift(rollout: Rollout, _: CommandBatch, __: Robot) -> dict[str, float]:
    place = rollout.base_position[..., :2]
    return {"drift": float(np.linalg.norm(place[-1] - place[0], axis=-1).mean()),
            "farthest": float(np.linalg.norm(place - place[0], axis=-1).max(0).mean())}  # fmt: skip


def _reared(rollout: Rollout, _: CommandBatch, robot: Robot) -> dict[str, float]:
    clearance = (rollout.foot_position[..., :2, 2] - robot.foot_radius).min(-1)
    _, pitch = rotation.roll_pitch(rollout.base_quaternion)
    return {"front_feet": float(clearance.mean()), "nose_up": float(-pitch.mean())}


def _nothing(_: Rollout, __: CommandBatch, ___: Robot) -> dict[str, float]:
    return {}


# What is asked


def _asked(
    count: int,
    constant: Floats | None = None,
    amplitude: Floats | None = None,
    phase: Floats | None = None,
    beat: float = 1.0,
    gait: Gait = Gait.TROT,
    frequency: Numbers | None = None,
) -> CommandBatch:
    zero = np.zeros((count, COUNT), np.float32)
    return CommandBatch(
        zero if constant is None else constant,
        zero if amplitude is None else amplitude,
        zero if phase is None else phase,
        np.full(count, beat, np.float32),
        np.full(count, GAITS.index(gait), np.int32),
        np.zeros(count, np.float32) if frequency is None else frequency.astype(np.float32),
    )


def _columns(count: int, **channels: Numbers | float) -> Floats:
    constant = np.zeros((count, COUNT), np.float32)
    for name, value in channels.items():
        constant[:, CHANNELS.index(name)] = value
    return constant


def _strolling(rng: np.random.Generator, count: int) -> Floats:
    """Half of the robots stand, half walk."""
    speed = rng.uniform(-0.4, 0.6, count)
    speed[: count // 2] = 0.0
    return _columns(count, vx=speed)


def _still(_: np.random.Generator, count: int) -> CommandBatch:
    return _asked(count)


def _velocities(rng: np.random.Generator, count: int) -> CommandBatch:
    return _asked(count, _columns(
        count, vx=rng.uniform(-1.0, 1.8, count), vy=rng.uniform(-0.6, 0.6, count),
        yaw=rng.uniform(-2.0, 2.0, count),
    ))  # fmt: skip


def _along(channel: str, low: float, high: float) -> Draw:
    def draw(rng: np.random.Generator, count: int) -> CommandBatch:
        return _asked(count, _columns(count, **{channel: rng.uniform(low, high, count)}))

    return draw


def _held(channel: int, low: float, high: float) -> Draw:
    def draw(rng: np.random.Generator, count: int) -> CommandBatch:
        constant = _strolling(rng, count)
        constant[:, channel] = rng.uniform(low, high, count)
        return _asked(count, constant)

    return draw


def _modulated(channel: int, amplitude: float, beat: float) -> Draw:
    def draw(rng: np.random.Generator, count: int) -> CommandBatch:
        constant = _strolling(rng, count)
        if channel == HEIGHT:
            constant[:, HEIGHT] = -0.03
        swing = np.zeros((count, COUNT), np.float32)
        swing[:, channel] = amplitude
        phase = rng.uniform(0.0, 2.0 * np.pi, (count, COUNT)).astype(np.float32)
        return _asked(count, constant, swing, phase, beat)

    return draw


def _gait(gait: Gait) -> Draw:
    def draw(rng: np.random.Generator, count: int) -> CommandBatch:
        speed, frequency = rng.uniform(0.0, 0.6, count), rng.uniform(1.5, 3.5, count)
        return _asked(count, _columns(count, vx=speed), gait=gait, frequency=frequency)

    return draw


def _march(rng: np.random.Generator, count: int) -> CommandBatch:
    frequency = rng.uniform(1.5, 2.5, count)
    return _asked(count, _columns(count, swing=0.05), frequency=frequency)


def _lift(foot: int) -> Draw:
    def draw(_: np.random.Generator, count: int) -> CommandBatch:
        return _asked(count, _columns(count, **{CHANNELS[LIFT.start + foot]: 0.10}))

    return draw


def _hop(forward: float) -> Draw:
    def draw(rng: np.random.Generator, count: int) -> CommandBatch:
        speed = rng.uniform(0.5 * forward, forward, count)
        return _asked(count, _columns(count, jump=rng.uniform(0.03, 0.06, count), vx=speed))

    return draw


_WHOLE_RANGE = "vx -1.0…1.8, vy ±0.6 m/s, yaw ±2.0 rad/s"
_SPEEDS = at_most(vx=0.12, vy=0.12, yaw=0.15)
_POSTURES = (
    (HEIGHT, -0.10, 0.02, 0.015, 0.04, "m"),
    (PITCH, -0.45, 0.45, 0.06, 0.2, "rad"),
    (ROLL, -0.35, 0.35, 0.06, 0.2, "rad"),
)
_FOOT_WORDS = ("right front", "left front", "right hind", "left hind")
BENCHMARKS = (
    Benchmark(f"velocity: {_WHOLE_RANGE}", _velocities, _speeds, _SPEEDS),
    Benchmark("forward 1.4…1.8 m/s", _along("vx", 1.4, 1.8), _speeds, _SPEEDS),
    Benchmark("turn on the spot, ±2 rad/s", _along("yaw", -2.0, 2.0), _speeds, _SPEEDS),
    Benchmark("stand for 20 s", _still, _drift, at_most(drift=0.05)),
    *(
        Benchmark(f"{CHANNELS[channel]} {low:g}…{high:g} {unit}, half of them walking",
              _held(channel, low, high), _following(channel), at_most(error=most))
        for channel, low, high, most, _, unit in _POSTURES
    ),
    *(
        Benchmark(f"{CHANNELS[channel]} ±{amplitude:g} {unit} at {beat:g} Hz, half of them walking",
              _modulated(channel, amplitude, beat), _following(channel),
              at_least(correlation=0.9, gain=0.7) if beat <= 1.0 else {})
        for channel, _, __, ___, amplitude, unit in _POSTURES
        for beat in (0.5, 1.0, 2.0)
    ),
    *(
        Benchmark(f"{gait.value}, 1.5…3.5 Hz at 0…0.6 m/s", _gait(gait), _schedule,
              at_least(kept=0.8))
        for gait in GAITS
    ),
    Benchmark("pronk: hops of 0.03…0.06 m at 0…0.5 m/s", _hop(0.5), _schedule, at_least(kept=0.8)),
    Benchmark("march on the spot with swings of 0.12 m, 1.5…2.5 Hz", _march, _swing_height,
          at_least(peak=0.10, kept=0.8)),
    *(
        Benchmark(f"{words} foot 0.10 m up", _lift(foot), _held_foot,
              at_least(clearance=0.08, others_down=0.95))
        for foot, words in enumerate(_FOOT_WORDS)
    ),
    Benchmark("hop on the spot, 0.03…0.06 m", _hop(0.0), _hops,
          at_least(airborne=0.2, hops_per_s=1.0)),
    Benchmark("rear up and stay", _along("rear", 1.0, 1.0), _reared,
          at_least(front_feet=0.15, nose_up=0.6)),
    Benchmark(f"pushes of 0.5 m/s every 3 s, {_WHOLE_RANGE}", _velocities, _nothing, {}, _PUSHED,
              0.05),
    Benchmark("pushes of 0.5 m/s every 3 s, standing", _still, _nothing, {}, _PUSHED, 0.05),
)  # fmt: skip
