"""The answer a language model must give, and how it becomes drafts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.checks import CheckSpec, Identifier, Quantity, Statistic
from tabrl_reward_worker.drafts import Draft

MAX_CANDIDATES = 3
_FALLS = CheckSpec(
    id="falls",
    quantity=Quantity.FALLEN,
    statistic=Statistic.ANY,
    start_s=0.0,
    end_s=10.0,
    at_most=0.02,
)


class LlmCandidate(BaseModel):
    """One reward as the model writes it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)]
    idea: Annotated[str, Field(min_length=1, max_length=300)]
    code: Annotated[str, Field(min_length=1, max_length=20_000)]
    weights: dict[Identifier, float] = Field(min_length=1, max_length=32)
    checks: Annotated[list[CheckSpec], Field(min_length=1, max_length=15)]

    def draft(self) -> Draft:
        """The draft; a check against falling is always among its checks."""
        checks = [check for check in self.checks if check.quantity is not Quantity.FALLEN]
        idea = " ".join(self.idea.split())
        return Draft(self.name.strip(), idea, self.code, self.weights, (*checks, _FALLS))


class LlmAnswer(BaseModel):
    """The whole answer. No candidates means: this robot cannot do it."""

    model_config = ConfigDict(extra="forbid")

    candidates: Annotated[list[LlmCandidate], Field(max_length=MAX_CANDIDATES)]
