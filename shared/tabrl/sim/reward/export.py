"""The author's side: from a reward's source to an exported program.

`export_reward` runs the author's Python: only ever call it in the jailed child, or with a source of
our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import jax
import jax.numpy as jnp
from jax import export
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
from jaxtyping import Float

from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError, lines_of
from tabrl.rewards.memory import MAX_MEMORY, MEMORY, Remembered
from tabrl.rewards.source import (
    FILENAME,
    TERM_NAME,
    CheckedSource,
    check_source,
    compiled,
    read_source,
)
from tabrl.rewards.state import Names, RewardState, UnknownNameError
from tabrl.rewards.vocabulary import MAX_TERMS
from tabrl.rewards.weights import SCALAR, weights_of
from tabrl.robots import Robot
from tabrl.sim.reward.artifact import (
    PLATFORMS,
    ArtifactHeader,
    ExportedReward,
    arguments,
    pack_artifact,
)
from tabrl.sim.reward.jaxpr import check_jaxpr
from tabrl.sim.reward.namespace import namespace, open_namespace
from tabrl.sim.reward.recorder import Recorder, depends

# The author's `reward(state, action)`: what it returns is for us to check.
AuthorFunction: TypeAlias = Callable[[RewardState, Float[jax.Array, " nu"]], object]
OneStep: TypeAlias = dict[str, Float[jax.Array, "..."]]  # rollout field -> its value in one step


@dataclass(frozen=True)
class AuthorLayers:
    """Which of the layers around the author's Python are on. Tests switch single ones off."""

    static: bool = True
    namespace: bool = True
    jaxpr: bool = True


class RewardExporter:
    """Runs an author's Python once and exports what it computed."""

    def __init__(self, layers: AuthorLayers) -> None:
        self._layers = layers

    def export(self, source: str, robot: Robot) -> ExportedReward:
        """What the source computes, as an artifact.

        Args:
            source: Python; it is run.
            robot: whose rollout it reads.

        Raises:
            RewardError: with the author's line.
            MemoryError: if it takes too much to trace.
        """
        checked = self._checked(source, robot)
        terms: list[str] = []
        memory: list[Remembered] = []
        try:

            def step(one: OneStep) -> tuple[Float[jax.Array, " C"], ...]:
                # Here, so that the defaults of its functions are traced too, and not computed.
                recorder = Recorder(one[MEMORY])
                reward = self._load_function(checked, recorder)
                values = _evaluate(reward, one, checked, robot)
                terms[:], memory[:] = sorted(values), recorder.remembered
                stacked = jnp.stack([values[name] for name in terms])
                return (stacked, jnp.stack(recorder.values)) if memory else (stacked,)

            taken = arguments(robot, remembers=True)
            closed = jax.make_jaxpr(step)(taken)
            if self._layers.jaxpr:
                check_jaxpr(closed, source)
            if memory and depends(closed.jaxpr, 1, sorted(taken).index(MEMORY)):
                message = "what is remembered may not depend on what is remembered"
                raise RewardError(message, code="reward_failed")
            payload = _exported(closed, robot, remembers=bool(memory))
        except (RewardError, MemoryError):
            raise
        except Exception as error:
            raise _explained(error, source) from None
        found = weights_of(checked, terms)
        header = ArtifactHeader.of(robot, tuple(terms), checked.clip_total, tuple(memory))
        blob = pack_artifact(header, payload)
        return ExportedReward(blob, header.terms, found.weights, found.assumed)

    def _checked(self, source: str, robot: Robot) -> CheckedSource:
        if not self._layers.static:
            return read_source(source)
        return check_source(source, state_methods_of(robot), robot.embodiment)

    def _load_function(self, checked: CheckedSource, recorder: Recorder) -> AuthorFunction:
        code = compiled(checked)
        module = namespace(recorder) if self._layers.namespace else open_namespace()
        exec(code, module)
        return cast(AuthorFunction, module["reward"])


def export_reward(source: str, robot: Robot) -> ExportedReward:
    """Check, trace and export a reward, all layers on; see `RewardExporter.export`."""
    return RewardExporter(AuthorLayers()).export(source, robot)


def _exported(closed: ClosedJaxpr, robot: Robot, remembers: bool) -> bytes:
    """The very program that was checked, for any number of steps: the author's Python has had its
    one turn, and could not answer differently now."""
    run = jaxpr_as_fun(closed)

    def one_step(fields: OneStep) -> Float[jax.Array, " K+M"]:
        nothing = {} if remembers else {MEMORY: jnp.zeros(MAX_MEMORY, jnp.float32)}
        columns = run(*jax.tree.leaves(fields | nothing))
        return jnp.concatenate(columns) if remembers else jnp.asarray(columns[0])

    (n,) = export.symbolic_shape("n")
    # The rollout always holds every field, so that all rewards of a robot have one signature.
    jitted = jax.jit(jax.vmap(one_step), keep_unused=True)
    exporting = export.export(jitted, platforms=PLATFORMS)
    return bytes(exporting(arguments(robot, n, remembers=remembers)).serialize(vjp_order=0))


def _evaluate(
    reward: AuthorFunction, fields: OneStep, checked: CheckedSource, robot: Robot
) -> dict[str, Float[jax.Array, ""]]:
    """One step's terms as float32 scalars. Raises `RewardError` for a wrong shape or count."""
    embodiment = embodiment_of(robot)
    state = embodiment.reward_state(fields, Names(robot, embodiment.commands.names), jnp)
    result = reward(state, fields["action"])
    if result is None:
        raise RewardError("reward(state, action) returned nothing", code="reward_shape")
    values = _returned_terms(result)
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


def _returned_terms(result: object) -> dict[object, object]:
    """The terms of what a reward returned: of `total, terms` the terms alone.

    A total is what the trainer forms with the weights in force, which change while it learns.
    """
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        result = result[1]
    return result if isinstance(result, dict) else {SCALAR: result}


def _line_of_text(source: str, text: str) -> int | None:
    for number, line in enumerate(lines_of(source), start=1):
        if text in line:
            return number
    return None


def _line_of(error: Exception) -> int | None:
    """The innermost line of the author's source that an exception passed through. Opens no file,
    as the standard library's way of doing this would."""
    line, entry = None, error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == FILENAME:
            line = entry.tb_lineno
        entry = entry.tb_next
    return line


def _explained(error: Exception, source: str) -> RewardError:
    """An exception of the author's code as a sentence about the author's line."""
    # JAX adds where an error came from, and looks for files, which nobody may in the sandbox.
    while isinstance(error, PermissionError) and isinstance(error.__context__, Exception):
        error = error.__context__
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
    return RewardError.at(source, _line_of(error), message, code="reward_failed", hint=hint)
