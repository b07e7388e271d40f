"""Every limit of an owner: where it is set, and what it is where it is not."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tabrl.adapters.settings import Settings
from tabrl.domain.quotas import Quota


@dataclass(frozen=True)
class OwnerLimits:
    """The most of each; None: as much as they like."""

    requests: int | None = None  # a minute
    jobs: int | None = None  # that wait or run
    models: int | None = None  # stored
    llm_usd: float | None = None  # a day
    connections: int | None = None  # to inference at a time
    messages: int | None = None  # to inference a second

    @classmethod
    def of(cls, settings: Settings) -> OwnerLimits:
        """What is set; else the defaults where people log in, and nothing where nobody does."""
        unset = cls() if settings.log_in == "none" else DEFAULTS
        values = {name: getattr(settings, f"limit_{name}") for name in asdict(unset)}
        return cls(
            **{
                name: getattr(unset, name) if value is None else value or None
                for name, value in values.items()
            }
        )

    @property
    def quota(self) -> Quota:
        """What the database counts."""
        return Quota(open_jobs=self.jobs, models=self.models, llm_usd_per_day=self.llm_usd)


DEFAULTS = OwnerLimits(
    requests=600, jobs=200, models=500, llm_usd=10.0, connections=32, messages=1000
)
