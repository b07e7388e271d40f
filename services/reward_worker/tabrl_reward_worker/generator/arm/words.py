"""A specification as a sentence fragment, without any word of the user's."""

from __future__ import annotations

from collections.abc import Iterator

from tabrl.contracts.motion import Constant, Duration, Importance, MotionSpec, Phase, Sinusoid
from tabrl.contracts.path import Path
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts

WAYS = {"x": ("ahead", "back"), "y": ("left", "right"), "z": ("up", "down")}
_ANGLES = {
    Askable.TOOL_AZIMUTH: "pointing aside", Askable.TOOL_ELEVATION: "tipped up",
    Askable.TOOL_TWIST: "turned",
}  # fmt: skip
_HERE = 0.005  # m or rad from home that nobody sees


def in_words(motion: MotionSpec, amounts: ArmAmounts) -> str:
    """All that is asked for."""
    parts = [", ".join(_said(phase, amounts)) or "holding still" for phase in motion.phases]
    timed = [
        f"{phase.until.seconds:g} s of {part}" if isinstance(phase.until, Duration) else part
        for phase, part in zip(motion.phases, parts, strict=True)
    ]
    return "; then ".join(timed)


def _said(phase: Phase, amounts: ArmAmounts) -> Iterator[str]:
    for target in phase.targets:
        shape, part = target.shape, target.part or ""
        match shape:
            case Path():
                rounds = "again and again" if shape.repeat else f"in {shape.end_s:.3g} s"
                yield f"the tip along a path of {len(shape.points)} points, {rounds}"
            case Sinusoid():
                what = (
                    f"{part} of the tip" if part in WORLD_AXES else part or _angle(target.quantity)
                )
                unit = "m" if part in WORLD_AXES else "rad"
                often = "on the beat" if shape.hz is None else f"at {shape.hz:g} Hz"
                yield f"{what} ±{shape.amplitude:.2g} {unit} {often}"
            case Constant() if target.importance is not Importance.KEPT:
                yield from _held(target.quantity, part, shape.value, amounts)


def _held(quantity: str, part: str, value: float, amounts: ArmAmounts) -> Iterator[str]:
    if part in WORLD_AXES:
        off = value - amounts.home.place[WORLD_AXES.index(part)]
        if abs(off) > _HERE:
            yield f"the tip {abs(off) * 100:.0f} cm {WAYS[part][off < 0.0]}"
    elif quantity == Askable.TOOL_SPEED:
        yield f"the tip at {value:g} m/s"
    elif abs(value) > _HERE:
        yield f"{part or _angle(quantity)} by {value:.2g} rad"


def _angle(quantity: str) -> str:
    return _ANGLES.get(Askable(quantity), quantity.replace("_", " "))
