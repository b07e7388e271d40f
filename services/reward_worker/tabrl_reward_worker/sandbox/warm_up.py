"""Finds out what has to be imported before the sandbox closes: there, no file can be opened.

JAX imports parts of itself when they are first needed. A child of the zygote that only
ever sees the sources below, goes once through everything and tells which modules that took.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from string import Template

from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl.sim.reward.export import export_reward
from tabrl.sim.reward.function import try_compiling
from tabrl.sim.reward.verifier import verify

_MAX_JOINTS = 12  # sorting more takes more work than a reward may
_EVERYTHING = Template("""
WEIGHTS = {"a": 2.0 * 0.5, "b": 1.0, "c": 1.0, "d": 1.0, "e": 1.0, "f": 1.0, "g": 1.0, "h": 1.0}
def reward(state, action):
    q = state.joint_position()[:$n]
    places = state.body_position()
    v = state.body_position("$body")
    return {
        "a": jnp.median(q) + jnp.sum(jnp.cumsum(q)) + jnp.prod(q) + jnp.std(q) + jnp.var(q),
        "b": jnp.sum(v[:, None] @ v[None, :]) + jnp.dot(q, q) + jnp.sum(jnp.cross(places[0], v)),
        "c": q[jnp.argmax(q)] + jnp.sum(q.at[0].set(0.0)) + jnp.sum(jnp.roll(q, 1)) + q[::-1][0],
        "d": jnp.sum(jnp.where(action > 0.5, state.joint_velocity("$joint"), 0.0)),
        "e": jnp.sum(jnp.arcsin(q) + jnp.arccos(q) + jnp.sinh(q) + jnp.log1p(q) + jnp.sinc(q)),
        "f": rl.gaussian(jnp.arctan2(v[0], v[2]), 0.3) + jnp.linalg.norm(v) + lax.rsqrt(q[0]),
        "g": jnp.sum(jnp.concatenate([q, q]).reshape((2, $n)) % 0.3) + jnp.sum(jnp.eye(3)),
        "h": jnp.sum(jnp.linspace(0.0, 1.0, $n) * jnp.clip(jnp.round(q), 0.0, 1.0)) + q[0] ** 3,
        "i": jnp.sum(jnp.sort(q)) + jnp.einsum("i,i->", q, q) + jnp.interp(q[0], q, q),
        "j": jnp.sum(jax.nn.softmax(q) + jax.nn.silu(q) + jax.nn.elu(q) + jax.nn.softplus(q)),
        "k": jnp.sum(jax.nn.relu(q) + jax.nn.leaky_relu(q)) + jnp.deg2rad(jnp.rad2deg(q[0])),
        "l": rl.running_mean(v[0], 1.0) + rl.best_so_far(v[1]) + rl.best_before(v[2]),
    }
""")
_MISTAKES = (
    "state.missing()",
    "state.joint_position('$misspelt')",
    "state.time().missing",
    "1.0 if state.time() > 0 else 0.0",
    "float(state.time())",
    "jnp.zeros($more) + state.action()",
    "state.action()",
    "jnp.zeros((9999, 9999))",
    "state.time().astype('float16')",
    "state.time().astype('nonsense')",
    "jnp.reshape(action, ($more, $more))",
    "action @ jnp.zeros($more)",
    "[0][1]",
    "1 +",
    "unknown",
    "{}['a']",
    "range(999)",
    "lax.clamp(1, action, 2.0)",
    "jnp.einsum('ij,j->i', action, action)",
    "jnp.interp(action, action)",
)


def preload_imports(robot: Robot) -> None:
    """Import what building and verifying will need. Call it before any backend exists.

    With names of one robot; all others' rewards take the same.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            before = set(sys.modules)
            _exercise(robot)
            os.write(writing, "\n".join(sorted(set(sys.modules) - before)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().splitlines()
    os.waitpid(pid, 0)
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _exercise(robot: Robot) -> None:
    joint = robot.joint_names[0]
    everything = _EVERYTHING.substitute(
        body=robot.body_names[0], joint=joint, n=min(robot.nu, _MAX_JOINTS)
    )
    exported = export_reward(everything, robot)
    try_compiling(verify(exported.blob, everything, robot).blob)
    with contextlib.suppress(RewardError):
        verify(exported.blob[:-100], everything, robot)
    misspelt = joint[:-2] + joint[-1]
    for mistake in _MISTAKES:
        expression = Template(mistake).substitute(misspelt=misspelt, more=robot.nu + 2)
        with contextlib.suppress(RewardError):
            export_reward(f"def reward(state, action):\n    return {expression}\n", robot)
