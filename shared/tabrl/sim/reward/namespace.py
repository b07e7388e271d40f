"""The names `jnp`, `lax`, `jax` and `rl` of a reward: proxies that show the allowed functions only.

Every function is wrapped in a Python function, so that no module and no JAX object is within reach.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import ParamSpec, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Float

from tabrl.control import rotation
from tabrl.rewards import vocabulary
from tabrl.rewards.memory import MAX_MEMORY, Rule
from tabrl.sim.reward.array_functions import along, einsum, interp
from tabrl.sim.reward.recorder import Recorder

P = ParamSpec("P")
T = TypeVar("T")
Numbers: TypeAlias = jax.Array | float  # measured, or the author's own


class Namespace:
    """A closed set of attributes."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, object]) -> None:
        self._items = dict(items)

    def __getattr__(self, name: str) -> object:
        try:
            return self._items[name]
        except KeyError:
            raise AttributeError(name) from None


def gaussian(error: Float[ArrayLike, ...], width: float) -> Float[jax.Array, ""]:
    """exp(-Σ(error/width)²): 1 without error, 0.37 at one width."""
    return jnp.exp(-jnp.sum(jnp.square(jnp.asarray(error, jnp.float32) / width)))


def progress(value: Float[ArrayLike, ...], target: float) -> Float[jax.Array, ...]:
    """value/target between -1 and 1: linear up to the target, nothing to gain beyond it."""
    return jnp.clip(jnp.asarray(value, jnp.float32) / target, -1.0, 1.0)


def tolerance(
    value: Float[Numbers, ...], lower: float, upper: float, margin: float
) -> Float[jax.Array, ...]:
    """1 within the bounds, gaussian outside with 0.37 at `margin` from them."""
    distance = jnp.maximum(jnp.maximum(lower - value, value - upper), 0.0)
    return jnp.exp(-jnp.square(distance / margin))


def norm(x: Float[ArrayLike, ...]) -> Float[jax.Array, ""]:
    """Euclidean length, with a gradient at zero."""
    return jnp.sqrt(jnp.sum(jnp.square(x)) + 1e-12)


def wrap_angle(angle: Float[ArrayLike, ...]) -> Float[jax.Array, ...]:
    """The same angle within ±π."""
    return jnp.asarray(rotation.wrap(jnp.asarray(angle), jnp))


def rotate(
    quaternion: Float[ArrayLike, "... 4"], vector: Float[ArrayLike, "... 3"]
) -> Float[jax.Array, "... 3"]:
    """Body frame to world."""
    conjugate = jnp.asarray(quaternion) * jnp.array([1.0, -1.0, -1.0, -1.0])
    return jnp.asarray(rotation.rotate_inverse(conjugate, jnp.asarray(vector), jnp))


def rotate_inverse(
    quaternion: Float[ArrayLike, "... 4"], vector: Float[ArrayLike, "... 3"]
) -> Float[jax.Array, "... 3"]:
    """World to body frame."""
    return jnp.asarray(rotation.rotate_inverse(jnp.asarray(quaternion), jnp.asarray(vector), jnp))


_DIRECTIONS = {
    "forward": (1.0, 0.0, 0.0), "back": (-1.0, 0.0, 0.0), "left": (0.0, 1.0, 0.0),
    "right": (0.0, -1.0, 0.0), "up": (0.0, 0.0, 1.0), "down": (0.0, 0.0, -1.0),
}  # fmt: skip


def direction(name: str) -> Float[jax.Array, " n"]:
    """A unit vector of the world, as a person says it. Raises `ValueError`."""
    if name not in _DIRECTIONS:
        raise ValueError(f"direction takes one of {', '.join(_DIRECTIONS)}")
    return jnp.array(_DIRECTIONS[name], jnp.float32)


_FUNCTIONS = (
    gaussian, progress, tolerance, norm, wrap_angle, rotate, rotate_inverse, direction, along,
)  # fmt: skip
_HELPERS: dict[str, Callable[..., jax.Array]] = {
    function.__name__: function for function in _FUNCTIONS
}

# Instead of JAX's own.
_ARRAY_FUNCTIONS: dict[str, Callable[..., jax.Array]] = {"einsum": einsum, "interp": interp}


def _wrapped(function: Callable[P, T]) -> Callable[P, T]:
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    return call


def _short_range(*bounds: int) -> range:
    steps = range(*bounds)
    if len(steps) > vocabulary.MAX_RANGE:
        raise ValueError(f"range may have at most {vocabulary.MAX_RANGE} steps, not {len(steps)}")
    return steps


def namespace(recorder: Recorder | None = None) -> dict[str, object]:
    """Fresh globals for one reward's module; `recorder` is asked for what is to be remembered."""
    recorder = recorder or Recorder(jnp.zeros(MAX_MEMORY))
    helpers = _HELPERS | {rule.value: getattr(recorder, rule.value) for rule in Rule}
    constants = {name: getattr(jnp, name) for name in vocabulary.JNP_CONSTANTS}
    functions = _picked(jnp, vocabulary.JNP_FUNCTIONS)
    functions |= {name: _wrapped(function) for name, function in _ARRAY_FUNCTIONS.items()}
    linalg = Namespace(_picked(jnp.linalg, vocabulary.LINALG_FUNCTIONS))
    of_lax = Namespace(_picked(lax, vocabulary.LAX_FUNCTIONS))
    of_jnp = Namespace(constants | functions | {"linalg": linalg})
    of_nn = Namespace(_picked(jax.nn, vocabulary.NN_FUNCTIONS))
    allowed = {name: getattr(builtins, name) for name in vocabulary.BUILTINS}
    return {
        "__builtins__": allowed | {"range": _short_range},
        "jnp": of_jnp,
        "lax": of_lax,
        "jax": Namespace({"nn": of_nn}),
        "rl": Namespace({name: _wrapped(helpers[name]) for name in vocabulary.HELPERS}),
    }


def _picked(module: ModuleType, names: Iterable[str]) -> dict[str, object]:
    """A module's functions of these names, wrapped."""
    return {name: _wrapped(getattr(module, name)) for name in names}


def open_namespace() -> dict[str, object]:
    """What a reward would see without this layer. Only for tests that show what the layer is for;
    never outside the sandbox."""
    return {"__builtins__": builtins, "jax": jax, "jnp": jnp, "lax": lax, "rl": Namespace(_HELPERS)}
