"""Which beat a reward listens to, found by listening to the reward.

A still robot is shown to the reward at all times of 16 s: whatever changes is the reward's own
clock. Its spectrum names the frequencies that the search tries first.
"""

from __future__ import annotations

import numpy as np

from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.sim.motion_library import MotionLibrary
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.window import Window

LISTEN_S = 16.0
EVER = Window()
# Of all over the library: at an even pose a reward may show only its double beat.
_STILL_STATES = 16
_PADDING = 8  # finer frequency grid: 1/128 Hz


def modulation_frequencies_of(
    reward: RolloutReward, library: MotionLibrary, most: int = 3, window: Window = EVER,
    within: tuple[float, float] = MODULATION_RANGE,
) -> list[float]:  # fmt: skip
    """Up to `most` beat frequencies in Hz, strongest first; none if the reward has no clock.

    Only those `within` a range count. With a `window`, only of what the reward says within it.
    """
    listen_s = min(LISTEN_S, window.lasts_s)
    steps = round(listen_s / CONTROL_DT)
    clips = library.rollout.shape[1]
    some = np.unique(np.linspace(0, clips - 1, _STILL_STATES).round().astype(int))
    still = {}
    for name, field in library.rollout.fields.items():
        pose = field[len(field) // 3, some]
        still[name] = np.broadcast_to(pose, (steps, *pose.shape)).astype(np.float32)
    times = window.at(np.arange(steps, dtype=np.float32) * CONTROL_DT)[:, None]
    still["time"] = np.broadcast_to(times, (steps, still["time"].shape[1])).copy()
    terms = reward.terms_of(Rollout(still))
    series = (terms - terms.mean(0)).reshape(steps, -1)
    if np.abs(series).max() < 1e-6:
        return []
    taper = np.hanning(steps)[:, None]
    length = round(LISTEN_S / CONTROL_DT) * _PADDING
    power = np.abs(np.fft.rfft(series * taper, n=length, axis=0)).sum(1)
    frequency = np.fft.rfftfreq(length, CONTROL_DT)
    found: list[float] = []
    power[frequency < max(0.15, 1.5 / listen_s)] = 0.0
    floor = 0.05 * power.max()
    while len(found) < most and power.max() > floor:
        peak = float(frequency[power.argmax()])
        power[np.abs(frequency - peak) < 2.5 / listen_s] = 0.0
        found += [peak] if within[0] <= peak <= within[1] else []
    return found
