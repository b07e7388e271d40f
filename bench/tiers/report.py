"""The table of a bench of tiers."""

from __future__ import annotations

from collections.abc import Sequence

from bench.tasks.run_result import Interval
from bench.tasks.task import Task
from bench.tiers.run import Duel, TierScore, over_seeds

from tabrl.contracts.comparison import MIN_EFFECT


def markdown(tasks: Sequence[Task], duels: Sequence[Duel]) -> str:
    """A row for each training, and for each task whether the longer ones are worth it."""
    named = [(task, [duel for duel in duels if duel.task == task.name]) for task in tasks]
    found = [(task, own) for task, own in named if own]
    lines = [
        "| task | seed | tier | samples | took, min | reward a step | long against short | "
        "own numbers | episodes that succeed | falls | best after, min |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for task, own in found:
        for duel in own:
            lines += [_row(task, duel, duel.short, ""), _row(task, duel, duel.long, _words(duel))]
    lines += ["", "Over seeds, the long training against the short one:", ""]
    lines += [f"- **{task.name}**: {_verdict(own)}" for task, own in found]
    return "\n".join(lines) + "\n"


def _row(task: Task, duel: Duel, score: TierScore, against: str) -> str:
    own = zip(task.bounds, score.score.values, strict=True)
    numbers = "; ".join(
        f"{bound.name} {_interval(value)} {bound.unit}".strip() for bound, value in own
    )
    best = [point.minutes for point in score.history if point.best]
    cells = (
        f"**{duel.task}**", str(duel.seed), f"{score.tier}, {score.minutes:g} min",
        f"{score.samples / 1e6:.2f} M", f"{score.seconds / 60.0:.1f}",
        _interval(score.score.reward), against, numbers, f"{score.score.success:.0%}",
        f"{score.score.fall_rate:.1%}", f"{_found_at(best):.1f}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _found_at(best: Sequence[float]) -> float:
    """When the delivered policy was measured first; the last point is that at the end."""
    return best[-2] if len(best) > 1 else best[-1]


def _words(duel: Duel) -> str:
    effect = over_seeds([duel])
    return f"{effect.mean:+.1%} ± {effect.ci95:.1%}"


def _interval(value: Interval) -> str:
    return f"{value.mean:.3g} ± {value.ci95:.2g}"


def _verdict(duels: Sequence[Duel]) -> str:
    effect = over_seeds(duels)
    apart = effect.mean - effect.ci95 > 0.0 and effect.mean >= MIN_EFFECT
    seeds = f"{len(duels)} seeds" if len(duels) > 1 else "one seed, interval over its episodes"
    return (
        f"{effect.mean:+.1%} ± {effect.ci95:.1%} ({seeds}): "
        f"{'better, interval apart from zero' if apart else 'not shown to be better'}"
    )
