"""The answer a language model must give, its strict JSON schema, and how it becomes a candidate."""

from __future__ import annotations

import re
from functools import cache
from textwrap import dedent
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    field_validator,
    model_validator,
)

from tabrl.contracts.checks import CheckSpec, Identifier, Statistic, episode_s
from tabrl.contracts.phases import PhasesS
from tabrl.contracts.quantities import Catalogue
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import Robot
from tabrl_reward_worker.candidates import RewardCandidate, taken_over
from tabrl_reward_worker.llm.checks import plain_checks
from tabrl_reward_worker.llm.forms import shortened

# What strict schemas may consist of: providers refuse a schema with anything else in it.
_STRICT = ("type", "enum", "const", "items", "anyOf", "$ref", "$defs", "properties")
_MAX_FAILED = 0.02  # share of episodes


_FENCED = re.compile(r"```[\w+-]*[ \t]*\n(.*?)(?:\n?```|\Z)", re.DOTALL)
_BEGINS = re.compile(r"^def reward\b", re.MULTILINE)
_IS_CODE = re.compile(r"^\s*def reward\b", re.MULTILINE)
_HAS_WEIGHTS = re.compile(r"^WEIGHTS\b", re.MULTILINE)


class LlmWeight(BaseModel):
    """A term's weight. Strict schemas know no objects with free keys, so weights are a list."""

    term: Identifier
    weight: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]


class LlmCandidate(BaseModel):
    """One reward as the model writes it. What it says beyond that is not read."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=60), shortened(60)] = ""
    idea: Annotated[str, Field(max_length=300), shortened(300)] = ""
    code: Annotated[str, Field(min_length=1, max_length=20_000)]
    weights: Annotated[list[LlmWeight], Field(max_length=32)] = []
    success_checks: Annotated[
        list[CheckSpec],
        BeforeValidator(plain_checks),
        Field(
            min_length=1,
            max_length=12,
            validation_alias=AliasChoices("success_checks", "checks"),
        ),
    ]
    phases_s: PhasesS = ()

    @field_validator("name", "idea", mode="before")
    @classmethod
    def _nameless(cls, text: object) -> object:
        return "" if text is None else text

    @field_validator("phases_s", mode="before")
    @classmethod
    def _at_once(cls, seconds: object) -> object:
        return () if seconds is None else seconds

    @field_validator("code", mode="before")
    @classmethod
    def _joined(cls, code: object) -> object:
        """Models that shun line breaks in a string write a list of lines."""
        if isinstance(code, list) and all(isinstance(line, str) for line in code):
            return "\n".join(line.rstrip("\r\n") for line in code)
        return code

    @field_validator("code", mode="after")
    @classmethod
    def _bare(cls, code: str) -> str:
        """The code without what comes of copying: fences, a byte order mark, a common indent,
        line breaks that were escaped twice."""
        if "\n" not in code.strip():
            code = code.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
        code = code.replace("\r\n", "\n").replace("\ufeff", "").replace("\u00a0", " ")
        fenced = [block for block in _FENCED.findall(code) if _IS_CODE.search(block)]
        return dedent(f"{fenced[0]}\n" if len(fenced) == 1 else code)

    @field_validator("weights", mode="before")
    @classmethod
    def _from_object(cls, value: object) -> object:
        """Models without a schema to follow write `{"term": weight}`, or nothing: the code has
        them too."""
        if isinstance(value, dict):
            return [{"term": term, "weight": weight} for term, weight in value.items()]
        return [] if value is None else value

    @model_validator(mode="after")
    def _distinct(self) -> LlmCandidate:
        for what, names in (
            ("weights", [weight.term for weight in self.weights]),
            ("success_checks", [check.id for check in self.success_checks]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"{what} names something twice")
        if not (self.weights or _HAS_WEIGHTS.search(self.code)):
            raise ValueError("weights are missing, there and in the code")
        return self

    def to_candidate(self, catalogue: Catalogue, title: str = "") -> RewardCandidate:
        """The reward, with quantities by their own names; `title` is for one without a name.

        Checks of what an episode has or has not, such as a fall, are always ours.
        """
        failures = [name for name, entry in catalogue.entries.items() if entry.per_episode]
        given = taken_over(self.success_checks, catalogue)
        checks = [check for check in given if check.quantity not in failures]
        lasts_s = episode_s(self.phases_s, checks)
        weights = {weight.term: weight.weight for weight in self.weights}
        code = self.code
        if _BEGINS.search(code) and not _HAS_WEIGHTS.search(code):
            # Below, where they move no line that a fault is about.
            code = f"{code.rstrip()}\n\n\nWEIGHTS = {weights}\n"
        name = one_line(self.name) or title
        return RewardCandidate(
            name=name,
            idea=one_line(self.idea) or name,
            code=code,
            weights=weights,
            checks=(*checks, *(_no_failure(name, catalogue, lasts_s) for name in failures)),
            phases_s=self.phases_s,
        )


def _no_failure(quantity: str, catalogue: Catalogue, lasts_s: float) -> CheckSpec:
    """That hardly any episode has what none should have."""
    return CheckSpec(
        id=(catalogue[quantity].title or quantity).replace(" ", "_"),
        quantity=quantity,
        statistic=Statistic.ANY,
        start_s=0.0,
        end_s=lasts_s,
        at_most=_MAX_FAILED,
    )


def one_line(text: str) -> str:
    """The text on one line, without what cannot be shown or stored, such as NUL."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class _Answer(BaseModel):
    """What comes before the candidate: whether there is one; its fields are empty if not."""

    declined: bool


class _DeclinedOrCandidate(LlmCandidate, _Answer):
    """The shape asked for."""


@cache
def answer_schema(robot: Robot) -> dict[str, Any]:
    """The answer's JSON schema in the subset that strict structured output knows.

    Checks can be of the robot's quantities only.
    """
    schema = strict_schema(TypeAdapter(_DeclinedOrCandidate).json_schema(by_alias=False))
    check = schema["$defs"][CheckSpec.__name__]["properties"]
    check["quantity"] |= {"enum": list(catalogue_of(robot).entries)}
    return schema


def strict_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with only the strict subset's keywords; every property is required."""
    return _strict(schema)


def _strict(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {}
    if "oneOf" in schema:  # of kinds that a constant tells apart, so any of them is one of them
        schema = schema | {"anyOf": schema["oneOf"]}
    for key in _STRICT:
        part = schema.get(key)
        if key in ("$defs", "properties") and isinstance(part, dict):
            result[key] = {name: _strict_node(node) for name, node in part.items()}
        elif key in schema:
            result[key] = _strict_node(part)
    properties = result.get("properties")
    if isinstance(properties, dict):
        result["required"] = [*properties]
        result["additionalProperties"] = False
    return result


def _strict_node(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_strict_node(part) for part in node]
    return _strict(node) if isinstance(node, dict) else node
