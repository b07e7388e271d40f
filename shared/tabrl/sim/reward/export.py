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
from jax.extend.core import jaxpr_as_fun
from jaxtyping import Float

from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.memory import MAX_MEMORY, MEMORY, Remembered
from tabrl.rewards.source import (
    FILENAME,
    CheckedSource,
    check_source,
    compiled,
    read_source,
)
from tabrl.rewards.state import Names, RewardState, UnknownNameError
from tabrl.rewards.weights import weights_of
from tabrl.robots import Robot
from tabrl.sim.reward.artifact import (
    PLATFORMS,
    ArtifactHeader,
    ExportedReward,
    arguments,
    pack_artifact,
)
from tabrl.sim.reward.indices import check_indices
from tabrl.sim.reward.jaxpr import check_jaxpr
from tabrl.sim.reward.namespace import namespace, open_namespace
from tabrl.sim.reward.recorder import Recorder
from tabrl.sim.reward.terms import terms_of
from tabrl.sim.reward.traced import TracedReward, check_dependence

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
        try:
            traced = self._traced(checked, robot)
            if self._layers.jaxpr:
                check_jaxpr(traced.program, source)
                check_indices(traced.program, source)
            check_dependence(traced, checked)
            payload = _exported(traced, robot)
        except (RewardError, MemoryError):
            raise
        except Exception as error:
            raise _explained(error, source) from None
        found = weights_of(checked, traced.terms)
        header = ArtifactHeader.of(robot, traced.terms, checked.clip_total, traced.memory)
        blob = pack_artifact(header, payload)
        return ExportedReward(blob, header.terms, found.weights, found.assumed)

    def _traced(self, checked: CheckedSource, robot: Robot) -> TracedReward:
        """The author's Python has its one turn here."""
        embodiment = embodiment_of(robot)
        names = Names(robot, embodiment.commands.names)
        terms: list[str] = []
        memory: list[Remembered] = []

        def step(one: OneStep, weights: OneStep) -> tuple[Float[jax.Array, " C"], ...]:
            # Here, so that the defaults of its functions are traced too, and not computed.
            recorder = Recorder(one[MEMORY])
            reward = self._load_function(checked, recorder, weights)
            state = embodiment.reward_state(one, names, jnp)
            values = terms_of(reward(state, one["action"]), checked)
            terms[:], memory[:] = sorted(values), recorder.remembered
            stacked = jnp.stack([values[name] for name in terms])
            return (stacked, jnp.stack(recorder.values)) if memory else (stacked,)

        fields, weights = arguments(robot, remembers=True), sorted(checked.weights)
        number = jax.ShapeDtypeStruct((), jnp.float32)  # type: ignore[no-untyped-call]
        program = jax.make_jaxpr(step)(fields, dict.fromkeys(weights, number))
        return TracedReward(
            program, tuple(sorted(fields)), tuple(weights), tuple(terms), tuple(memory)
        )

    def _checked(self, source: str, robot: Robot) -> CheckedSource:
        if not self._layers.static:
            return read_source(source)
        return check_source(source, state_methods_of(robot), robot.embodiment)

    def _load_function(
        self, checked: CheckedSource, recorder: Recorder, weights: OneStep
    ) -> AuthorFunction:
        code = compiled(checked)
        module = namespace(recorder) if self._layers.namespace else open_namespace()
        exec(code, module)
        given = module.get("WEIGHTS")
        if isinstance(given, dict):
            given.update(weights)  # traced, so that it is seen what is made of them
        return cast(AuthorFunction, module["reward"])


def export_reward(source: str, robot: Robot) -> ExportedReward:
    """Check, trace and export a reward, all layers on; see `RewardExporter.export`."""
    return RewardExporter(AuthorLayers()).export(source, robot)


def _exported(traced: TracedReward, robot: Robot) -> bytes:
    """The very program that was checked, for any number of steps: the author's Python has had its
    one turn, and could not answer differently now."""
    run, remembers = jaxpr_as_fun(traced.program), bool(traced.memory)

    def one_step(fields: OneStep) -> Float[jax.Array, " K+M"]:
        nothing = {} if remembers else {MEMORY: jnp.zeros(MAX_MEMORY, jnp.float32)}
        known = fields | nothing
        weights = [jnp.float32(0.0)] * len(traced.weights)  # on which no term depends
        columns = run(*(known[name] for name in traced.fields), *weights)
        return jnp.concatenate(columns) if remembers else jnp.asarray(columns[0])

    (n,) = export.symbolic_shape("n")
    # The rollout always holds every field, so that all rewards of a robot have one signature.
    jitted = jax.jit(jax.vmap(one_step), keep_unused=True)
    exporting = export.export(jitted, platforms=PLATFORMS)
    return bytes(exporting(arguments(robot, n, remembers=remembers)).serialize(vjp_order=0))


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
