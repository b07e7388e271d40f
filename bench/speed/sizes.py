"""How long the measurements take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Repeats and seconds; together some twelve minutes on two quiet cores."""

    repeats: int = 5
    chunks: int = 3  # of 32 control steps, a repeat
    robots: tuple[int, ...] = (256, 512)
    search_s: float = 8.0
    ppo_s: float = 20.0
    ours_cap_s: float = 150.0  # of learning after the first block
    ours_min_s: float = 20.0
    cap_s: float = 60.0


TINY = Sizes(
    repeats=2, chunks=1, search_s=1.0, ppo_s=2.0, ours_cap_s=8.0, ours_min_s=2.0, cap_s=5.0
)
