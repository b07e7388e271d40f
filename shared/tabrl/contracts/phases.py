"""How a task that is done in steps is timed: "first crouch, then hop"."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

MAX_PHASES = 7  # six things to do, and one to stand in afterwards
SHORTEST_S = 0.5
EPISODE_S = 10.0  # what an evaluation lasts
LONGEST_EPISODE_S = 20.0  # where phases, or checks of them, take so long


def _shown_whole(phases_s: tuple[float, ...]) -> tuple[float, ...]:
    """Raises `ValueError` for phases of which one episode cannot show all."""
    if sum(phases_s) > LONGEST_EPISODE_S:
        raise ValueError(f"all phases together last {LONGEST_EPISODE_S:g} s at most")
    return phases_s


PhasesS = Annotated[
    tuple[Annotated[float, Field(ge=SHORTEST_S, le=LONGEST_EPISODE_S, allow_inf_nan=False)], ...],
    Field(max_length=MAX_PHASES),
    AfterValidator(_shown_whole),
]
"""How long each phase lasts, in seconds; after the last one the first begins again. Empty, or of
one phase, where nothing follows anything."""
