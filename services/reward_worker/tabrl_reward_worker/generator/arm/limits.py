"""What an arm can be asked for: as far as its command channels were measured to go."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Extreme,
    MotionSpec,
    Phase,
    Reached,
    Sinusoid,
    Target,
)
from tabrl.contracts.path import Path
from tabrl.contracts.phases import LONGEST_EPISODE_S
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl.embodiments.arm.names import joint_channel
from tabrl.robots.abilities import Span
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts, angle_of

_NEAR = 1e-3  # m or rad that rounding does to a number
FASTEST_M_S = 1.0  # along a path


def span_of(target: Target, amounts: ArmAmounts) -> Span:
    """From where to where a quantity goes; everything for one without limits."""
    if target.quantity == Askable.TOOL_POSITION and target.part:
        return amounts.room(target.part)
    if target.quantity == Askable.JOINT_OFFSET and target.part:
        return amounts.span(joint_channel(target.part))
    if target.quantity == Askable.TOOL_SPEED:
        return 0.0, amounts.length(FASTEST_M_S)
    return amounts.span(angle_of(target.quantity))


def most_of(target: Target, shape: Extreme, amounts: ArmAmounts) -> float:
    """As much or as little of a quantity as the arm can."""
    low, high = span_of(target, amounts)
    return round(high if shape.sense == "most" else low, 4)


def faults_of(motion: MotionSpec) -> Iterator[str]:
    """What cannot be written, whatever the robot."""
    for number, phase in enumerate(motion.phases, 1):
        if phase.gait is not None:
            yield "an arm has no gaits"
        if isinstance(phase.until, Reached):
            yield f"phase {number} of an arm ends after some time: use a duration"
        yield from _contradictions(phase, number)
    seconds = [one.until.seconds for one in motion.phases if isinstance(one.until, Duration)]
    if sum(seconds) > LONGEST_EPISODE_S:
        yield f"its phases take {sum(seconds):g} s, of at most {LONGEST_EPISODE_S:g} s"
    if not motion.repeat and isinstance(motion.phases[-1].until, Duration):
        yield "its last phase ends: let it hold, or add one that does"


def _contradictions(phase: Phase, number: int) -> Iterator[str]:
    places = [one for one in phase.targets if one.quantity == Askable.TOOL_POSITION]
    led = any(isinstance(one.shape, Path) for one in places)
    if led and len(places) > 1:
        yield f"in phase {number} a path says all of where the tool is: leave its axes out"
    if any(one.quantity == Askable.JOINT_OFFSET for one in phase.targets) and places:
        yield f"phase {number} places the tool and bends joints: leave one out"


def beyond(motion: MotionSpec, amounts: ArmAmounts) -> list[str]:
    """What an arm cannot do, in words; nothing if it can do all of it."""
    told = [line for phase in motion.phases for one in phase.targets
            for line in _beyond(one, amounts)]  # fmt: skip
    return list(dict.fromkeys(told))


def _beyond(target: Target, amounts: ArmAmounts) -> Iterator[str]:
    shape = target.shape
    if isinstance(shape, Path):
        yield from _path_beyond(shape, amounts)
        return
    low, high = span_of(target, amounts)
    name = " of ".join(filter(None, (target.part, target.quantity)))
    value = shape.value if isinstance(shape, Constant) else getattr(shape, "mean", low)
    if not low - _NEAR <= value <= high + _NEAR:
        yield f"{name} of {value:.3g}: this robot does {low:.3g} to {high:.3g}"
    if isinstance(shape, Sinusoid) and shape.hz is not None:
        table = amounts["frequency"]
        most = amounts.swinging(10.0, shape.hz, turns=target.quantity != Askable.TOOL_POSITION)
        if shape.amplitude > most + _NEAR:
            yield f"{name} swinging ±{shape.amplitude:.3g} at {shape.hz:g} Hz: up to ±{most:.3g}"
        if not table["lowest"] <= shape.hz <= table["highest"]:
            yield f"{name} at {shape.hz:g} Hz: {table['lowest']:g} to {table['highest']:g} Hz"


def _path_beyond(path: Path, amounts: ArmAmounts) -> Iterator[str]:
    places = np.array(path.points)[:, 1:]
    for at, axis in enumerate(WORLD_AXES):
        low, high = amounts.room(axis)
        least, most = places[:, at].min(), places[:, at].max()
        if least < low - _NEAR or most > high + _NEAR:
            yield (
                f"a path from {least:.3g} to {most:.3g} m along {axis}: this robot does "
                f"{low:.3g} to {high:.3g}"
            )
    speeds = [
        float(np.linalg.norm(np.subtract(here[1:], before[1:]))) / (here[0] - before[0])
        for before, here in pairwise(path.points)
    ]
    if max(speeds) > amounts.length(FASTEST_M_S):
        yield f"a path at {max(speeds):.2g} m/s: up to {amounts.length(FASTEST_M_S):g} m/s"
