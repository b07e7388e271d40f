"""How much an owner may have at a time, and what they have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tabrl.domain.errors import LimitReached

_LOOK_AGAIN_S = 30  # jobs end and models go when they do: a guess at when to ask again


@dataclass(frozen=True)
class Holdings:
    """What an owner has: jobs that wait or run, stored models, and today's money."""

    open_jobs: int = 0
    models: int = 0
    llm_usd: float = 0.0


@dataclass(frozen=True)
class Quota:
    """The most an owner may have; None: as much as they like."""

    open_jobs: int | None = None
    models: int | None = None
    llm_usd_per_day: float | None = None

    @property
    def unlimited(self) -> bool:
        """Whether nothing need be counted."""
        return self == NO_QUOTA

    def check(
        self, held: Holdings, now: datetime, *, jobs: int, models: int = 0, writes: bool = False
    ) -> None:
        """Whether an owner may have so many more jobs and models.

        Args:
            held: What they have.
            now: Aware time, which says when the day ends.
            jobs: How many jobs are added.
            models: How many models come with them.
            writes: Whether a language model may be asked.

        Raises:
            LimitReached: They may not; the error names the limit.
        """
        if self.open_jobs is not None and held.open_jobs + jobs > self.open_jobs:
            raise LimitReached(
                f"At most {self.open_jobs} jobs may wait or run at a time; "
                f"{held.open_jobs} do, and this would add {jobs}.",
                limit="jobs",
                retry_after_s=_LOOK_AGAIN_S,
                hint="Wait until some have ended, or cancel some.",
            )
        if models and self.models is not None and held.models + models > self.models:
            raise LimitReached(
                f"At most {self.models} models are stored; there are {held.models}.",
                limit="models",
                retry_after_s=_LOOK_AGAIN_S,
                hint="Delete models that are needed no more.",
            )
        if writes and self.llm_usd_per_day is not None and held.llm_usd >= self.llm_usd_per_day:
            raise LimitReached(
                f"Today's money for language models is spent: {held.llm_usd:.2f} of "
                f"{self.llm_usd_per_day:.2f} dollars.",
                limit="llm_usd",
                retry_after_s=math.ceil(
                    (start_of_day(now) + timedelta(days=1) - now).total_seconds()
                ),
                hint="A day begins at 0:00 UTC.",
            )


NO_QUOTA = Quota()


def start_of_day(now: datetime) -> datetime:
    """The last midnight, UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
