"""The tables: how each task went over its seeds, and the three rows of every task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.tasks.outcome import ROWS, Outcome
from bench.tasks.task import Bound, Task

FALLS_ALLOWED = 0.02


@dataclass(frozen=True)
class Standing:
    """All outcomes of one task."""

    task: Task
    outcomes: tuple[Outcome, ...]

    @property
    def successes(self) -> int:
        """Seeds whose rollout succeeded."""
        return sum(outcome.success for outcome in self.outcomes)

    @property
    def succeeded(self) -> bool:
        """Whether the median seed did: more than half of them."""
        return 2 * self.successes > len(self.outcomes)

    @property
    def most_falls(self) -> float:
        """The largest share of episodes with a fall, over seeds."""
        return max(outcome.rows["result"].fall_rate for outcome in self.outcomes)

    @property
    def median(self) -> Outcome:
        """The seed in the middle, by success and then by the margin of the first bound."""
        ranked = sorted(self.outcomes, key=lambda o: (o.success, self._margin(o)))
        return ranked[(len(ranked) - 1) // 2]

    @property
    def beats_program(self) -> bool:
        """Whether the median seed's result beats its found program, with intervals apart."""
        beating = sum(outcome.beats_program for outcome in self.outcomes)
        return 2 * beating > len(self.outcomes)

    def spread(self, index: int) -> tuple[float, float]:
        """Median and worst value of one bound over the seeds' rollouts."""
        bound = self.task.bounds[index]
        values = sorted((outcome.values[index] for outcome in self.outcomes), key=bound.margin)
        return values[(len(values) - 1) // 2], values[0]

    def _margin(self, outcome: Outcome) -> float:
        pairs = zip(self.task.bounds, outcome.values, strict=True)
        return min(bound.margin(value) / _size(bound) for bound, value in pairs)


def _size(bound: Bound) -> float:
    """The scale of a bound, to compare margins of different units."""
    ends = [abs(end) for end in (bound.at_least, bound.at_most) if end]
    return max(ends, default=1.0)


def standings(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> list[Standing]:
    """The tasks that have outcomes, in the suite's order."""
    found = [Standing(task, tuple(o for o in outcomes if o.task == task.name)) for task in tasks]
    return [standing for standing in found if standing.outcomes]


def markdown(standing_list: Sequence[Standing]) -> str:
    """The whole report."""
    parts = [_summary(standing_list), "", _results(standing_list), "", _rows(standing_list)]
    missed = _missed(standing_list)
    if missed:
        parts += ["", *missed]
    return "\n".join(parts) + "\n"


def _summary(standing_list: Sequence[Standing]) -> str:
    minute = [s for s in standing_list if not s.task.stretch]
    first = [s for s in minute if not s.task.extra]
    learnt = sum(s.succeeded for s in first)
    steady = sum(s.most_falls <= FALLS_ALLOWED for s in minute)
    better = sum(s.beats_program for s in minute)
    return (
        f"{learnt} of {len(first)} tasks succeed in the median seed; in {steady} of {len(minute)} "
        f"no seed falls in more than {FALLS_ALLOWED:.0%} of episodes; in {better} of "
        f"{len(minute)} the result beats the found program with intervals apart."
    )


def _results(standing_list: Sequence[Standing]) -> str:
    lines = [
        "| task | must reach | median | worst | success | falls | PPO beats program | "
        "fine-tuning, s | samples |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for standing in standing_list:
        task, median = standing.task, standing.median
        for index, bound in enumerate(task.bounds):
            middle, worst = standing.spread(index)
            cells = [f"{bound.name} {bound.target}", f"{middle:.3g}", f"{worst:.3g}"]
            if index == 0:
                name = f"**{task.name}**: {task.sentence}"
                cells = [name, *cells]
                cells += [
                    f"{standing.successes}/{len(standing.outcomes)}",
                    f"{standing.most_falls:.1%}",
                    "yes" if standing.beats_program else "no",
                    f"{median.fine_tuning_s:.0f}",
                    f"{median.samples / 1000:.0f} k",
                ]
            else:
                cells = ["", *cells, "", "", "", "", ""]
            lines.append(_line(cells))
    return "\n".join(lines)


def _rows(standing_list: Sequence[Standing]) -> str:
    lines = [
        "Mean over episodes ± half of the 95 % interval, median seed:",
        "",
        "| task | measured | base, no command | base, found program | result |",
        "| --- | --- | --- | --- | --- |",
    ]
    for standing in standing_list:
        rows = standing.median.rows
        rewards = [f"{rows[n].reward.mean:.3f} ± {rows[n].reward.ci95:.3f}" for n in ROWS]
        lines.append(_line([f"**{standing.task.name}**", "reward a step", *rewards]))
        for index, bound in enumerate(standing.task.bounds):
            cells = []
            for name in ROWS:
                value = rows[name].values[index]
                cells.append(f"{value.mean:.3g} ± {value.ci95:.1g}")
            lines.append(_line(["", f"{bound.name}, {bound.unit}".rstrip(", "), *cells]))
        shares = [f"{rows[n].success:.0%}, {rows[n].fall_rate:.1%}" for n in ROWS]
        lines.append(_line(["", "episodes that succeed, fall", *shares]))
        found = standing.median.program_words
        kept = "" if standing.median.delivered == "result" else " (delivered)"
        lines.append(_line(["", "program", "stand", f"{found}{kept}", ""]))
    return "\n".join(lines)


def _missed(standing_list: Sequence[Standing]) -> list[str]:
    lines = []
    for standing in standing_list:
        for outcome in standing.outcomes:
            if outcome.success:
                continue
            pairs = zip(standing.task.bounds, outcome.values, strict=True)
            why = [
                f"{bound.name} is {value:.3g}, wanted {bound.target}"
                for bound, value in pairs
                if not bound.holds(value)
            ]
            why += ["it fell"] if outcome.fell else []
            why += [outcome.note] if outcome.note else []
            lines.append(f"- {standing.task.name}, seed {outcome.seed}: {'; '.join(why)}")
    return ["Missed:", "", *lines] if lines else []


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
