"""Reward terms of what an arm is asked for: bells around targets, and ways up to them.

One entry a quantity: how it is read, and how far off still pays. How it is rewarded follows from
the shape that is asked of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tabrl.contracts.motion import Constant, Importance, Phase, Sinusoid, Target
from tabrl.contracts.path import Path, Point
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts
from tabrl_reward_worker.generator.writing.term import ASKED, BESIDE, minus, number

ON_PATH = (0.06, 0.012)  # m: from far away, and close by
_SWUNG = (0.9, 0.3)  # of an amplitude


@dataclass(frozen=True)
class Reading:
    """How a quantity is read of `state`, in what it is an error of so much, and its unit."""

    source: str
    wide: float
    narrow: float
    unit: str
    turns: bool = False  # begins again after a full turn


READINGS: Mapping[str, Reading] = {
    Askable.TOOL_POSITION: Reading("tool", 0.15, 0.02, "m"),
    Askable.TOOL_SPEED: Reading("state.tool_speed()", 0.3, 0.05, "m/s"),
    Askable.TOOL_AZIMUTH: Reading("state.tool_azimuth()", 0.6, 0.1, "rad", turns=True),
    Askable.TOOL_ELEVATION: Reading("state.tool_elevation()", 0.6, 0.1, "rad"),
    Askable.TOOL_TWIST: Reading("state.tool_twist()", 0.6, 0.1, "rad", turns=True),
    Askable.JOINT_OFFSET: Reading("joints", 0.4, 0.06, "rad"),
}
TOOL = "tool = state.tool_position()"


@dataclass(frozen=True)
class Aim:
    """Targets that are rewarded together: how far off all of them are.

    `error` is what that is called in the source of a reward, `source` how it is found, from
    `points` if it is off a path. `wide` and `narrow` are widths of bells about no error, of which
    the second is what is wanted.
    """

    name: str
    source: str
    wide: float
    narrow: float
    words: str
    asked: bool
    prefix: str = ""  # of a phase
    points: tuple[Point, ...] = ()

    @property
    def error(self) -> str:
        """What the error is called."""
        return f"{self.prefix}{self.name}_off"

    @property
    def constant(self) -> str:
        """What its points are called."""
        return f"{self.prefix}points".upper()

    @property
    def weight(self) -> float:
        """That of what is asked for, or of what should not happen beside it."""
        return ASKED if self.asked else BESIDE

    @property
    def bell(self) -> str:
        """Pays from far away, and close by once more."""
        return f"0.5 * {self._bell(self.wide)} + 0.5 * {self.close}"

    @property
    def close(self) -> str:
        """Pays close by."""
        return self._bell(self.narrow)

    @property
    def way(self) -> str:
        """What is left of the way, from none at all down to -1 and below."""
        return f"-rl.norm({self.error}) / {number(self.wide)}"

    def _bell(self, width: float) -> str:
        return f"rl.gaussian({self.error}, {number(width)})"


def aims_of(phase: Phase, amounts: ArmAmounts, when: str, prefix: str) -> list[Aim]:
    """What a phase asks for.

    Args:
        phase: without extremes and tempo.
        amounts: of the robot.
        when: the source of the time since the phase began, s.
        prefix: of all names that belong to the phase.
    """
    aims = [*_places(phase, when, prefix), *_angles(phase), *_joints(phase, amounts)]
    return [replace(aim, prefix=prefix) for aim in aims]


def _places(phase: Phase, when: str, prefix: str) -> Iterator[Aim]:
    """The tool's place: along a path, or axis by axis, those together that are asked for."""
    targets = [one for one in phase.targets if one.quantity == Askable.TOOL_POSITION]
    for target in targets:
        if isinstance(target.shape, Path):
            aim = _on_path(target, target.shape)
            again = ", True" if target.shape.repeat else ""
            constant = replace(aim, prefix=prefix).constant
            yield replace(aim, source=f"tool - rl.along({constant}, {when}{again})")
            return
    for importance, name in ((True, "place"), (False, "keep_place")):
        some = [one for one in targets if (one.importance is not Importance.KEPT) is importance]
        if some:
            yield _at_place(name, some, asked=importance)


def _on_path(target: Target, path: Path) -> Aim:
    wide, narrow = ON_PATH
    if target.tolerance is not None:
        wide, narrow = 4.0 * target.tolerance, target.tolerance
    around = f"a round of {path.period_s:.3g} s" if path.repeat else f"{path.end_s:.3g} s"
    words = f"along {len(path.points)} points, {around}"
    return Aim("on_path", "", wide, narrow, words, asked=True, points=path.points)


def _at_place(name: str, targets: Sequence[Target], *, asked: bool) -> Aim:
    errors = [f"tool[{WORLD_AXES.index(str(one.part))}]{_off(one)}" for one in targets]
    error = errors[0] if len(errors) == 1 else f"jnp.stack([{', '.join(errors)}])"
    wide, narrow = _widths(targets)
    words = ", ".join(f"{one.part} {_amount(one)}" for one in targets)
    return Aim(name, error, wide, narrow, words, asked)


def _angles(phase: Phase) -> Iterator[Aim]:
    for target in phase.targets:
        reading = READINGS[target.quantity]
        if target.quantity in (Askable.TOOL_POSITION, Askable.JOINT_OFFSET):
            continue
        error = f"{reading.source}{_off(target)}"
        if reading.turns:
            error = f"rl.wrap_angle({error})"
        wide, narrow = _widths([target])
        asked = target.importance is not Importance.KEPT
        name = str(target.quantity).removeprefix("tool_")
        words = _amount(target)
        yield Aim(name if asked else f"keep_{name}", error, wide, narrow, words, asked)


def _joints(phase: Phase, amounts: ArmAmounts) -> Iterator[Aim]:
    targets = [one for one in phase.targets if one.quantity == Askable.JOINT_OFFSET]
    if not targets:
        return
    home = dict(zip(amounts.robot.joint_names, amounts.robot.home, strict=True))
    errors = [
        f'state.joint_position("{one.part}"){minus(home[str(one.part)])}{_off(one)}'
        for one in targets
    ]
    wide, narrow = _widths(targets)
    words = ", ".join(f"{one.part} {_amount(one)}" for one in targets)
    error = errors[0] if len(errors) == 1 else f"jnp.stack([{', '.join(errors)}])"
    yield Aim("joints", error, wide, narrow, words, asked=True)


def _widths(targets: Sequence[Target]) -> tuple[float, float]:
    """Of the bells around targets that are rewarded together.

    Of a tolerance far finer than usual nobody would feel the narrower bell on the way there.
    """
    reading = READINGS[targets[0].quantity]
    wide, narrow = reading.wide, reading.narrow
    swings = [one.shape.amplitude for one in targets if isinstance(one.shape, Sinusoid)]
    if swings:
        wide, narrow = (share * max(swings) for share in _SWUNG)
    said = [one.tolerance for one in targets if one.tolerance is not None]
    if said and 4.0 * min(said) < narrow:
        return wide, 4.0 * min(said)
    return (4.0 * min(said), min(said)) if said else (wide, narrow)


def _off(target: Target) -> str:
    """Source text that takes a target away from what it is a target of."""
    shape = target.shape
    if isinstance(shape, Constant):
        return minus(shape.value)
    assert isinstance(shape, Sinusoid)
    assert shape.hz is not None  # a tempo was resolved
    offset = round(shape.phase / (2.0 * math.pi), 4)
    clock = f"state.phase({number(shape.hz)}{f', {number(offset)}' if offset else ''})"
    return f"{minus(shape.mean)} - {number(shape.amplitude)} * jnp.sin({clock})"


def _amount(target: Target) -> str:
    """How much of it, with its unit."""
    shape, unit = target.shape, READINGS[target.quantity].unit
    if isinstance(shape, Sinusoid):
        return f"{shape.mean:.3g} ± {shape.amplitude:.3g} {unit} at {shape.hz:g} Hz"
    return f"{shape.value:.3g} {unit}" if isinstance(shape, Constant) else ""
