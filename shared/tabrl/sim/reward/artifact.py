"""The artifact's format: a header that says what it is, then a program exported by JAX.

Packing and unpacking never look into the program: a worker may do both with bytes it does not
trust.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tabrl.contracts.checks import Identifier
from tabrl.control.embodiment import Shapes
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.limits import MAX_ARTIFACT
from tabrl.rewards.memory import MAX_MEMORY, MEMORY, Remembered
from tabrl.rewards.vocabulary import MAX_TERMS
from tabrl.robots import Robot

PLATFORMS = ("cpu", "cuda")
_MAGIC = b"TABRLRW1"
_LENGTH = struct.Struct("<I")
Size: TypeAlias = Any  # a number, or a symbolic dimension, whose class JAX does not publish


# The contract's edition, and since which a field of the rollout is part of it: artifacts of earlier
# ones do not take it.
CONTRACT: Literal[2] = 2
_SINCE = {"heading": 2}


class ArtifactHeader(BaseModel):
    """What an artifact says of itself; `terms` are sorted.

    With `clip_total` the weighted sum of its terms counts as zero where it is below. Of `memory`
    the program gives the step's numbers after its terms, and takes what is remembered of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    robot: Identifier
    terms: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=MAX_TERMS)]
    schema_sha256: str
    jax: str
    contract: Literal[1, 2] = CONTRACT
    clip_total: bool = False
    memory: Annotated[tuple[Remembered, ...], Field(max_length=MAX_MEMORY)] = ()

    @classmethod
    def of(
        cls,
        robot: Robot,
        terms: tuple[str, ...],
        clip_total: bool = False,
        memory: tuple[Remembered, ...] = (),
    ) -> ArtifactHeader:
        """The header of an artifact made here and now."""
        return cls(
            robot=robot.id,
            terms=terms,
            schema_sha256=schema_sha256(robot),
            jax=jax.__version__,
            clip_total=clip_total,
            memory=memory,
        )


@dataclass(frozen=True)
class ExportedReward:
    """The result of building a reward: the artifact, its terms (sorted) and their weights.

    `assumed` are the terms that its source gives no weight: they have 1.
    """

    blob: bytes
    terms: tuple[str, ...]
    weights: dict[str, float]
    assumed: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The artifact's name."""
        return hashlib.sha256(self.blob).hexdigest()


def reward_schema(robot: Robot, contract: int = CONTRACT) -> Shapes:
    """Fields of the rollout that artifacts of an edition of the contract take, and their shapes."""
    schema = embodiment_of(robot).schema
    return {name: shape for name, shape in schema.items() if _SINCE.get(name, 1) <= contract}


def rollout_schema_names(robot: Robot, contract: int = CONTRACT) -> tuple[str, ...]:
    """Rollout fields an artifact takes, sorted."""
    return tuple(sorted(reward_schema(robot, contract)))


def schema_sha256(robot: Robot, contract: int = CONTRACT) -> str:
    """Hash of the rollout's schema: an artifact fits exactly one."""
    schema = reward_schema(robot, contract)
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def arguments(
    robot: Robot, *batch: Size, contract: int = CONTRACT, remembers: bool = False
) -> dict[str, jax.ShapeDtypeStruct]:
    """The rollout's fields as a reward's arguments.

    Args:
        robot: whose rollout it is.
        batch: leading sizes of all fields; none for a single step.
        contract: the edition that the reward was built for.
        remembers: with the memory, for a reward that has one.

    Returns:
        Field -> shape `[*batch, …]`, float32.
    """
    shapes = reward_schema(robot, contract) | ({MEMORY: (MAX_MEMORY,)} if remembers else {})
    return {
        name: jax.ShapeDtypeStruct((*batch, *shape), jnp.float32)  # type: ignore[no-untyped-call]
        for name, shape in shapes.items()
    }


def pack_artifact(header: ArtifactHeader, payload: bytes) -> bytes:
    """One blob: magic, length of the header, header as JSON, exported StableHLO."""
    text = header.model_dump_json().encode()
    return _MAGIC + _LENGTH.pack(len(text)) + text + payload


def unpack_artifact(blob: bytes) -> tuple[ArtifactHeader, bytes]:
    """Header and payload. Raises `Invalid` (code `bad_artifact`)."""
    start = len(_MAGIC) + _LENGTH.size
    if len(blob) > MAX_ARTIFACT or blob[: len(_MAGIC)] != _MAGIC or len(blob) < start:
        raise Invalid("this is no reward artifact", code="bad_artifact")
    (length,) = _LENGTH.unpack_from(blob, len(_MAGIC))
    try:
        header = ArtifactHeader.model_validate_json(blob[start : start + length])
    except ValidationError:
        raise Invalid("the artifact's header is broken", code="bad_artifact") from None
    return header, blob[start + length :]
