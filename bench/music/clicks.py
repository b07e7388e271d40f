"""Click tracks: files of sound whose beats are known."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

RATE = 44_100
FIRST_S = 0.25
_CLICK_S, _DECAY_S, _SIZE = 0.06, 0.012, 0.6


class Tempo(NamedTuple):
    """So many beats a minute for so many seconds."""

    bpm: float
    seconds: float


def beats_of(tempos: tuple[Tempo, ...]) -> Float[np.ndarray, " N"]:
    """When the beats of a track are, s; each tempo goes on from the last beat of the one before."""
    beats, end = [FIRST_S], 0.0
    for tempo in tempos:
        end += tempo.seconds
        while beats[-1] + 60.0 / tempo.bpm < end:
            beats.append(beats[-1] + 60.0 / tempo.bpm)
    return np.array(beats)


def write_clicks(path: Path, tempos: tuple[Tempo, ...]) -> Float[np.ndarray, " N"]:
    """Write a track of short noisy clicks, 16 bit mono. Returns its beats, s."""
    beats, seconds = beats_of(tempos), sum(tempo.seconds for tempo in tempos)
    count = round(_CLICK_S * RATE)
    decay = np.exp(-np.arange(count) / (_DECAY_S * RATE))
    click = _SIZE * np.random.default_rng(0).uniform(-1.0, 1.0, count) * decay
    sound = np.zeros(round(seconds * RATE) + count)
    for beat in beats:
        first = round(beat * RATE)
        sound[first : first + count] += click[: len(sound) - first]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((32_000 * sound[: round(seconds * RATE)]).astype("<i2").tobytes())
    return beats


def beats_at(
    beats: Float[np.ndarray, " N"], time: Float[np.ndarray, " T"]
) -> Float[np.ndarray, " T"]:
    """How many beats there have been at `time`, parts of one counting as well; before the first one
    and after the last one they go on at the tempo there."""
    early = (time - beats[0]) / (beats[1] - beats[0])
    late = len(beats) - 1 + (time - beats[-1]) / (beats[-1] - beats[-2])
    within = np.interp(time, beats, np.arange(len(beats)))
    counted: Float[np.ndarray, " T"] = np.where(
        time < beats[0], early, np.where(time > beats[-1], late, within)
    )
    return counted
