"""How long a training is to take, as the command line asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from tabrl.contracts.tiers import Tier
from tabrl_local.errors import CommandError


@dataclass(frozen=True)
class Length:
    """A tier, and minutes where it takes some; what is None is left to the server."""

    tier: Tier | None = None
    minutes: int | None = None

    @classmethod
    def of(cls, tier: str | None, minutes: int | None) -> Length:
        """From options. Raises CommandError for a tier that there is not, or minutes for none."""
        if tier is None:
            return cls(Tier.FULL if minutes is not None else None, minutes)
        if tier not in tuple(Tier):
            raise CommandError(
                f"there is no tier {tier}", hint=f"choose one of: {', '.join(Tier)}",
                code="unknown_tier",
            )  # fmt: skip
        if minutes is not None and not Tier(tier).takes_minutes:
            raise CommandError(
                f"the tier {tier} takes no minutes", hint="leave out --minutes, or --tier full",
                code="minutes_for_tier",
            )  # fmt: skip
        return cls(Tier(tier), minutes)

    @property
    def asked(self) -> dict[str, object]:
        """What is asked of the server, by the names that it has for it."""
        asked: dict[str, object] = {} if self.tier is None else {"tier": self.tier.value}
        return asked if self.minutes is None else {**asked, "minutes": self.minutes}


UNSAID = Length()
