"""Which layer stops a hostile reward, when some layers are switched off."""

from __future__ import annotations

from dataclasses import dataclass

from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl.sim.reward.export import AuthorLayers
from tabrl_reward_worker.sandbox.client import Pipeline
from tabrl_reward_worker.sandbox.limits import SandboxOptions
from tabrl_reward_worker.sandbox.supervisor import Supervisor

GO1 = get_robot("go1")
NO_OPTIONS = SandboxOptions(limits=False, identity=False, landlock=False, seccomp=False)
# Codes and the layer that gives them. What Python itself answers (a name that is not there) is
# the namespace's doing; "not permitted" is the kernel's.
_CODES = {
    "reward_not_allowed": "static",
    "reward_unknown_name": "static",
    "reward_syntax": "static",
    "reward_missing_function": "static",
    "reward_too_long": "static",
    "reward_failed": "namespace",
    "reward_shape": "namespace",
    "reward_weights": "namespace",
    "reward_timeout": "sandbox",
    "reward_memory": "sandbox",
    "reward_forbidden": "sandbox",
    "reward_crashed": "sandbox",
    "reward_primitive": "jaxpr",
    "reward_type": "jaxpr",
    "reward_too_large": "jaxpr",
    "reward_impure": "jaxpr",
    "reward_refused": "verifier",
}
_DENIED = (
    *("PermissionError", "Operation not permitted", "Permission denied", "MemoryError"),
    *("No module named", "not allowed to raise maximum limit"),
)


@dataclass(frozen=True)
class Outcome:
    """`layer` that refused it, "reached" if it did its harm, "passes" if an artifact came out."""

    layer: str
    code: str = ""
    text: str = ""


def outcome(
    supervisor: Supervisor, source: str, off: frozenset[str], deadline_s: float = 6.0
) -> Outcome:
    """Build and verify a reward with the named layers switched off."""
    author = AuthorLayers("static" not in off, "namespace" not in off, "jaxpr" not in off)
    options = NO_OPTIONS if "sandbox" in off else SandboxOptions()
    pipeline = Pipeline(supervisor, deadline_s, author, options)
    try:
        blob = pipeline.build(source, GO1)
        if "verifier" not in off:
            pipeline.compile(pipeline.verify(blob, source, GO1).blob, source, GO1)
    except RewardError as error:
        if "REACHED" in error.message:
            return Outcome("reached", error.code, error.message)
        layer = _CODES[error.code]
        if layer == "namespace" and any(word in error.message for word in _DENIED):
            layer = "sandbox"
        return Outcome(layer, error.code, error.message)
    return Outcome("passes")
