"""The answer a language model must give, its strict JSON schema, and how it becomes a candidate."""

from __future__ import annotations

import re
from functools import cache
from textwrap import dedent
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
    model_validator,
)

from tabrl.contracts.checks import CheckSpec, Identifier, Quantity, Statistic, episode_s
from tabrl.contracts.phases import PhasesS
from tabrl_reward_worker.candidates import RewardCandidate

# What strict schemas may consist of: providers refuse a schema with anything else in it.
_STRICT = ("type", "enum", "const", "items", "anyOf", "$ref", "$defs", "properties")
_FALLS = CheckSpec(
    id="falls",
    quantity=Quantity.FALLEN,
    statistic=Statistic.ANY,
    start_s=0.0,
    end_s=10.0,
    at_most=0.02,
)


_FENCED = re.compile(r"```[\w+-]*[ \t]*\n(.*?)\n?```", re.DOTALL)
_BEGINS = re.compile(r"^def reward\b", re.MULTILINE)
_HAS_WEIGHTS = re.compile(r"^WEIGHTS\b", re.MULTILINE)


class LlmWeight(BaseModel):
    """A term's weight. Strict schemas know no objects with free keys, so weights are a list."""

    term: Identifier
    weight: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]


class LlmCandidate(BaseModel):
    """One reward as the model writes it. What it says beyond that is not read."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(min_length=1, max_length=60)]
    idea: Annotated[str, Field(min_length=1, max_length=300)]
    code: Annotated[str, Field(min_length=1, max_length=20_000)]
    weights: Annotated[list[LlmWeight], Field(min_length=1, max_length=32)]
    success_checks: Annotated[
        list[CheckSpec],
        Field(
            min_length=1,
            max_length=12,
            validation_alias=AliasChoices("success_checks", "checks"),
        ),
    ]
    phases_s: PhasesS = ()

    @field_validator("code", mode="after")
    @classmethod
    def _bare(cls, code: str) -> str:
        """The code without what comes of copying: fences, a byte order mark, a common indent."""
        code = code.replace("\r\n", "\n").replace("\ufeff", "").replace("\u00a0", " ")
        fenced = _FENCED.fullmatch(code.strip())
        return dedent(fenced.group(1) + "\n" if fenced else code)

    @field_validator("weights", mode="before")
    @classmethod
    def _from_object(cls, value: Any) -> Any:
        """Models without a schema to follow write `{"term": weight}`."""
        if isinstance(value, dict):
            return [{"term": term, "weight": weight} for term, weight in value.items()]
        return value

    @model_validator(mode="after")
    def _distinct(self) -> LlmCandidate:
        for what, names in (
            ("weights", [weight.term for weight in self.weights]),
            ("success_checks", [check.id for check in self.success_checks]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"{what} names something twice")
        return self

    def to_candidate(self) -> RewardCandidate:
        """The reward; a check against falling is always among its checks."""
        checks = [check for check in self.success_checks if check.quantity is not Quantity.FALLEN]
        lasts_s = episode_s(self.phases_s, checks)
        weights = {weight.term: weight.weight for weight in self.weights}
        code = self.code
        if _BEGINS.search(code) and not _HAS_WEIGHTS.search(code):
            # Below, where they move no line that a fault is about.
            code = f"{code.rstrip()}\n\n\nWEIGHTS = {weights}\n"
        return RewardCandidate(
            name=_line(self.name),
            idea=_line(self.idea),
            code=code,
            weights=weights,
            checks=(*checks, _FALLS.model_copy(update={"end_s": lasts_s})),
            phases_s=self.phases_s,
        )


def _line(text: str) -> str:
    """The text on one line, without what cannot be shown or stored, such as NUL."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class _Answer(BaseModel):
    """What comes before the candidate: whether there is one; its fields are empty if not."""

    declined: bool


class _DeclinedOrCandidate(LlmCandidate, _Answer):
    """The shape asked for."""


@cache
def answer_schema() -> dict[str, Any]:
    """The answer's JSON schema in the subset that strict structured output knows."""
    schema: dict[str, Any] = _strict(TypeAdapter(_DeclinedOrCandidate).json_schema(by_alias=False))
    return schema


def _strict(node: Any) -> Any:
    """The node with only the strict subset's keywords; every property is required."""
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key in _STRICT:
        if key in ("$defs", "properties") and key in node:
            result[key] = {name: _strict(part) for name, part in node[key].items()}
        elif key in node:
            result[key] = _strict(node[key])
    if "properties" in result:
        result["required"] = list(result["properties"])
        result["additionalProperties"] = False
    return result
