"""Numbers that decide success. Each takes a `Motion` that begins after the settling time.

Amplitudes are those of a sine fitted by least squares; "held" means a share of the time, because a
single wobble of a walking robot must neither pass nor fail a task of ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from bench.rotation import Floats
from bench.tasks.arm.motion import ArmMotion
from bench.tasks.motion import HZ, Motion

Seen = TypeVar("Seen", Motion, ArmMotion)
Signal = Callable[[Motion], Floats]
Measure = Callable[[Motion], float]
# Of the reference robot; others' are scaled.
MIN_SWING_CLEARANCE = 0.02  # m; a foot that rises higher is in a swing
MIN_SWINGS_PER_S = 0.5  # a second, of every foot that steps at all
STEP_S = 0.5  # over which a step's wobble averages out
LOWEST_HZ = 0.3  # what is slower is no beat
MIN_STD = 1e-4  # m or rad; below it a signal is still


def forward_speed(motion: Motion) -> float:
    """Mean speed in the direction of the nose, m/s."""
    return float(motion.velocity[:, 0].mean())


def left_speed(motion: Motion) -> float:
    """Mean speed to the left, m/s."""
    return float(motion.velocity[:, 1].mean())


def heading_drift(motion: Motion) -> float:
    """Largest turn away from the heading at the window's begin, rad.

    The heading is averaged over a step first (`STEP_S`), or the wobble of every one would count.
    """
    rows = round(HZ * motion.body.units.seconds(STEP_S))
    kernel = np.ones(rows) / rows
    smooth = np.convolve(motion.heading, kernel, mode="valid")
    return float(np.abs(smooth - smooth[0]).max())


def turn_rate(motion: Motion) -> float:
    """Mean speed of turning, either way, rad/s."""
    seconds = motion.time[-1] - motion.time[0]
    return float(abs(motion.heading[-1] - motion.heading[0]) / seconds)


def max_displacement(motion: Motion) -> float:
    """Largest distance of the trunk from where it was at the window's begin, m."""
    return float(np.linalg.norm(motion.place - motion.place[0], axis=1).max())


def mean_height(motion: Motion) -> float:
    """Mean height of the trunk's origin, m."""
    return float(motion.height.mean())


def amplitude(signal: Callable[[Seen], Floats], frequency: float) -> Callable[[Seen], float]:
    """Amplitude of the sine of `frequency` (Hz) that fits the signal best."""

    def measure(motion: Seen) -> float:
        angle = 2.0 * np.pi * frequency * motion.time
        basis = np.stack([np.sin(angle), np.cos(angle), np.ones_like(angle)], axis=1)
        weights, *_ = np.linalg.lstsq(basis, signal(motion), rcond=None)
        return float(np.hypot(weights[0], weights[1]))

    return measure


def sinusoid_correlation(
    signal: Callable[[Seen], Floats], frequency: float, lag_s: float = 0.15
) -> Callable[[Seen], float]:
    """Correlation of the signal with sin(2π · frequency · (t - lag)), t from the reset.

    The best over lags within ±`lag_s`: a robot may be a little late, but not follow
    another sinusoid.
    """

    def measure(motion: Seen) -> float:
        values = signal(motion)
        if values.std() < MIN_STD:
            return 0.0
        lags = np.arange(-lag_s, lag_s + 1e-9, 0.01)
        sinusoids = np.sin(2.0 * np.pi * frequency * (motion.time[None] - lags[:, None]))
        return float(max(np.corrcoef(values, sinusoid)[0, 1] for sinusoid in sinusoids))

    return measure


def main_frequency(signal: Signal) -> Measure:
    """Frequency of the largest peak of the spectrum above `LOWEST_HZ`, Hz; 0 for a still signal."""

    def measure(motion: Motion) -> float:
        values = signal(motion)
        if values.std() < MIN_STD:
            return 0.0
        tapered = (values - values.mean()) * np.hanning(len(values))
        size = 16 * len(values)
        spectrum = np.abs(np.fft.rfft(tapered, size))
        frequencies = np.fft.rfftfreq(size, 1.0 / HZ)
        spectrum[frequencies < motion.body.units.frequency(LOWEST_HZ)] = 0.0
        return float(frequencies[np.argmax(spectrum)])

    return measure


def share_above(signal: Signal, level: float) -> Measure:
    """Share of the time that the signal is at least `level`."""
    return lambda motion: float((signal(motion) >= level).mean())


def planted_share(motion: Motion) -> float:
    """Share of the time that all four feet are on the floor."""
    return float(motion.grounded.all(axis=1).mean())


def slip(motion: Motion) -> float:
    """How far the foot that moved most came from its place at the window's begin, m."""
    moved = motion.feet[:, :, :2] - motion.feet[0, :, :2]
    return float(np.linalg.norm(moved, axis=2).max())


def flight_share(motion: Motion) -> float:
    """Share of the time that no foot touches the floor."""
    return float((~motion.grounded).all(axis=1).mean())


def foot(name: str) -> Signal:
    """The clearance of one foot as a signal."""
    return lambda motion: motion.clearance[:, motion.body.place(name)]


def lowest_swing(motion: Motion) -> float:
    """Median peak of the swings of the foot that swings lowest, m.

    A swing is a stretch of time in which the foot is more than `MIN_SWING_CLEARANCE` up; those cut
    by the window's ends do not count, and a foot that makes too few of them counts as 0.
    """
    seconds, units = len(motion) / HZ, motion.body.units
    up, often = units.length(MIN_SWING_CLEARANCE), units.frequency(MIN_SWINGS_PER_S)
    lowest = np.inf
    for clearance in motion.clearance.T:
        peaks = _peaks(clearance, up)
        enough = len(peaks) >= often * seconds
        lowest = min(lowest, float(np.median(peaks)) if enough else 0.0)
    return float(lowest)


def _peaks(clearance: Floats, swinging: float) -> list[float]:
    """Highest point of every complete swing."""
    up = clearance > swinging
    edges = np.flatnonzero(np.diff(up.astype(np.int8)))
    if len(edges) and up[0]:
        edges = edges[1:]  # the first swing had begun before
    return [
        float(clearance[begin + 1 : end + 1].max())
        for begin, end in zip(edges[::2], edges[1::2], strict=False)
    ]


def sides_together(motion: Motion) -> float:
    """Share of the time that front and hind foot of a side are both down or both up."""
    feet = motion.body.feet
    return _agreement(
        motion, ((feet.front_right, feet.rear_right), (feet.front_left, feet.rear_left))
    )


def diagonals_together(motion: Motion) -> float:
    """The same of diagonal feet; near 1 for a trot, and for standing."""
    feet = motion.body.feet
    return _agreement(
        motion, ((feet.front_right, feet.rear_left), (feet.front_left, feet.rear_right))
    )


def _agreement(motion: Motion, pairs: tuple[tuple[str, str], ...]) -> float:
    place, grounded = motion.body.place, motion.grounded
    shares = [
        (grounded[:, place(first)] == grounded[:, place(second)]).mean() for first, second in pairs
    ]
    return float(np.mean(shares))


def longest_upright(front: float, trunk: float) -> Measure:
    """Longest time in a row with both front feet `front` m up and the trunk's lowest point above
    `trunk` m, s. A robot that sits on its haunches has its trunk too low for this."""

    def measure(motion: Motion) -> float:
        right, left, _, _ = (foot(name)(motion) for name in motion.body.feet)
        front_feet = np.minimum(right, left)
        up = (front_feet >= front) & (motion.trunk_gap >= trunk)
        longest = run = 0
        for step in up:
            run = run + 1 if step else 0
            longest = max(longest, run)
        return longest / HZ

    return measure
