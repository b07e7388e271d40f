"""From a reward's source to an exported artifact, and from the artifact to a compiled function.

`export_reward` runs the author's Python: only ever call it in the jailed child. `load_reward`
runs none of it.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tabrl.contracts.checks import Identifier
from tabrl.domain.errors import Invalid
from tabrl.rewards.errors import RewardError, did_you_mean
from tabrl.rewards.schema import tape_schema
from tabrl.rewards.source import TERM_NAME, CheckedSource, check_source
from tabrl.rewards.vocabulary import MAX_TERMS
from tabrl.robots import Robot, get_robot
from tabrl.sim.reward_namespace import namespace
from tabrl.sim.reward_state import RewardState, UnknownNameError

PLATFORMS = ("cpu", "cuda")
MAX_ARTIFACT = 2_000_000  # bytes
MAX_EQUATIONS = 4_000
MAX_ELEMENTS = 4_096  # of one array, a step
_MAGIC = b"TABRLRW1"
_NOT_CONCRETE = (jax.errors.TracerIntegerConversionError, jax.errors.ConcretizationTypeError)
_LENGTH = struct.Struct("<I")

Fields = Mapping[str, Any]  # tape field -> array [N, …]


class ArtifactHeader(BaseModel):
    """What an artifact says of itself; `terms` are sorted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    robot: Identifier
    terms: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=MAX_TERMS)]
    schema_sha256: str
    jax: str
    contract: Literal[1] = 1


@dataclass(frozen=True)
class ExportedReward:
    """The result of building a reward: the artifact, its terms (sorted) and their weights."""

    blob: bytes
    terms: tuple[str, ...]
    weights: dict[str, float]

    @property
    def sha256(self) -> str:
        """The artifact's name."""
        return hashlib.sha256(self.blob).hexdigest()


class RewardFunction:
    """A loaded artifact: `(fields [N, …]) -> terms [N, K]`, unweighted, compiled once per N."""

    def __init__(self, header: ArtifactHeader, call: Callable[..., jax.Array]) -> None:
        self.header = header
        self.terms = header.terms
        self._schema = tape_schema_names(header)
        self._call = call

    def __call__(self, fields: Fields) -> jax.Array:
        """Terms `[N, K]` of a flat tape; further fields are ignored."""
        return self._call({name: fields[name] for name in self._schema})

    def vector(self, weights: Mapping[str, float]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Weights in the order of the terms. Raises `Invalid` if they are not the same names."""
        if set(weights) != set(self.terms):
            raise Invalid(
                f"weights {sorted(weights)} do not fit the terms {list(self.terms)}",
                code="weights_mismatch",
            )
        return np.array([weights[term] for term in self.terms], np.float32)


def tape_schema_names(header: ArtifactHeader) -> tuple[str, ...]:
    """Tape fields an artifact takes, sorted."""
    return tuple(sorted(tape_schema(get_robot(header.robot))))


def schema_sha256(robot: Robot) -> str:
    """Hash of the tape's schema: an artifact fits exactly one."""
    return hashlib.sha256(json.dumps(tape_schema(robot), sort_keys=True).encode()).hexdigest()


def export_reward(source: str, robot: Robot) -> ExportedReward:
    """Check, trace and export a reward.

    Raises `RewardError` with the author's line, or `MemoryError`.
    """
    checked = check_source(source)
    terms: list[str] = []

    def step(one: dict[str, jax.Array]) -> jax.Array:
        values = _evaluate(reward, one, checked, robot)
        terms[:] = sorted(values)
        return jnp.stack([values[name] for name in terms])

    try:
        reward = _load_function(checked)
        _check_size(jax.make_jaxpr(step)(_arguments(robot)).jaxpr)
        (n,) = export.symbolic_shape("n")
        # The tape always holds every field, so that all rewards of a robot have one signature.
        jitted = jax.jit(jax.vmap(step), keep_unused=True)
        exported = export.export(jitted, platforms=PLATFORMS)(_arguments(robot, n))
    except (RewardError, MemoryError):
        raise
    except Exception as error:
        raise _explained(error, source) from None
    _match_weights(checked, terms)
    header = ArtifactHeader(
        robot=robot.id,
        terms=tuple(terms),
        schema_sha256=schema_sha256(robot),
        jax=jax.__version__,
    )
    blob = pack_artifact(header, bytes(exported.serialize(vjp_order=0)))
    return ExportedReward(blob, header.terms, {term: checked.weights[term] for term in terms})


def _arguments(robot: Robot, *batch: Any) -> dict[str, jax.ShapeDtypeStruct]:
    return {
        name: jax.ShapeDtypeStruct((*batch, *shape), jnp.float32)  # type: ignore[no-untyped-call]
        for name, shape in tape_schema(robot).items()
    }


def _check_size(jaxpr: Any) -> int:
    """Count a step's operations. Raises `RewardError` if they or an array are too many."""
    count = 0
    for equation in jaxpr.eqns:
        count += 1
        for variable in equation.outvars:
            size = math.prod(getattr(variable.aval, "shape", ()))
            if size > MAX_ELEMENTS:
                raise RewardError(
                    f"an array of {size} numbers a step is too large: at most {MAX_ELEMENTS}",
                    code="reward_too_large",
                )
        for parameter in equation.params.values():
            inner = getattr(parameter, "jaxpr", parameter)
            if hasattr(inner, "eqns"):
                count += _check_size(inner)
    if count > MAX_EQUATIONS:
        raise RewardError(
            f"{count} operations a step are too many: at most {MAX_EQUATIONS}",
            code="reward_too_large",
        )
    return count


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
    except ValidationError as error:
        raise Invalid(f"the artifact's header is broken: {error}", code="bad_artifact") from None
    return header, blob[start + length :]


def load_reward(blob: bytes, compiler_options: dict[str, Any] | None = None) -> RewardFunction:
    """The function of an artifact. Raises `Invalid` if it is none or was made for another tape."""
    header, payload = unpack_artifact(blob)
    if header.schema_sha256 != schema_sha256(get_robot(header.robot)):
        raise Invalid(
            "the artifact was exported for another version of the tape",
            code="stale_artifact",
            hint="write the reward again",
        )
    try:
        exported = export.deserialize(bytearray(payload))
    except Exception as error:
        raise Invalid(f"the artifact cannot be read: {error}", code="bad_artifact") from None
    return RewardFunction(header, jax.jit(exported.call, compiler_options=compiler_options))


def _load_function(checked: CheckedSource) -> Callable[..., Any]:
    code: CodeType = compile(checked.tree, "<reward>", "exec")
    module = namespace()
    exec(code, module)
    function: Callable[..., Any] = module["reward"]
    return function


def _evaluate(
    reward: Callable[..., Any], fields: dict[str, jax.Array], checked: CheckedSource, robot: Robot
) -> dict[str, jax.Array]:
    """One step's terms as float32 scalars. Raises `RewardError` for a wrong shape or count."""
    result = reward(RewardState(fields, robot), fields["action"])
    if result is None:
        raise RewardError("reward(state, action) returned nothing", code="reward_shape")
    values = result if isinstance(result, dict) else {"reward": result}
    if not 1 <= len(values) <= MAX_TERMS:
        raise RewardError(
            f"a reward has 1 to {MAX_TERMS} terms, not {len(values)}", code="reward_shape"
        )
    terms = {}
    for name, value in values.items():
        if not (isinstance(name, str) and TERM_NAME.match(name)):
            raise RewardError(f"{name!r} is no term name: letters, digits, _", code="reward_shape")
        array = jnp.asarray(value)
        if array.shape != ():
            raise RewardError.at(
                checked.source,
                _line_of_text(checked.source, f'"{name}"'),
                f"term '{name}' has shape {array.shape}; a term is one number a step",
                code="reward_shape",
                hint="take jnp.sum or jnp.mean of it",
            )
        terms[name] = array.astype(jnp.float32)
    return terms


def _match_weights(checked: CheckedSource, terms: list[str]) -> None:
    line = _line_of_text(checked.source, "WEIGHTS")
    for name in terms:
        if name not in checked.weights:
            raise RewardError.at(
                checked.source,
                line,
                f"term '{name}' has no weight in WEIGHTS",
                code="reward_weights",
            )
    for name in checked.weights:
        if name not in terms:
            raise RewardError.at(
                checked.source,
                line,
                f"WEIGHTS names '{name}', which the reward does not return: "
                f"{did_you_mean(name, terms)}",
                code="reward_weights",
            )


def _line_of_text(source: str, text: str) -> int | None:
    for number, line in enumerate(source.splitlines(), start=1):
        if text in line:
            return number
    return None


def _explained(error: Exception, source: str) -> RewardError:
    """An exception of the author's code as a sentence about the author's line."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == "<reward>"
    ]
    hint = ""
    if isinstance(error, jax.errors.TracerBoolConversionError):
        message = "Python's if, and, or, not and while cannot look at a measured value"
        hint = "use jnp.where(condition, a, b), jnp.logical_and or jnp.maximum"
    elif isinstance(
        error, jax.errors.TracerIntegerConversionError | jax.errors.ConcretizationTypeError
    ):
        message = "a measured value cannot be turned into a Python number; stay with jnp arrays"
    elif isinstance(error, UnknownNameError):
        message = str(error.args[0])
    elif isinstance(error, KeyError):
        message = f"there is no {error}"
    else:
        message = (
            f"{type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else ''}"
        )
    line = lines[-1] if lines else None
    return RewardError.at(source, line, message, code="reward_failed", hint=hint)
