"""Which beat a reward listens to, found by listening to the reward.

A still robot is shown to the reward at all times of 16 s: whatever changes is the reward's own
clock. Its spectrum names the frequencies that the search tries first.
"""

from __future__ import annotations

import numpy as np

from tabrl.control.program import BEAT_RANGE
from tabrl.control.tape import CONTROL_DT, Tape
from tabrl.sim.bank import Bank
from tabrl_trainer.scoring import TapeReward

LISTEN_S = 16.0
_STILL_STATES = 10  # different poses: at a symmetric one a reward may show only its double beat
_PADDING = 8  # finer frequency grid: 1/128 Hz


def beats_of(reward: TapeReward, bank: Bank, most: int = 3) -> list[float]:
    """Up to `most` beat frequencies in Hz, strongest first; none if the reward has no clock."""
    steps = round(LISTEN_S / CONTROL_DT)
    still = {}
    for name, field in bank.tape.fields.items():
        pose = field[len(field) // 3, :_STILL_STATES]
        still[name] = np.broadcast_to(pose, (steps, *pose.shape)).astype(np.float32)
    times = (np.arange(steps, dtype=np.float32) * CONTROL_DT)[:, None]
    still["time"] = np.broadcast_to(times, (steps, still["time"].shape[1])).copy()
    terms = reward.terms_of(Tape(still))
    series = (terms - terms.mean(0)).reshape(steps, -1)
    if np.abs(series).max() < 1e-6:
        return []
    window = np.hanning(steps)[:, None]
    power = np.abs(np.fft.rfft(series * window, n=steps * _PADDING, axis=0)).sum(1)
    frequency = np.fft.rfftfreq(steps * _PADDING, CONTROL_DT)
    found: list[float] = []
    power[frequency < 0.15] = 0.0
    floor = 0.05 * power.max()
    while len(found) < most and power.max() > floor:
        peak = float(frequency[power.argmax()])
        power[np.abs(frequency - peak) < 2.5 / LISTEN_S] = 0.0
        found += [peak] if BEAT_RANGE[0] <= peak <= BEAT_RANGE[1] else []
    return found
