"""How a task that is done in steps is timed: "first crouch, then hop"."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MAX_PHASES = 3
SHORTEST_S, LONGEST_S = 0.5, 20.0

PhasesS = Annotated[
    tuple[Annotated[float, Field(ge=SHORTEST_S, le=LONGEST_S, allow_inf_nan=False)], ...],
    Field(max_length=MAX_PHASES),
]
"""How long each phase lasts, in seconds; after the last one the first begins again. Empty, or of
one phase, where nothing follows anything."""
