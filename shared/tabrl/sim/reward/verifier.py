"""The fifth layer: an artifact is read again by somebody who never ran the author's Python.

`verify` runs in a jailed child of its own. What it returns is not the bytes that it was given but
an artifact written anew: the module as it was read and checked, in a frame that is ours.
"""

from __future__ import annotations

import ast

import jax
from jax import export
from jax.extend.mlir import ir
from jax.extend.mlir.dialects import stablehlo
from jaxlib.mlir.dialects import chlo
from jaxlib.mlir.passmanager import PassManager

from tabrl.domain.errors import Invalid
from tabrl.rewards.errors import RewardError
from tabrl.rewards.limits import MAX_ARTIFACT
from tabrl.rewards.source import CheckedSource, read_source
from tabrl.rewards.weights import TermWeights, weights_of
from tabrl.robots import Robot
from tabrl.sim.reward.artifact import (
    PLATFORMS,
    ArtifactHeader,
    ExportedReward,
    arguments,
    pack_artifact,
    unpack_artifact,
)
from tabrl.sim.reward.dimensions import N, RefusedModule, Shape
from tabrl.sim.reward.module import ModuleReader, Signature, drop_assertions

_CONVENTIONS = range(
    export.minimum_supported_calling_convention_version,
    export.maximum_supported_calling_convention_version + 1,
)


def verify(blob: bytes, source: str, robot: Robot) -> ExportedReward:
    """The canonical artifact of an exported reward.

    Args:
        blob: the artifact as it was handed over; it is only read.
        source: whose text says the weights, and whether the total is clipped; it is not run.
        robot: whose rollout the artifact must take.

    Raises:
        RewardError: `reward_refused` if anything in it is not as it must be.
    """
    if len(blob) > MAX_ARTIFACT:
        raise _refused("it is too large")
    checked = read_source(source)
    try:
        header, payload = unpack_artifact(blob)
    except Invalid as error:
        raise _refused(error.message) from None
    terms = tuple(sorted(set(header.terms)))
    if header != ArtifactHeader.of(robot, terms, checked.clip_total, header.memory):
        raise _refused("its header does not fit the robot, the rollout or the source")
    if any(remembered.rule not in _attributes(checked) for remembered in header.memory):
        raise _refused("its header remembers what the source does not ask for")
    found = _weights(checked, terms)
    try:
        given = export.deserialize(bytearray(payload))
        module = _canonical_module(given.mlir_module_serialized, _signature(robot, header))
        frame = _frame(robot, header, module, given.calling_convention_version)
        _compare(given, frame)
    except RefusedModule as refusal:
        raise _refused(str(refusal)) from None
    except (MemoryError, RewardError):
        raise
    except Exception as error:  # whatever a parser makes of nonsense
        raise _refused(f"it cannot be read ({type(error).__name__})") from None
    canonical = pack_artifact(header, bytes(frame.serialize(vjp_order=0)))
    return ExportedReward(canonical, terms, found.weights, found.assumed)


def _weights(checked: CheckedSource, terms: tuple[str, ...]) -> TermWeights:
    """The text's weights of the terms that the header names."""
    try:
        return weights_of(checked, terms)
    except RewardError:
        raise _refused("its header does not fit the weights") from None


def _refused(reason: str) -> RewardError:
    return RewardError(
        f"the reward's artifact was refused: {reason}",
        code="reward_refused",
        hint="write it with simpler operations",
    )


def _attributes(checked: CheckedSource) -> frozenset[str]:
    """Names of all attributes in the text."""
    nodes = ast.walk(checked.tree)
    return frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))


def _columns(header: ArtifactHeader) -> int:
    return len(header.terms) + len(header.memory)


def _signature(robot: Robot, header: ArtifactHeader) -> Signature:
    fields = arguments(robot, remembers=bool(header.memory))
    inputs = tuple(Shape((N, *fields[name].shape), "f32") for name in sorted(fields))
    return Signature(inputs, (Shape((N, _columns(header)), "f32"),))


def _context() -> ir.Context:
    """Knows StableHLO, functions and what composites stand for; no other dialect is registered."""
    context = ir.Context()
    context.allow_unregistered_dialects = False
    context.enable_multithreading(False)
    stablehlo.register_dialect(context, load=True)
    chlo.register_dialect(context, load=True)
    return context


def _canonical_module(serialized: bytes, signature: Signature) -> bytes:
    """Read, strip of names and places, write as text, read again, check, and serialise that.

    Assertions about shapes go: they are the one custom call that JAX writes, they say only that N
    is the same everywhere, and JAX says so itself when the function is called.
    """
    with _context() as context:
        given = stablehlo.deserialize_portable_artifact(context, serialized)
        drop_assertions(given)
        PassManager.parse("builtin.module(strip-debuginfo)").run(given.operation)
        text = given.operation.get_asm(enable_debug_info=False, print_generic_op_form=True)
        module = ir.Module.parse(str(text))
        PassManager.parse("builtin.module(strip-debuginfo)").run(module.operation)
        if not module.operation.verify():
            raise RefusedModule("the module is malformed")
        ModuleReader(module).check(signature)
        version = stablehlo.get_version_from_compatibility_requirement(
            stablehlo.StablehloCompatibilityRequirement.WEEK_4
        )
        return bytes(stablehlo.serialize_portable_artifact(module, version))


def _frame(robot: Robot, header: ArtifactHeader, module: bytes, convention: int) -> export.Exported:
    """Everything around the module, as JAX itself would say it of a reward of this robot."""
    if convention not in _CONVENTIONS:
        raise RefusedModule("its calling convention is not supported")
    (n,) = export.symbolic_shape("n")
    fields = arguments(robot, n, remembers=bool(header.memory))
    leaves, tree = jax.tree.flatten(((fields,), {}))
    out = jax.core.ShapedArray((n, _columns(header)), leaves[0].dtype)
    nothing = (None,) * len(leaves)
    return export.Exported(
        fun_name="reward",
        in_tree=tree,
        in_avals=tuple(jax.core.ShapedArray(leaf.shape, leaf.dtype) for leaf in leaves),
        out_tree=jax.tree.structure(0),
        out_avals=(out,),
        _has_named_shardings=True,
        _in_named_shardings=nothing,
        _out_named_shardings=(None,),
        in_shardings_hlo=nothing,
        out_shardings_hlo=(None,),
        nr_devices=1,
        platforms=PLATFORMS,
        ordered_effects=(),
        unordered_effects=(),
        disabled_safety_checks=(),
        mlir_module_serialized=module,
        calling_convention_version=convention,
        module_kept_var_idx=tuple(range(len(leaves))),
        uses_global_constants=True,
        _get_vjp=None,
    )


_COMPARED = (
    *("in_tree", "in_avals", "out_tree", "out_avals", "in_shardings_hlo", "out_shardings_hlo"),
    *("_in_named_shardings", "_out_named_shardings", "nr_devices", "platforms"),
    *("ordered_effects", "unordered_effects", "disabled_safety_checks", "module_kept_var_idx"),
    *("uses_global_constants", "_get_vjp"),
)


def _compare(given: export.Exported, ours: export.Exported) -> None:
    """Refuse an artifact whose frame says anything else than ours, although ours is what counts."""
    for name in _COMPARED:
        if _said(getattr(given, name)) != _said(getattr(ours, name)):
            raise RefusedModule(f"its {name.strip('_')} is not a reward's")


def _said(value: object) -> str:
    return str(tuple(value) if isinstance(value, list | tuple) else value)
