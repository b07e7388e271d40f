"""Success checks of a specification for an arm: bounds a person would set, with room for an honest
miss. They share nothing with the rewards but the targets themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.motion import Constant, Importance, Phase, Sinusoid, Target
from tabrl.contracts.path import Path
from tabrl.contracts.phases import EPISODE_S, SHORTEST_S
from tabrl.embodiments.arm.askable import Askable
from tabrl.embodiments.arm.catalogue import Quantity
from tabrl_reward_worker.generator.goal.phases import ORDINALS

MAX_CHECKS = 16
SETTLING_S = 2.0  # from a phase's begin into what it asks for, or half of a short one
PATH_M = 0.015  # mean distance from a path that still is on it,
WRITTEN_M = 0.008  # and from one that ends, such as a written word;
STAYING_M = 0.015  # from its end
_MISS = {  # of what is held: asked for, and kept beside it
    Askable.TOOL_POSITION: (0.025, 0.06),
    Askable.TOOL_SPEED: (0.05, 0.1),
    Askable.TOOL_AZIMUTH: (0.15, 0.3),
    Askable.TOOL_ELEVATION: (0.12, 0.3),
    Askable.TOOL_TWIST: (0.15, 0.3),
    Askable.JOINT_OFFSET: (0.08, 0.15),
}
_SWUNG, _IN_TIME, _WAVES = (0.75, 1.3), 0.93, 2.0
_STAYS_S = 1.0  # after the end of a path
_COLLISIONS = CheckSpec(
    id="collisions", quantity=Quantity.COLLIDED, statistic=Statistic.ANY, start_s=0.0,
    end_s=EPISODE_S, at_most=0.02,
)  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """A phase and when it is, s; `ordinal` is empty for one that is alone."""

    phase: Phase
    start: float
    end: float
    ordinal: str = ""

    @property
    def window(self) -> tuple[float, float]:
        """When it has settled, to its end."""
        settled = self.start + min(SETTLING_S, (self.end - self.start) / 2.0)
        return round(settled, 2), self.end


def checks_of(phases: Sequence[Timed]) -> tuple[CheckSpec, ...]:
    """All checks; the last one is that it touches neither itself nor the table."""
    checks = [check for one in phases for check in _of_phase(one)]
    asked = [check for check in checks if not check.id.endswith("_kept")]
    kept = [check for check in checks if check not in asked]
    chosen = [*asked, *kept][: MAX_CHECKS - 1]
    ends = max(EPISODE_S, phases[-1].end)
    last = _COLLISIONS.model_copy(update={"end_s": ends})
    return (*(check for check in checks if check in chosen), last)


def _of_phase(one: Timed) -> Iterator[CheckSpec]:
    for target in one.phase.targets:
        for check in _of_target(target, one):
            name = "_".join(filter(None, (one.ordinal, check.id)))
            yield check.model_copy(update={"id": name})


def _of_target(target: Target, one: Timed) -> Iterator[CheckSpec]:
    shape = target.shape
    if isinstance(shape, Path):
        yield from _on_path(target, shape, one)
    elif isinstance(shape, Constant):
        yield _held(target, shape, one)
    elif isinstance(shape, Sinusoid):
        yield from _swings(target, shape, one)


def _on_path(target: Target, path: Path, one: Timed) -> Iterator[CheckSpec]:
    """That it is where the path leads from where drawing begins, on the whole; and stays at its
    end for as long."""
    start = one.start + path.points[0 if path.repeat else 1][0]
    end = one.end if path.repeat else min(one.end, one.start + path.end_s)
    most = target.tolerance or (PATH_M if path.repeat else WRITTEN_M)
    absolute = path.later(one.start) if one.start else path
    along = CheckSpec(
        id="on_path", quantity=Quantity.TOOL_POSITION, statistic=Statistic.MEAN, path=absolute,
        start_s=round(start, 2), end_s=round(max(end, start + SHORTEST_S), 2), at_most=most,
    )  # fmt: skip
    yield along
    if one.end - along.end_s > _STAYS_S:
        after = {"id": "at_its_end", "start_s": along.end_s, "end_s": one.end, "at_most": STAYING_M}
        yield along.model_copy(update=after)


def _held(target: Target, shape: Constant, one: Timed) -> CheckSpec:
    kept = target.importance is Importance.KEPT
    miss = target.tolerance or _MISS[Askable(target.quantity)][kept]
    start, end = one.window
    name = "_".join(filter(None, (_short(target), "kept" if kept else "")))
    quantity = target.quantity
    return CheckSpec(
        id=name, quantity=quantity, part=target.part, statistic=Statistic.MEAN, start_s=start,
        end_s=end, at_least=round(shape.value - miss, 4), at_most=round(shape.value + miss, 4),
    )  # fmt: skip


def _swings(target: Target, shape: Sinusoid, one: Timed) -> Iterator[CheckSpec]:
    """How far it swings, in time, and about its middle."""
    assert shape.hz is not None
    start, end = one.window
    low, high = (share * shape.amplitude for share in _SWUNG)
    if target.tolerance is not None:
        low, high = shape.amplitude - target.tolerance, shape.amplitude + target.tolerance
    name = _short(target)
    swing = CheckSpec(
        id=f"{name}_swing", quantity=target.quantity, part=target.part,
        statistic=Statistic.AMPLITUDE, frequency=shape.hz, start_s=start, end_s=end,
        at_least=round(max(low, 0.0), 4), at_most=round(high, 4),
    )  # fmt: skip
    yield swing
    if (end - start) * shape.hz >= _WAVES:
        beat = {"statistic": Statistic.RHYTHM, "at_least": _IN_TIME, "at_most": None}
        yield swing.model_copy(update={"id": f"{name}_beat", **beat})
    miss = max(0.5 * shape.amplitude, _MISS[Askable(target.quantity)][1])
    yield CheckSpec(
        id=f"{name}_middle", quantity=target.quantity, part=target.part, statistic=Statistic.MEAN,
        start_s=start, end_s=end, at_least=round(shape.mean - miss, 4),
        at_most=round(shape.mean + miss, 4),
    )  # fmt: skip


def _short(target: Target) -> str:
    """A name of a target, no longer than an id may be."""
    name = str(target.quantity).removeprefix("tool_")
    return "_".join(filter(None, (name, target.part)))[:16].rstrip("_")


def timed(phases: Sequence[Phase], seconds: Sequence[float]) -> list[Timed]:
    """Phases in their times."""
    if len(phases) == 1:
        return [Timed(phases[0], 0.0, EPISODE_S)]
    ends = [round(sum(seconds[: k + 1]), 2) for k in range(len(phases))]
    starts = [0.0, *ends]
    return [
        Timed(phase, start, end, ordinal)
        for phase, start, end, ordinal in zip(phases, starts, ends, ORDINALS, strict=False)
    ]
