"""The table of pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bench.search.measure import Found

from tabrl_trainer.comparison import compare

HEAD = (
    "| task, seed | on full physics: found, reward, falls | with coarse generations | "
    "difference | CPU µs a sample |\n| --- | --- | --- | --- | --- |"
)


def row(task: str, seed: int, fine: Found, coarse: Found) -> str:
    """One pair."""
    words = compare(fine.rewards, coarse.rewards).words
    cost = f"{_cost(fine):.1f}, {_cost(coarse):.1f}"
    return f"| {task}, {seed} | {_cell(fine)} | {_cell(coarse)} | {words} | {cost} |"


def summary(pairs: Sequence[tuple[Found, Found]]) -> str:
    """All of them: how much the coarse ones earn of the others, and what they cost."""
    shares = [coarse.rewards.mean() / fine.rewards.mean() for fine, coarse in pairs]
    lines = [
        f"Reward with coarse generations: {np.mean(shares):.1%} of that without, "
        f"{np.min(shares):.1%} to {np.max(shares):.1%}."
    ]
    for name, side in (("without", 0), ("with", 1)):
        found = [pair[side] for pair in pairs]
        samples = sum(one.samples for one in found)
        lines.append(
            f"{name}: {1e6 * sum(one.cpu_s for one in found) / samples:.1f} CPU-µs a sample, "
            f"{samples / sum(one.seconds for one in found) / 1e3:.1f} k samples/s, "
            f"{sum(one.cpu_s for one in found) / len(found):.2f} CPU-s a search"
        )
    return "\n".join(["", *lines])


def _cell(found: Found) -> str:
    return f"{found.words}: {found.rewards.mean():.3f}, {found.fall_rate:.1%}"


def _cost(found: Found) -> float:
    return 1e6 * found.cpu_s / found.samples
