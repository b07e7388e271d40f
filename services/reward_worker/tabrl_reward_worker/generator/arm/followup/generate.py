"""Going on from what an arm was asked for: slower, bigger, higher; or something else instead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tabrl.contracts.motion import Constant, Duration, MotionSpec, Phase, Sinusoid, Target
from tabrl.contracts.path import Path
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl.robots import Robot
from tabrl_reward_worker.generator.arm.amounts import DIGITS, ArmAmounts
from tabrl_reward_worker.generator.arm.followup.changes import Change, changes_in
from tabrl_reward_worker.generator.arm.limits import span_of
from tabrl_reward_worker.generator.arm.reading import read
from tabrl_reward_worker.generator.arm.spec import Asked, asked_of
from tabrl_reward_worker.generator.arm.words import WAYS

_ROUNDED_HZ = 3
_UNSEEN, _LEAST = 5e-3, 1e-3  # m, Hz, or a share: nobody sees that


def continued(earlier: Sequence[str], words: str, robot: Robot, motion: MotionSpec | None) -> Asked:
    """What was asked for, as new words change it; no motion if they were not understood."""
    own = ArmAmounts.of(robot)
    changes = changes_in(words, earlier, own.length(1.0))
    before = motion or _earlier(earlier, robot)
    if before is not None and changes:
        known = [(said.text, said.change) for said in changes if said.change is not None]
        missed = [line for said in changes for line in said.missed]
        for change in sorted((change for _, change in known), key=_room_needed):
            before = _changed(before, change, own, missed)
        told = [f"“{text}” → {_in_words(change)}" for text, change in known]
        return Asked(before, told, list(dict.fromkeys(missed)))
    new = asked_of(read(words, robot), robot)
    if new.motion is not None and before is not None:
        return Asked(new.motion, [*new.understood, "instead of what it did"], new.not_understood)
    return new


def _earlier(sentences: Sequence[str], robot: Robot) -> MotionSpec | None:
    """What the sentences so far came to."""
    motion: MotionSpec | None = None
    for sentence in sentences:
        motion = continued([], sentence, robot, motion).motion or motion
    return motion


def _room_needed(change: Change) -> float:
    """What leaves room comes first: the slower or smaller something is, the more it can be."""
    return min(change.tempo, change.size) if min(change.tempo, change.size) < 1.0 else change.tempo


def _changed(motion: MotionSpec, change: Change, own: ArmAmounts, missed: list[str]) -> MotionSpec:
    phases = tuple(_phase(phase, change, own, missed) for phase in motion.phases)
    return motion.model_copy(update={"phases": phases})


def _phase(phase: Phase, change: Change, own: ArmAmounts, missed: list[str]) -> Phase:
    targets = tuple(_target(one, change, own, missed) for one in phase.targets)
    until = phase.until
    before = next((one.shape for one in phase.targets if isinstance(one.shape, Path)), None)
    after = next((one.shape for one in targets if isinstance(one.shape, Path)), None)
    if isinstance(until, Duration) and before is not None and after is not None:
        slower = (after.end_s - after.begin_s) / (before.end_s - before.begin_s)
        since = before.begin_s if before.repeat else 0.0
        seconds = min(since + (until.seconds - since) * slower, LONGEST_EPISODE_S)
        until = Duration(seconds=round(max(seconds, 0.5), 2))
    return phase.model_copy(update={"targets": targets, "until": until})


def _target(target: Target, change: Change, own: ArmAmounts, missed: list[str]) -> Target:
    shape, placed = target.shape, target.quantity == Askable.TOOL_POSITION
    move = change.shift if placed and target.part == change.axis else 0.0
    if isinstance(shape, Path):
        return target.model_copy(update={"shape": _path(shape, change, own, missed)})
    low, high = span_of(target, own)
    if isinstance(shape, Constant):
        value = round(min(max(shape.value + move, low), high), DIGITS)
        if abs(value - shape.value - move) > _UNSEEN:
            missed.append(f"it can go {abs(value - shape.value):.2g} m that way only")
        return target.model_copy(update={"shape": Constant(value=value)})
    if not isinstance(shape, Sinusoid):
        return target
    table = own["frequency"]
    wanted = (shape.hz or 1.0) * change.tempo
    hz = round(min(max(wanted, table["lowest"]), table["highest"]), _ROUNDED_HZ)
    if abs(hz - wanted) > _UNSEEN:
        missed.append(f"{wanted:.3g} times a second cannot be done: {hz:g}")
    more = 0.5 * change.wider if placed else change.opened
    if change.opened if placed else change.wider:
        missed.append(f"it goes to and fro in {'metres' if placed else 'degrees'}: say so many")
    larger = max(shape.amplitude * change.size + more, _LEAST)
    amplitude = own.swinging(larger, hz, turns=not placed)
    if larger - amplitude > _UNSEEN:
        missed.append(f"±{larger:.2g} at {hz:g} Hz is more than it can do: ±{amplitude:.2g}")
    mean = round(min(max(shape.mean + move, low), high), DIGITS)
    changed = {"hz": hz, "amplitude": amplitude, "mean": mean}
    return target.model_copy(update={"shape": shape.model_copy(update=changed)})


def _path(path: Path, change: Change, own: ArmAmounts, missed: list[str]) -> Path:
    """Points about their middle, as far as the tool goes; a first one that leads there stays."""
    rows = np.array(path.points)
    drawn = rows if path.repeat else rows[1:]
    ends = np.array([drawn[:, 1:].min(0), drawn[:, 1:].max(0)])
    middle, wide = ends.mean(0), ends[1] - ends[0]
    low, high = np.array([own.room(axis) for axis in WORLD_AXES]).T
    wanted = max(change.size + change.wider / max(_width(wide), _LEAST), _LEAST)
    room = np.min((high - low)[wide > _LEAST] / wide[wide > _LEAST], initial=np.inf)
    size = min(wanted, float(room))
    if size < wanted - _UNSEEN:
        missed.append(f"there is room for {size:.2g} times as large only")
    if change.axis:
        middle[WORLD_AXES.index(change.axis)] += change.shift
    fits = np.clip(middle, low + 0.5 * size * wide, high - 0.5 * size * wide)
    if np.abs(fits - middle).max() > _UNSEEN and change.axis:
        gone = abs(change.shift) - float(np.abs(fits - middle).max())
        missed.append(f"there is room for {max(gone, 0.0):.2g} m that way only")
    drawn[:, 1:] = fits + size * (drawn[:, 1:] - ends.mean(0))
    begin = path.begin_s if path.repeat else 0.0
    slower = max(1.0 / change.tempo, _quickest(rows, own))
    slower = min(slower, (LONGEST_EPISODE_S - begin) / (rows[-1, 0] - begin))
    if abs(slower * change.tempo - 1.0) > _UNSEEN:
        missed.append(f"it can be {1.0 / slower:.2g} times as fast only")
    rows[:, 0] = begin + (rows[:, 0] - begin) * slower
    points = [(round(time, 3), *np.round(place, DIGITS)) for time, *place in rows.tolist()]
    return Path.model_validate({"points": points, "repeat": path.repeat})


def _width(wide: np.ndarray) -> float:
    """From left to right, or along what has no such width."""
    return float(wide[1] if wide[1] > 0.1 * wide.max() else wide.max())


def _quickest(rows: np.ndarray, own: ArmAmounts) -> float:
    """How many times as long it takes at least."""
    steps = np.diff(rows, axis=0)
    speed = np.linalg.norm(steps[:, 1:], axis=-1) / steps[:, 0]
    return float(speed.max()) / own.length(own["most"]["speed"])


def _in_words(change: Change) -> str:
    if change.axis:
        return f"{abs(change.shift) * 100:.0f} cm {WAYS[change.axis][change.shift < 0.0]}"
    if change.wider:
        return f"{abs(change.wider) * 100:.3g} cm {'wider' if change.wider > 0.0 else 'narrower'}"
    if change.opened:
        return f"{abs(change.opened):.2g} rad {'more' if change.opened > 0.0 else 'less'}"
    if change.tempo != 1.0:
        return f"{change.tempo:.3g} times as fast"
    return f"{change.size:.3g} times as large"
