"""From an artifact to a compiled function.

`load_reward` runs none of the author's Python, but it hands the artifact's program to XLA: only
ever give it bytes whose hash the verifier recorded, or that this process exported itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import jax
import numpy as np
from jax import export
from jaxtyping import Float

from tabrl.control.arrays import Array
from tabrl.domain.errors import Invalid
from tabrl.rewards.memory import MAX_MEMORY, MEMORY
from tabrl.robots import get_robot
from tabrl.sim.reward.artifact import (
    ArtifactHeader,
    ExportedReward,
    arguments,
    pack_artifact,
    rollout_schema_names,
    schema_sha256,
    unpack_artifact,
)
from tabrl.sim.reward.export import export_reward

Fields: TypeAlias = Mapping[str, Float[Array, "N ..."]]  # by the names of the rollout's fields
CompilerOptions: TypeAlias = dict[str, bool | int]  # of XLA, by name
# For a few calls: compiling less then saves most of the time.
FAST_COMPILE: CompilerOptions = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
_SOME_STEPS = 1024  # what a compiler does hardly depends on N

__all__ = [
    "FAST_COMPILE",
    "ArtifactHeader",
    "ExportedReward",
    "Fields",
    "RewardFunction",
    "export_reward",
    "load_reward",
    "pack_artifact",
    "try_compiling",
    "unpack_artifact",
]


class RewardFunction:
    """A loaded artifact: from a flat rollout to its terms, unweighted; compiled once per N."""

    def __init__(self, header: ArtifactHeader, call: jax.stages.Wrapped) -> None:
        self.header = header
        self.terms = header.terms
        self.memory = header.memory
        names = rollout_schema_names(get_robot(header.robot), header.contract)
        self._schema = (*names, MEMORY) if header.memory else names
        self._call = call

    def __call__(self, fields: Fields) -> Float[jax.Array, "N K"]:
        """The terms of a flat rollout, a column each; further fields are ignored.

        A reward that remembers also takes `memory`, which `RewardCarry` makes of `remembers`.
        """
        columns: Float[jax.Array, "N K+M"] = self._call(
            {name: fields[name] for name in self._schema}
        )
        return columns[:, : len(self.terms)] if self.memory else columns

    def remembers(self, fields: Fields) -> Float[jax.Array, "N M"]:
        """The numbers of a flat rollout that a reward wants remembered, a column each."""
        blank = np.zeros((len(fields["time"]), MAX_MEMORY), np.float32)
        given = dict(fields) | {MEMORY: blank}
        columns: Float[jax.Array, "N K+M"] = self._call(
            {name: given[name] for name in self._schema}
        )
        return columns[:, len(self.terms) :]

    @property
    def clips_total(self) -> bool:
        """Whether the weighted sum of the terms counts as zero where it is below."""
        return self.header.clip_total

    def compile(self, steps: int) -> None:
        """Compile it for so many steps, and forget that."""
        robot = get_robot(self.header.robot)
        taken = arguments(robot, steps, contract=self.header.contract, remembers=bool(self.memory))
        self._call.lower(taken).compile()

    def vector(self, weights: Mapping[str, float]) -> Float[np.ndarray, " K"]:
        """Weights in the order of the terms. Raises `Invalid` if they are not the same names."""
        if set(weights) != set(self.terms):
            raise Invalid(
                f"weights {sorted(weights)} do not fit the terms {list(self.terms)}",
                code="weights_mismatch",
            )
        return np.array([weights[term] for term in self.terms], np.float32)


def load_reward(blob: bytes, compiler_options: CompilerOptions | None = None) -> RewardFunction:
    """The function of an artifact.

    Args:
        blob: the artifact; see above for whose.
        compiler_options: XLA's own unless given.

    Raises:
        Invalid: `bad_artifact` if it is none, `stale_artifact` if it fits another schema.
    """
    header, payload = unpack_artifact(blob)
    if header.schema_sha256 != schema_sha256(get_robot(header.robot), header.contract):
        raise Invalid(
            "the artifact was exported for another version of the rollout",
            code="stale_artifact",
            hint="write the reward again",
        )
    try:
        exported = export.deserialize(bytearray(payload))
    except Exception as error:
        raise Invalid(
            f"the artifact cannot be read ({type(error).__name__})", code="bad_artifact"
        ) from None
    return RewardFunction(header, jax.jit(exported.call, compiler_options=compiler_options))


def try_compiling(blob: bytes) -> None:
    """Compile an artifact as a trainer and a report on this machine would, and forget it.

    For the time and memory that it takes, which no count of operations bounds: a few hundred that
    move numbers about can keep XLA busy for hours. Raises `Invalid` as `load_reward` does.
    """
    for options in (None, FAST_COMPILE):
        load_reward(blob, options).compile(_SOME_STEPS)
