"""Success checks measured on a rollout. Shares nothing with the rewards: what a task promised is
judged by other code than what it optimised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.control.embodiment import Embodiment
from tabrl.control.measures import Fields, Floats, Measures
from tabrl.control.rollout import CONTROL_DT

SLOWEST_HZ = 0.2  # below it a swing in ten seconds is a drift
STILL = 1e-6  # below a micron or a microradian nothing moves: there is no rhythm


def evaluate_checks(
    checks: Sequence[CheckSpec], rollout: Fields, embodiment: Embodiment
) -> list[float]:
    """One number a check: the median over episodes; for falls and `any` the share of episodes.

    `rollout` holds arrays `[T, B, …]` at 50 Hz whose first row is the reset. A window that ends
    after the recording is cut; one that begins after it gives NaN, which passes no check. Raises
    `Invalid` (code `unknown_part`) for a joint, foot or axis that there is not.
    """
    return over_episodes(checks, per_episode(checks, rollout, embodiment), embodiment)


def per_episode(checks: Sequence[CheckSpec], rollout: Fields, embodiment: Embodiment) -> Floats:
    """The checks' numbers of every episode, `[checks, B]`; otherwise as `evaluate_checks`."""
    return _values(checks, embodiment.measured(rollout))


def over_episodes(
    checks: Sequence[CheckSpec], values: Floats, embodiment: Embodiment
) -> list[float]:
    """One number a check, as `evaluate_checks`, from those of every episode `[checks, B]`."""
    return [
        float((np.mean if _counts_episodes(check, embodiment) else np.median)(episodes))
        for check, episodes in zip(checks, values, strict=True)
    ]


def _values(checks: Sequence[CheckSpec], measures: Measures) -> Floats:
    values = np.full((len(checks), measures.rollout["time"].shape[1]), np.nan)
    for row, check in enumerate(checks):
        start, end = round(check.start_s / CONTROL_DT), round(check.end_s / CONTROL_DT)
        window = _measured(check, measures)[start:end]
        if len(window) >= 2:
            values[row] = _STATISTICS[check.statistic](window, check)
    return values


def series(
    checks: Sequence[CheckSpec], rollout: Fields, embodiment: Embodiment
) -> Float[np.ndarray, "checks T B"]:
    """What the checks look at, step by step, before their windows and statistics."""
    measures = embodiment.measured(rollout)
    seen = np.empty((len(checks), *measures.rollout["time"].shape))
    for row, check in enumerate(checks):
        seen[row] = _measured(check, measures)
    return seen


def _measured(check: CheckSpec, measures: Measures) -> Floats:
    if check.path is not None:
        return measures.from_path(check.quantity, check.path)
    return measures.of(check.quantity, check.part)


def _counts_episodes(check: CheckSpec, embodiment: Embodiment) -> bool:
    once = embodiment.catalogue.per_episode(check.quantity)
    return once or check.statistic is Statistic.ANY


def _sinusoid(window: Floats, frequency: float) -> tuple[Floats, Floats]:
    """Amplitude and correlation `[B]` of the least-squares sinusoid of `frequency` (Hz)."""
    time = np.arange(len(window)) * CONTROL_DT
    angle = 2 * np.pi * frequency * time
    basis = np.stack([np.sin(angle), np.cos(angle), np.ones_like(time)], axis=1)
    weights, *_ = np.linalg.lstsq(basis, window, rcond=None)
    amplitude: Floats = np.hypot(weights[0], weights[1])
    wave = basis[:, :2] @ weights[:2]
    spread = np.std(window, axis=0)
    ratio = np.std(wave, axis=0) / np.where(spread > STILL, spread, np.inf)
    return amplitude, np.clip(ratio, 0.0, 1.0)


def _strongest(window: Floats) -> tuple[Floats, Floats]:
    """Frequency (Hz) and amplitude `[B]` of the largest spectral peak; 0 for a still signal.

    A Hann window and padding refine the peak between bins; a sinusoid of amplitude a has a peak of
    half of a times the sum of the window.
    """
    taper = np.hanning(len(window))
    centred = window - np.mean(window, axis=0)
    size = 8 * len(window)
    spectrum = np.abs(np.fft.rfft(centred * taper[:, None], n=size, axis=0))
    frequencies = np.fft.rfftfreq(size, CONTROL_DT)
    spectrum[frequencies < SLOWEST_HZ] = 0.0
    peak = np.argmax(spectrum, axis=0)
    height = np.take_along_axis(spectrum, peak[None], axis=0)[0]
    moves = np.std(window, axis=0) > STILL
    amplitude = 2.0 * height / taper.sum() if taper.any() else np.zeros_like(height)
    return np.where(moves, frequencies[peak], 0.0), np.where(moves, amplitude, 0.0)


def _amplitude(window: Floats, check: CheckSpec) -> Floats:
    if check.frequency is None:
        return _strongest(window)[1]
    return _sinusoid(window, check.frequency)[0]


_STATISTICS: dict[Statistic, Callable[[Floats, CheckSpec], Floats]] = {
    Statistic.MEAN: lambda window, _: np.mean(window, axis=0),
    Statistic.MEAN_ABS: lambda window, _: np.mean(np.abs(window), axis=0),
    Statistic.MIN: lambda window, _: np.min(window, axis=0),
    Statistic.MAX: lambda window, _: np.max(window, axis=0),
    Statistic.STD: lambda window, _: np.std(window, axis=0),
    Statistic.RANGE: lambda window, _: np.ptp(window, axis=0),
    Statistic.CHANGE: lambda window, _: window[-1] - window[0],
    Statistic.FINAL: lambda window, _: window[-1],
    Statistic.AMPLITUDE: _amplitude,
    Statistic.RHYTHM: lambda window, check: _sinusoid(window, check.frequency or 1.0)[1],
    Statistic.FREQUENCY: lambda window, _: _strongest(window)[0],
    Statistic.SHARE_ABOVE: lambda window, check: np.mean(window > (check.threshold or 0.0), axis=0),
    Statistic.SHARE_BELOW: lambda window, check: np.mean(window < (check.threshold or 0.0), axis=0),
    Statistic.ANY: lambda window, _: np.any(window > 0.5, axis=0).astype(np.float64),
}
