"""Success checks measured on a tape. Shares nothing with the rewards: what a task promised is
judged by other code than what it optimised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.checks import CheckSpec, Quantity, Statistic
from tabrl.domain.errors import Invalid

CONTROL_HZ = 50.0
Floats = NDArray[np.float64]
Fields = Mapping[str, NDArray[Any]]  # tape field -> [T, B, …]


def evaluate_checks(
    checks: Sequence[CheckSpec],
    tape: Fields,
    foot_names: Sequence[str] = ("FR", "FL", "RR", "RL"),
    foot_radius: float = 0.0,
) -> list[float]:
    """One number a check: the median over episodes, for `fallen` the share of episodes.

    `tape` holds arrays `[T, B, …]` at 50 Hz whose first row is the reset. A window that ends
    after the recording is cut; one that begins after it gives NaN, which passes no check. Raises
    `Invalid` for a foot the robot does not have.
    """
    cache: dict[tuple[Quantity, str | None], Floats] = {}
    values = []
    for check in checks:
        key = (check.quantity, check.part)
        if key not in cache:
            cache[key] = _quantity(check, tape, foot_names, foot_radius)
        start, end = round(check.start_s * CONTROL_HZ), round(check.end_s * CONTROL_HZ)
        window = cache[key][start:end]
        if len(window) < 2:
            values.append(float("nan"))
            continue
        episodes = _STATISTICS[check.statistic](window, check)
        over = np.mean if check.quantity is Quantity.FALLEN else np.median
        values.append(float(over(episodes)))
    return values


def _quantity(
    check: CheckSpec, tape: Fields, foot_names: Sequence[str], foot_radius: float
) -> Floats:
    """The check's quantity per step, `[T, B]`."""
    if check.quantity is not Quantity.FOOT_HEIGHT:
        return _QUANTITIES[check.quantity](tape)
    if check.part is None or check.part not in foot_names:
        raise Invalid(
            f"there is no foot {check.part!r}",
            code="unknown_foot",
            hint=f"feet are: {', '.join(foot_names)}",
        )
    foot = tape["foot_position"][:, :, list(foot_names).index(check.part), 2]
    return np.asarray(foot, np.float64) - foot_radius


def _euler(tape: Fields) -> tuple[Floats, Floats, Floats]:
    """Roll, pitch, yaw `[T, B]` of z-y-x angles from `base_quaternion` (wxyz)."""
    w, x, y, z = np.moveaxis(np.asarray(tape["base_quaternion"], np.float64), -1, 0)
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (w * y - z * x), -1, 1))
    yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return roll, pitch, yaw


def _heading_velocity(tape: Fields) -> Floats:
    """Velocity `[T, B, 3]` in a frame that turns with the heading and does not tilt."""
    roll, pitch, _ = _euler(tape)
    vx, vy, vz = np.moveaxis(np.asarray(tape["base_linear_velocity"], np.float64), -1, 0)
    sr, cr, sp, cp = np.sin(roll), np.cos(roll), np.sin(pitch), np.cos(pitch)
    left = cr * vy - sr * vz
    down_tilted = sr * vy + cr * vz
    return np.stack([cp * vx + sp * down_tilted, left, -sp * vx + cp * down_tilted], axis=-1)


def _yaw_rate(tape: Fields) -> Floats:
    """Rate of the heading, rad/s: about the world's vertical, not the tilted body's."""
    roll, pitch, _ = _euler(tape)
    _, wy, wz = np.moveaxis(np.asarray(tape["base_angular_velocity"], np.float64), -1, 0)
    rate: Floats = (np.sin(roll) * wy + np.cos(roll) * wz) / np.maximum(np.cos(pitch), 1e-2)
    return rate


def _drift(tape: Fields) -> Floats:
    """Horizontal distance from the place of the reset."""
    moved = np.asarray(tape["base_position"], np.float64) - tape["initial_position"]
    distance: Floats = np.hypot(moved[..., 0], moved[..., 1])
    return distance


def _planar_speed(tape: Fields) -> Floats:
    velocity = _heading_velocity(tape)
    speed: Floats = np.hypot(velocity[..., 0], velocity[..., 1])
    return speed


def _pairs_apart(one: tuple[int, int], other: tuple[int, int]) -> Callable[[Fields], Floats]:
    """Difference of two pairs' mean contacts; feet are FR, FL, RR, RL."""

    def apart(tape: Fields) -> Floats:
        down = np.asarray(tape["foot_contact"], np.float64) > 0.5
        difference: Floats = down[..., one].mean(axis=-1) - down[..., other].mean(axis=-1)
        return np.abs(difference)

    return apart


def _field(name: str) -> Callable[[Fields], Floats]:
    return lambda tape: np.asarray(tape[name], np.float64)


_QUANTITIES: dict[Quantity, Callable[[Fields], Floats]] = {
    Quantity.FORWARD_SPEED: lambda tape: _heading_velocity(tape)[..., 0],
    Quantity.LATERAL_SPEED: lambda tape: _heading_velocity(tape)[..., 1],
    Quantity.PLANAR_SPEED: _planar_speed,
    Quantity.VERTICAL_SPEED: lambda tape: _heading_velocity(tape)[..., 2],
    Quantity.YAW_RATE: _yaw_rate,
    Quantity.HEADING: lambda tape: np.unwrap(_euler(tape)[2], axis=0),
    Quantity.DRIFT: _drift,
    Quantity.HEIGHT: lambda tape: np.asarray(tape["base_position"][..., 2], np.float64),
    Quantity.ROLL: lambda tape: _euler(tape)[0],
    Quantity.PITCH: lambda tape: _euler(tape)[1],
    Quantity.FEET_IN_AIR: lambda tape: np.sum(
        np.asarray(tape["foot_contact"], np.float64) < 0.5, axis=-1
    ).astype(np.float64),
    Quantity.DIAGONALS_APART: _pairs_apart((0, 3), (1, 2)),
    Quantity.SIDES_APART: _pairs_apart((0, 2), (1, 3)),
    Quantity.ENDS_APART: _pairs_apart((0, 1), (2, 3)),
    Quantity.JOINT_SPEED: lambda tape: np.mean(
        np.abs(np.asarray(tape["joint_velocity"], np.float64)), axis=-1
    ),
    Quantity.FALLEN: _field("fallen"),
}


def _sinusoid(window: Floats, frequency: float) -> tuple[Floats, Floats]:
    """Amplitude and correlation `[B]` of the least-squares sinusoid of `frequency` (Hz)."""
    time = np.arange(len(window)) / CONTROL_HZ
    angle = 2 * np.pi * frequency * time
    basis = np.stack([np.sin(angle), np.cos(angle), np.ones_like(time)], axis=1)
    weights, *_ = np.linalg.lstsq(basis, window, rcond=None)
    amplitude: Floats = np.hypot(weights[0], weights[1])
    wave = basis[:, :2] @ weights[:2]
    spread = np.std(window, axis=0)
    # A still signal follows no beat: below a micron or a microradian there is no rhythm.
    ratio = np.std(wave, axis=0) / np.where(spread > 1e-6, spread, np.inf)
    return amplitude, np.clip(ratio, 0.0, 1.0)


def _dominant_frequency(window: Floats, _: CheckSpec) -> Floats:
    """Frequency of the largest spectral peak `[B]`, refined between bins; 0 for a still signal."""
    centred = window - np.mean(window, axis=0)
    tapered = centred * np.hanning(len(window))[:, None]
    size = 8 * len(window)
    spectrum = np.abs(np.fft.rfft(tapered, n=size, axis=0))
    frequencies = np.fft.rfftfreq(size, 1 / CONTROL_HZ)
    spectrum[frequencies < 0.2] = 0.0
    peak: Floats = frequencies[np.argmax(spectrum, axis=0)]
    return np.where(np.std(window, axis=0) > 1e-6, peak, 0.0)


_STATISTICS: dict[Statistic, Callable[[Floats, CheckSpec], Floats]] = {
    Statistic.MEAN: lambda window, _: np.mean(window, axis=0),
    Statistic.MEAN_ABS: lambda window, _: np.mean(np.abs(window), axis=0),
    Statistic.MIN: lambda window, _: np.min(window, axis=0),
    Statistic.MAX: lambda window, _: np.max(window, axis=0),
    Statistic.STD: lambda window, _: np.std(window, axis=0),
    Statistic.CHANGE: lambda window, _: window[-1] - window[0],
    Statistic.FINAL: lambda window, _: window[-1],
    Statistic.AMPLITUDE: lambda window, check: _sinusoid(window, check.frequency or 1.0)[0],
    Statistic.RHYTHM: lambda window, check: _sinusoid(window, check.frequency or 1.0)[1],
    Statistic.FREQUENCY: _dominant_frequency,
    Statistic.SHARE_ABOVE: lambda window, check: np.mean(window > (check.threshold or 0.0), axis=0),
    Statistic.ANY: lambda window, _: np.any(window > 0.5, axis=0).astype(np.float64),
}
