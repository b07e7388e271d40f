"""The names a reward may use. Data: read by the static check, the runtime and the prompt writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STATE_METHODS: dict[str, str] = {  # of every kind of robot; each kind adds its own
    "time": "() s since the reset",
    "dt": "() s between two control steps",
    "phase": "(freq, offset=0.0) 2π(freq·time + offset) rad; offset in cycles",
    "joint_position": "(name=None) rad",
    "joint_velocity": "(name=None) rad/s",
    "joint_acceleration": "(name=None) rad/s²",
    "joint_torque": "(name=None) N·m",
    "default_pose": "(name=None) joint angles of the home pose, rad",
    "joint_limits": "(name=None) [lower, upper], rad",
    "power": "(name=None) torque times velocity, W",
    "joint_names": "() names of the joints",
    "action": "() [nu] the action of this step",
    "previous_action": "() [nu]",
    "previous_previous_action": "() [nu]",
    "body_position": "(body=None) [x, y, z] in the world, m",
    "body_names": "() names of the bodies",
    "get_joint_angle": "(name) the same as joint_position",
    "command": "(channel=None) what the command schedule asks for; reward motion, not this",
}

HELPERS: dict[str, str] = {
    "gaussian": "(error, width) exp(-Σ(error/width)²): 1 at no error",
    "progress": "(value, target) value/target, between -1 and 1",
    "tolerance": "(value, lower, upper, margin) 1 within the bounds, falling to 0 outside",
    "norm": "(x) Euclidean length, safe at zero",
    "wrap_angle": "(angle) the same angle within ±π",
    "rotate": "(quaternion, vector) body frame to world",
    "rotate_inverse": "(quaternion, vector) world to body frame",
    "direction": "(name) unit vector of the world: up, down, forward, back, left or right",
    "along": "(points, time, repeat=False) where a smooth path through rows [s, x, y, z] leads",
    "running_mean": "(x, seconds) mean of about the last seconds, from the episode's begin on",
    "best_so_far": "(x) largest value of the episode until now",
    "best_before": "(x) largest value of the episode before this step; its own in the first",
}


def methods_of(own: Mapping[str, str], channels: Iterable[str]) -> dict[str, str]:
    """`STATE_METHODS` of a kind with methods of its own, for a robot of these command channels."""
    asked = f"what the command schedule asks for: {', '.join(channels)}; reward motion, not this"
    return {**STATE_METHODS, **own, "command": f"(channel=None) {asked}"}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


JNP_FUNCTIONS = _names("""
    abs absolute add all any arccos arcsin arctan arctan2 argmax argmin array asarray ceil clip
    concatenate cos cosh cross cumsum deg2rad degrees diff divide dot einsum equal exp expm1 eye
    fabs floor full greater greater_equal heaviside hstack hypot interp isfinite isnan less
    less_equal linspace log log1p log2 logical_and logical_not logical_or logical_xor matmul max
    maximum mean median min minimum mod multiply nan_to_num negative not_equal ones ones_like
    outer power prod rad2deg radians ravel reciprocal remainder reshape roll round select sign
    sin sinc sinh sort sqrt square stack std subtract sum tan tanh transpose var vstack where
    zeros zeros_like
""")
JNP_CONSTANTS = _names("pi e inf float32 int32 bool_")
LINALG_FUNCTIONS = _names("norm")
LAX_FUNCTIONS = _names("clamp select rsqrt stop_gradient")
NN_FUNCTIONS = _names("elu leaky_relu relu sigmoid silu softmax softplus tanh")  # of jax.nn
ARRAY_ATTRIBUTES = _names("""
    T all any append argmax argmin astype at clip cumsum dot flatten items keys max mean min ndim
    prod ravel reshape round set shape size squeeze std sum transpose values var
""")
BUILTINS = _names("""
    abs bool dict enumerate float int len list max min range round sum tuple zip
""")
NAMESPACES: dict[str, frozenset[str]] = {
    "jnp": JNP_FUNCTIONS | JNP_CONSTANTS | {"linalg"},
    "lax": LAX_FUNCTIONS,
    "rl": frozenset(HELPERS),
    "jax": frozenset({"nn"}),
}
ATTRIBUTES: frozenset[str] = (
    frozenset().union(*NAMESPACES.values()) | ARRAY_ATTRIBUTES | LINALG_FUNCTIONS | NN_FUNCTIONS
)

MAX_SOURCE = 20_000
MAX_NODES = 4_000
MAX_TERMS = 32
MAX_RANGE = 128
MAX_SUBSCRIPTS = 64  # characters of an einsum
MAX_OPERANDS = 3  # of an einsum
