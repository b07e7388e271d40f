"""The measurements as markdown: ratios first, then what they come from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.speed.race import RaceResult
from bench.speed.results import FirstUpdates, Results
from bench.speed.rollout import RolloutRow
from bench.speed.stepping import SteppingRow
from bench.speed.walk_task import RETURN_LEVELS

Row = tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """A bound that a figure should hold."""

    bound: float
    at_least: bool = True

    def cells(self, value: float) -> Row:
        """The bound, and whether it is held."""
        held = value >= self.bound if self.at_least else value <= self.bound
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.bound:g}", "reached" if held else "**missed**"


def markdown(results: Results) -> str:
    """The whole report."""
    lines = ["# Speed", ""]
    lines += _table(("ratio or time", "measured", "aim", ""), list(_ratios(results)))
    for title, head, rows in (
        ("Rollout phase and bare stepping", _ROLLOUT, list(_rollouts(results))),
        ("EnvPool's own Go1 task and ours", _STEPPING, list(_steppings(results))),
        ("Where a job's time goes", _JOB, list(_job(results))),
        ("From the artifact to the first update", _FIRST, list(_first(results))),
        (
            'Learning "walk at 1.0 m/s" from scratch; seconds to a return',
            _RACE,
            list(_races(results)),
        ),
    ):
        if rows:
            lines += ["", f"## {title}", *_table(head, rows)]
    lines += ["", "## Measured on", ""]
    for name, measurement in results.measurements.items():
        base = f"; pretrained policy: {measurement.base}" if measurement.base else ""
        note = f"; {measurement.note}" if measurement.note else ""
        lines.append(f"- {name}: {measurement.machine.describe()}{base}{note}")
    return "\n".join(lines) + "\n"


def _table(head: Row, rows: list[Row]) -> list[str]:
    cells = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(row)} |" for row in cells]


def _ratios(results: Results) -> Iterator[Row]:
    for measurement in results.measurements.values():
        for row in measurement.rollout:
            target = Target(0.8)
            name = f"rollout phase / bare stepping, {row.robots} robots"
            yield f"{name}, the same model", f"{row.ratio:.2f}", *target.cells(row.ratio)
            yield (
                f"{name}, the scene as written",
                f"{row.ratio_scene:.2f}",
                *target.cells(row.ratio_scene),
            )
    for own, peer in _same_sizes(results):
        yield from _stepping_ratios(own, peer)
    ours = next(iter(results.races("ours")), None)
    if ours is not None:
        for race, ahead in _peers(results):
            yield from _race_ratios(ours, race, ahead)
    updates = results.first_updates
    if updates is not None:
        yield from _first_ratios(updates)


def _same_sizes(results: Results) -> Iterator[tuple[RolloutRow, SteppingRow]]:
    """Our rollouts and what peers stepped, as many robots each."""
    rows = [row for measurement in results.measurements.values() for row in measurement.stepping]
    for measurement in results.measurements.values():
        for own in measurement.rollout:
            yield from ((own, peer) for peer in rows if peer.robots == own.robots)


def _stepping_ratios(own: RolloutRow, peer: SteppingRow) -> Iterator[Row]:
    for what, rate in (("rollout phase", own.rollout_per_s), ("bare stepping", own.bare_per_s)):
        name = f"{what} / {peer.name}, {own.robots} robots"
        yield f"{name}, control steps/s", f"{rate / peer.control_per_s:.1f} ×", "", ""
        physics = rate * own.substeps / peer.physics_per_s
        yield f"{name}, physics steps/s", f"{physics:.1f} ×", "", ""


def _race_ratios(ours: RaceResult, race: RaceResult, target: Target | None) -> Iterator[Row]:
    name = f"samples/s / {race.name} ({race.setting})"
    ratio = ours.samples_per_s / race.samples_per_s
    yield name, f"{ratio:.1f} ×", *(target.cells(ratio) if target else ("", ""))
    whole = ours.samples_per_s_from_start / race.samples_per_s_from_start
    yield f"{name}, starts and compilation counted", f"{whole:.1f} ×", "", ""
    yield f"seconds to the same return, we / {race.name}", *_seconds_to_return(ours, race)


def _first_ratios(updates: FirstUpdates) -> Iterator[Row]:
    second = updates.second
    yield (
        "second fine-tune on a warm worker: artifact to first update",
        f"{second.job_s:.2f} s",
        *Target(3.0, at_least=False).cells(second.job_s),
    )
    outside = len(second.compiled_else)
    yield (
        "its compilations of anything but its own reward",
        str(outside),
        *Target(0, at_least=False).cells(outside),
    )
    total = updates.cold.total_s
    yield (
        "process just begun, compiled graphs cached: start to first update",
        f"{total:.1f} s",
        *Target(12.0, at_least=False).cells(total),
    )


def _peers(results: Results) -> Iterator[tuple[RaceResult, Target | None]]:
    """The races that ran to a goal or a cap, with the factor of samples/s to be ahead by, if any:
    at an equal batch it is the time to the same return that counts."""
    for race in results.races("sb3"):
        if race.exams:
            yield race, Target(10.0) if race.name.endswith("defaults") else None
    for race in results.races("brax"):
        yield race, Target(2.0)


def _seconds_to_return(ours: RaceResult, race: RaceResult) -> Row:
    """Both times to the highest level that we reach, the aim, and whether it is held."""
    target = Target(1.0, at_least=False)
    level = max((level for level in RETURN_LEVELS if level <= ours.best_return), default=None)
    if level is None:
        reached = f"we reached only {ours.best_return:.0f} in {ours.seconds:.0f} s"
        return reached, *target.cells(math.inf)
    mine, theirs = ours.seconds_to(level), race.seconds_to(level)
    assert mine is not None  # it is a level that was reached
    if theirs is None:
        other = f"not reached in {race.seconds:.0f} s (best {race.best_return:.0f})"
        aim, held = target.cells(mine / race.seconds)
        # Where the peer was stopped before our time, it might still have come first.
        return f"{level:g}: {mine:.0f} s / {other}", aim, held if mine <= race.seconds else "open"
    times = f"{level:g}: {mine:.0f} s / {theirs:.0f} s = 1/{theirs / mine:.1f}"
    return times, *target.cells(mine / theirs)


_ROLLOUT = (
    "robots", "rollout phase, steps/s", "bare, same model", "bare, scene as written", "repeats",
)  # fmt: skip


def _rollouts(results: Results) -> Iterator[Row]:
    for measurement in results.measurements.values():
        for row in measurement.rollout:
            rates = (row.rollout_per_s, row.bare_per_s, row.scene_per_s)
            yield str(row.robots), *(f"{rate:,.0f}" for rate in rates), str(row.repeats)


_STEPPING = ("who", "robots", "control steps/s", "physics steps each", "physics steps/s")


def _steppings(results: Results) -> Iterator[Row]:
    """Peers and, at the same sizes, the project."""
    for measurement in results.measurements.values():
        for row in measurement.stepping:
            yield _stepping(row.name, row.robots, row.control_per_s, row.substeps)
    for own, _ in _same_sizes(results):
        for what, rate in (("rollout phase", own.rollout_per_s), ("bare stepping", own.bare_per_s)):
            yield _stepping(f"TabRL, {what}", own.robots, rate, own.substeps)


def _stepping(who: str, robots: int, control_per_s: float, substeps: int) -> Row:
    rates = f"{control_per_s:,.0f}", str(substeps), f"{control_per_s * substeps:,.0f}"
    return who, str(robots), *rates


_JOB = ("part", "seconds", "samples", "samples/s", "share of each stage")


def _job(results: Results) -> Iterator[Row]:
    for measurement in results.measurements.values():
        for row in measurement.job:
            shares = ", ".join(f"{name} {share:.1%}" for name, share in row.shares.items())
            counts = (f"{row.seconds:.1f}", f"{row.samples:,}", f"{row.samples_per_s:,.0f}")
            yield row.part, *counts, shares


_FIRST = ("worker", "seconds", "of which", "compiled")


def _first(results: Results) -> Iterator[Row]:
    updates = results.first_updates
    if updates is None:
        return
    for name, update in (
        ("warm, first job", updates.first),
        ("warm, second job with another reward", updates.second),
        ("warm, same reward with other weights", updates.reweighted),
    ):
        compiled = f"reward {update.compiled_reward}, else {len(update.compiled_else)}"
        if update.compiled_else:
            compiled += f" ({', '.join(update.compiled_else)})"
        spent = f"compiling the reward {update.compiled_reward_s:.2f}"
        yield name, f"{update.job_s:.2f}", spent, compiled
    for name, cold in (
        ("process just begun, nothing cached", updates.cold_empty),
        ("process just begun, graphs cached", updates.cold),
    ):
        spent = (
            f"imports {cold.imports_s:.1f}, engine {cold.engine_s:.1f}, "
            f"warm-up {cold.warm_up_s:.1f}, artifact to update {cold.job_s:.1f}"
        )
        found = f"{cold.cache_hits} from the cache, {cold.cache_misses} not"
        yield name, f"{cold.total_s:.1f}", spent, found


_RACE = (
    "who", "setting", "samples/s", "with start and compilation", "first block, s", "blocks",
    *(f"{level:g}" for level in RETURN_LEVELS), "best return",
)  # fmt: skip


def _races(results: Results) -> Iterator[Row]:
    """The columns named by a return hold the seconds to it, start and compilation included."""
    for part in ("ours", "sb3", "brax"):
        for race in results.races(part):
            rates = f"{race.samples_per_s:,.0f}", f"{race.samples_per_s_from_start:,.0f}"
            about = (race.name, race.setting, *rates, f"{race.first_block_s:.1f}", str(race.blocks))
            if not race.exams:
                yield *about, *("-" for _ in RETURN_LEVELS), "speed only"
                continue
            times = (race.seconds_to(level) for level in RETURN_LEVELS)
            reached = (f"not in {race.seconds:.0f}" if s is None else f"{s:.0f}" for s in times)
            yield *about, *reached, f"{race.best_return:.0f}"
