"""One call of every function a reward may use: what the later layers must let through."""

from __future__ import annotations

from tabrl.rewards.vocabulary import NN_FUNCTIONS

_UNARY = (
    "abs absolute arccos arcsin arctan cos cosh exp expm1 floor ceil isfinite log log1p log2 "
    "logical_not negative ones_like ravel reciprocal round sign sin sinc sinh sqrt square tan "
    "tanh zeros_like any all argmax argmin cumsum diff max mean median min prod std sum var "
    "transpose asarray array nan_to_num deg2rad rad2deg sort degrees radians fabs isnan"
)
_BINARY = (
    "add arctan2 divide equal greater greater_equal heaviside hypot less less_equal logical_and "
    "logical_or logical_xor maximum minimum mod multiply not_equal power remainder subtract "
    "dot outer matmul"
)
CALLS: dict[str, str] = {
    **{name: f"jnp.{name}(q)" for name in _UNARY.split()},
    **{name: f"jnp.{name}(q, w)" for name in _BINARY.split()},
    "clip": "jnp.clip(q, -1.0, 1.0)",
    "concatenate": "jnp.concatenate([q, w])",
    "cross": "jnp.cross(v, g)",
    "eye": "jnp.eye(3) @ v",
    "full": "jnp.full((3,), 2.0) * v",
    "hstack": "jnp.hstack([q, v])",
    "linspace": "jnp.linspace(0.0, 1.0, 12) * q",
    "ones": "jnp.ones(12) * q",
    "reshape": "jnp.reshape(q, (4, 3))",
    "roll": "jnp.roll(q, 1)",
    "select": "jnp.select([q > 0.5, q > 0.0], [q, 2.0 * q], 0.5)",
    "stack": "jnp.stack([q, w])",
    "vstack": "jnp.vstack([q, w])",
    "interp": "jnp.interp(q, jnp.array([-1.0, 0.0, 0.5, 2.0]), jnp.array([0.0, 1.0, 0.5, 3.0]))",
    "einsum": "jnp.einsum('ij,j->i', state.foot_position(), v)",
    "einsum, outer": "jnp.einsum('i,j->ij', v, g)",
    "einsum, three": "jnp.einsum('ij,j,i->', state.foot_position(), v, state.foot_contact())",
    "einsum, implicit": "jnp.einsum('ij,ij', state.foot_position(), state.foot_velocity())",
    "sort, axis": "jnp.sort(state.foot_position(), axis=0)",
    "sort, descending": "jnp.sort(q, descending=True)",
    "array sort": "q.sort()",
    "interp, ends": "jnp.interp(v[0], jnp.array([0.0, 1.0]), q[:2], left=-1.0, right=2.0)",
    **{f"nn.{name}": f"jax.nn.{name}(q)" for name in sorted(NN_FUNCTIONS)},
    "where": "jnp.where(q > 0.0, q, w)",
    "zeros": "jnp.zeros((2, 3)) + v",
    "linalg.norm": "jnp.linalg.norm(v)",
    "lax.clamp": "lax.clamp(0.0, q, 1.0)",
    "lax.select": "lax.select(q > 0.0, q, w)",
    "lax.rsqrt": "lax.rsqrt(q)",
    "lax.stop_gradient": "lax.stop_gradient(q)",
    "rl.gaussian": "rl.gaussian(v, 0.5)",
    "rl.progress": "rl.progress(v[0], 2.0)",
    "rl.tolerance": "rl.tolerance(v[0], 0.1, 0.2, 0.3)",
    "rl.norm": "rl.norm(v)",
    "rl.wrap_angle": "rl.wrap_angle(state.yaw())",
    "rl.rotate": "rl.rotate(state.base_quaternion(), v)",
    "rl.rotate_inverse": "rl.rotate_inverse(state.base_quaternion(), v)",
    "sum, axis": "jnp.sum(state.foot_position(), axis=0)",
    "mean, keepdims": "jnp.mean(state.foot_position(), axis=-1, keepdims=True)",
    "median, axis": "jnp.median(state.foot_position(), axis=0)",
    "argmax, axis": "jnp.argmax(state.foot_position(), axis=0)",
    "cumsum, axis": "jnp.cumsum(state.foot_position(), axis=1)",
    "roll, axis": "jnp.roll(state.foot_position(), -1, axis=0)",
    "cross, rows": "jnp.cross(state.foot_velocity(), state.foot_position())",
    "matmul, matrix": "state.foot_position() @ v",
    "matmul, matrices": "state.foot_position() @ state.foot_position().T",
    "norm, axis": "jnp.linalg.norm(state.foot_velocity(), axis=-1)",
    "std, axis": "jnp.std(state.foot_force(), axis=0)",
    "slice": "q[3:6]",
    "step slice": "q[::3]",
    "backward slice": "q[::-1]",
    "last": "q[-1]",
    "column": "state.foot_position()[:, 2]",
    "block": "state.foot_position()[1:, :2]",
    "gather": "q[jnp.array([0, 3, 6, 9])]",
    "gather rows": "state.foot_position()[jnp.array([0, 3])]",
    "traced index": "q[jnp.argmax(w)]",
    "traced rows": "state.foot_position()[jnp.argmax(state.foot_contact())]",
    "mask": "jnp.where(state.foot_contact() > 0.5, state.foot_height(), 0.0)",
    "at set": "q.at[3].set(0.0)",
    "at set slice": "q.at[3:6].set(0.0)",
    "at set indices": "q.at[jnp.array([0, 3])].set(1.0)",
    "astype": "(q > 0.0).astype(jnp.float32)",
    "astype int": "q.astype(jnp.int32)",
    "ints": "state.time().astype(jnp.int32) % 4",
    "floor division": "q // 0.5",
    "divmod": "state.phase(2.0) % (2.0 * jnp.pi)",
    "power": "q ** 2 + q ** 0.5 + 2.0 ** q",
    "int power": "q ** 3",
    "flatten": "state.foot_position().flatten()",
    "attributes": "q.mean() + q.max() + q.min() + q.sum() + q.std() + q.var() + q.prod()",
    "squeeze": "state.foot_position().reshape((1, 12)).squeeze()",
    "transposed": "state.foot_position().T.ravel()",
    "in range": "sum([jnp.sin(state.phase(float(i))) for i in range(1, 8)])",
    "bools": "((q > 0.0) & (w < 1.0)) | ~(q > 1.0)",
    "random looking": "jnp.sin(q * 12.9898) * 43758.5453 % 1.0",
    "float16 free": "jnp.exp(-jnp.sum(jnp.square(q)) / 0.25)",
}


def reward_of(calls: dict[str, str]) -> str:
    """A reward with one term per call."""
    weights = {f"t{n}": 1.0 for n in range(len(calls))}
    lines = "".join(
        f'        "t{n}": jnp.sum(jnp.asarray({text}) * 1.0),\n'
        for n, text in enumerate(calls.values())
    )
    return (
        f"WEIGHTS = {weights}\n"
        "def reward(state, action):\n"
        "    q, w = state.joint_position(), state.joint_velocity()\n"
        "    v, g = state.base_linear_velocity(), state.gravity()\n"
        f"    return {{\n{lines}    }}\n"
    )


def in_parts(size: int = 30) -> list[dict[str, str]]:
    """The calls in as many parts as a reward may have terms."""
    items = list(CALLS.items())
    return [dict(items[at : at + size]) for at in range(0, len(items), size)]
