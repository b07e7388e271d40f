"""Rewards as language models write them: right on values, or refused with the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward, load_reward

GO1 = get_robot("go1")
QUICK = {"xla_backend_optimization_level": 0}
Fields = Mapping[str, np.ndarray]
Expected = Callable[[Fields], Mapping[str, np.ndarray | float]]
RNG = np.random.default_rng(0)
FLAT: Fields = {
    name: RNG.uniform(0.1, 0.9, size=(5, *shape)).astype(np.float32)
    for name, shape in embodiment_of(GO1).schema.items()
}


def reward(*lines: str, before: str = "") -> str:
    return f"{before}def reward(state, action):\n" + "".join(f"    {line}\n" for line in lines)


def tracking(fields: Fields) -> np.ndarray:
    return np.asarray(np.exp(-(((fields["base_linear_velocity"][:, 0] - 0.5) / 0.3) ** 2)))


HARMLESS: dict[str, tuple[str, Expected]] = {
    "everything annotated and imported": (
        "from __future__ import annotations\n"
        "from typing import Any, Dict\n\n"
        "import jax\n"
        "import jax.numpy as jnp\n"
        "from jax import lax, numpy as jnp\n\n"
        'WEIGHTS: Dict[str, float] = {"speed": 1.5}\n'
        "def reward(state: Any, action: jnp.ndarray) -> Dict[str, jax.Array]:\n"
        "    import jax.numpy as jnp\n"
        "    velocity: jnp.ndarray = state.base_linear_velocity()\n"
        '    return {"speed": jnp.exp(-(((velocity[0] - 0.5) / 0.3) ** 2))}\n',
        lambda f: {"speed": tracking(f)},
    ),
    "a total that weighs, beside terms that do not": (
        reward(
            "terms = {}",
            'terms["speed"] = rl.gaussian(state.base_linear_velocity()[0] - 0.5, 0.3)',
            'terms["smooth"] = jnp.sum((action - state.previous_action()) ** 2)',
            "total = sum(WEIGHTS[name] * value for name, value in terms.items())",
            "return jnp.maximum(total, 0.0), terms",
            before='WEIGHTS = {"speed": 2.0, "smooth": -0.01}\n',
        ),
        lambda f: {
            "speed": tracking(f),
            "smooth": ((f["action"] - f["previous_action"]) ** 2).sum(1),
        },
    ),
    "terms before their total": (
        reward("return {'up': state.base_position()[2]}, 0.0"),
        lambda f: {"up": f["base_position"][:, 2]},
    ),
    "constants made of constants": (
        reward(
            "return jnp.sin(OMEGA * state.time()) * GAINS[1]",
            before="RATE = 3 / 2\nRATE = RATE * 1\nOMEGA = 2 * jnp.pi * RATE\nGAINS = (1, -0.5)\n",
        ),
        lambda f: {"reward": -0.5 * np.sin(3.0 * np.pi * f["time"])},
    ),
    "helpers, lambdas, defaults and closures": (
        reward(
            "square = lambda x: x * x",
            "def kernel(error, width=0.5):",
            "    return jnp.exp(-square(error / width))",
            "roll, pitch, _ = state.base_euler()",
            "a, *rest = action",
            "return {'level': kernel(state.base_height() - HEIGHT), 'rest': a + sum(rest)}",
            before="HEIGHT = 0.3\n",
        ),
        lambda f: {
            "level": np.exp(-(((f["base_position"][:, 2] - 0.3) / 0.5) ** 2)),
            "rest": f["action"].sum(1),
        },
    ),
    "loops, and what Python knows": (
        reward(
            "total = 0.0",
            "for index, name in enumerate(state.foot_names()):",
            "    total += (1.0 if index < 2 else -1.0) * state.foot_contact(name)",
            "for _ in range(2):",
            "    total = total * (2.0 if DOUBLE else 1.0)",
            "return {'front': total}",
            before="DOUBLE = True\n",
        ),
        lambda f: {"front": 4.0 * (f["foot_contact"] @ np.array([1.0, 1.0, -1.0, -1.0]))},
    ),
    "degrees, choices and holes": (
        reward(
            "q = state.joint_position()",
            "return {'angle': jnp.sum(jnp.degrees(q)) + jnp.radians(90.0),",
            "        'choice': jnp.select([q[0] > 0.6, q[0] > 0.3], [1.0, 2.0], 3.0),",
            "        'hole': jnp.where(jnp.isnan(q[1]), 0.0, jnp.fabs(q[-12]))}",
        ),
        lambda f: {
            "angle": np.degrees(f["joint_position"]).sum(1) + np.pi / 2,
            "choice": np.select(
                [f["joint_position"][:, 0] > 0.6, f["joint_position"][:, 0] > 0.3], [1, 2], 3
            ),
            "hole": f["joint_position"][:, 0],
        },
    ),
    "slices beyond the end, as Python cuts them": (
        reward(
            "q = state.joint_position()",
            "feet = state.foot_position()[jnp.array([0, 3])]",
            "return {'end': jnp.sum(q[9:20]), 'none': jnp.sum(q[12:]),",
            "        'feet': jnp.sum(feet[:, 2]), 'set': jnp.sum(q.at[10:30].set(0.0)),",
            "        'back': q[-1] + q[jnp.argmax(q)]}",
        ),
        lambda f: {
            "end": f["joint_position"][:, 9:].sum(1),
            "none": 0.0,
            "feet": f["foot_position"][:, [0, 3], 2].sum(1),
            "set": f["joint_position"][:, :10].sum(1),
            "back": f["joint_position"][:, -1] + f["joint_position"].max(1),
        },
    ),
    "products by letters": (
        reward(
            "p = state.foot_position()",
            "return {'own': jnp.einsum('ij, ij -> i', p, p)[1], 'all': jnp.einsum('ij->', p),",
            "        'turned': jnp.einsum('ij,kj->ik', p, p)[0, 3]}",
        ),
        lambda f: {
            "own": (f["foot_position"][:, 1] ** 2).sum(1),
            "all": f["foot_position"].sum((1, 2)),
            "turned": (f["foot_position"][:, 0] * f["foot_position"][:, 3]).sum(1),
        },
    ),
}


@pytest.mark.parametrize(("source", "expected"), HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_python_means_what_it_says(source: str, expected: Expected) -> None:
    compiled = load_reward(export_reward(source, GO1).blob, QUICK)
    found, wanted = np.asarray(compiled(FLAT)), expected(FLAT)
    assert set(compiled.terms) == set(wanted)
    for column, term in enumerate(compiled.terms):
        np.testing.assert_allclose(found[:, column], wanted[term], rtol=2e-4, err_msg=term)


WEIGHTED = 'WEIGHTS = {"a": 2.0, "b": -0.01}\n'
TWO = "terms = {'a': state.roll(), 'b': state.pitch()}"
REFUSED: dict[str, tuple[str, int, str]] = {
    "an axis that is not there": (reward("return state.gravity()[3]"), 2, "no [3] along an axis"),
    "a joint that is not there": (
        reward("q = state.joint_position()", "return q[1] + q[12]"),
        3,
        "no [12] along an axis of 12",
    ),
    "a joint before the first": (reward("return action[-13]"), 2, "no [-13] along"),
    "a foot that is not there": (reward("return state.foot_position()[4, 2]"), 2, "no [4] along"),
    "a column that is not there": (
        reward("return jnp.sum(state.foot_position()[1:, 3])"),
        2,
        "no [3] along an axis of 3",
    ),
    "some joints that are not there": (
        reward("legs = jnp.array([0, 3]) + 10", "return jnp.sum(action[legs])"),
        3,
        "no [13] along an axis of 12",
    ),
    "a row that is not there": (
        reward("return state.foot_position()[jnp.array([0, 4]), 1][0]"),
        2,
        "no [4] along",
    ),
    "a place to write that is not there": (
        reward("return jnp.sum(action.at[15].set(0.0))"),
        2,
        "no [15] along",
    ),
    "places to write that are not there": (
        reward("return jnp.sum(action.at[jnp.array([1, 12])].set(0.0))"),
        2,
        "no [12] along",
    ),
    "terms with their weights": (
        reward(TWO, "return {k: WEIGHTS[k] * v for k, v in terms.items()}", before=WEIGHTED),
        4,
        "depends on WEIGHTS['a']",
    ),
    "a term with its weight, beside the total": (
        reward(
            TWO, "terms['b'] = terms['b'] * W['b']", "return sum(terms.values()), terms",
            before=WEIGHTED + "W = WEIGHTS\n",
        ),
        6,
        "depends on WEIGHTS['b']",
    ),
    "the total alone": (
        reward(TWO, "return sum(WEIGHTS[k] * v for k, v in terms.items())", before=WEIGHTED),
        4,
        "depends on WEIGHTS['a']",
    ),
    "memory of what has a weight": (
        reward("return rl.best_so_far(WEIGHTS['a'] * state.roll())", before="WEIGHTS = {'a': 2}\n"),
        3,
        "depends on WEIGHTS['a']",
    ),
    "weights in the function": (
        reward("WEIGHTS = {'a': 2.0}", "return {'a': state.roll()}"),
        2,
        "WEIGHTS is given once",
    ),
    "weights that change": (
        reward("WEIGHTS['a'] = 9.0", "return {'a': state.roll(), 'b': 1.0}", before=WEIGHTED),
        3,
        "WEIGHTS is given once",
    ),
    "clipping in the function": (
        reward("CLIP_TOTAL = True", "return state.roll()"),
        2,
        "CLIP_TOTAL is given once",
    ),
    "a total, terms and more": (
        reward("terms = {'a': state.roll()}", "return 1.0, terms, {}"),
        3,
        "one number a step",
    ),
    "terms within terms": (reward("return {'a': {'b': 1.0}}"), 2, "term 'a' is dict"),
    "a term that is nothing": (reward("x = 1", 'return dict(a=None)'), 3, "term 'a' is NoneType"),
    "a term that is a text": (reward("return {'a': 'fast'}"), 2, "term 'a' is str"),
    "a vector, single quotes": (reward("return {'a': action}"), 2, "term 'a' has shape (12,)"),
    "a vector, by keyword": (reward("return dict(a=action)"), 2, "term 'a' has shape (12,)"),
    "names that are no texts": (reward("return {(lambda: 1): 1.0}"), 2, "a text, not function"),
    "names that are too long": (reward("return {'a' * 99: 1.0}"), 2, "is no term name"),
    "names that Python makes": (
        reward("return {f'height_{f}': state.foot_height(f) for f in state.foot_names()}"),
        2,
        "its name is not written out",
    ),
    "nothing": (reward("x = state.roll()"), 2, "returned nothing"),
    "memory of memory": (
        reward("m = rl.running_mean(state.roll(), 1.0)", "return rl.best_so_far(0.0 * m)"),
        2,
        "may not depend on what is remembered",
    ),
    "memory of memory, through nothing": (
        reward("m = lax.stop_gradient(rl.best_before(state.roll()))", "return rl.best_so_far(m)"),
        2,
        "may not depend",
    ),
    "memory by a measured time": (
        reward("return rl.running_mean(state.roll(), state.dt() + state.time())"),
        2,
        "a plain number",
    ),
    "memory of steps instead of seconds": (
        reward("return rl.running_mean(state.roll(), 100)"),
        2,
        "0.02 to 60 s",
    ),
    "memory in a loop that is too long": (
        reward("return sum(rl.running_mean(action[i], 0.5) for i in range(12))"),
        2,
        "at most 8",
    ),
    "a choice by what was remembered": (
        reward("return 1.0 if rl.best_so_far(state.roll()) > 0.5 else 0.0"),
        2,
        "Python's if",
    ),
    "a diagonal by letters": (
        reward("return jnp.einsum('ii->', state.foot_position()[:3])"),
        2,
        "every letter once",
    ),
    "letters from nowhere": (reward("return jnp.einsum('i,i->j', action, action)"), 2, "'j'"),
    "letters that are computed": (reward("return jnp.einsum(f'{state}', action)"), 2, "einsum"),
    "other modules": (reward("return np.sin(state.roll())"), 2, "did you mean 'jnp'"),
    "other modules' imports": (
        reward("return state.roll()", before="import numpy as np\n"),
        1,
        "imports are not allowed",
    ),
    "another name for what is there": (
        reward("return state.roll()", before="import jax.numpy as np\n"),
        1,
        "imports are not allowed",
    ),
    "more than what is there": (
        reward("return state.roll()", before="from jax import lax, core\n"),
        1,
        "imports are not allowed",
    ),
    "an import from somewhere near": (
        reward("return state.roll()", before="from .typing import Any\n"),
        1,
        "imports are not allowed",
    ),
    "powers without end": (
        reward("return X", before="X = 9 ** 9 ** 9\n"),
        1,
        "its powers are at most 64",
    ),
    "numbers without end": (
        reward("return X", before="X = (9 ** 64) * (9 ** 64)\n"),
        1,
        "its number is too large",
    ),
    "a division by nothing": (reward("return X", before="X = 1 / (2 - 2)\n"), 1, "no result"),
    "texts without end": (reward("return X", before="X = 'a' * 9 ** 9\n"), 1, "must be a literal"),
    "a constant before its own": (reward("return X", before="X = Y\nY = 1\n"), 1, "a literal"),
    "a constant that is lost": (
        reward("return Y", before="X = 1\ndef X(): return 1\nY = X\n"),
        3,
        "a literal",
    ),
    "builtins of its own": (
        reward("return float(1)", before="def __builtins__():\n    return 1\n"),
        1,
        "underscore",
    ),
    "an argument with an underscore": (
        reward("f = lambda _x: 1.0", "return f(1)"),
        2,
        "underscore",
    ),
    "a keyword with an underscore": (
        reward("f = lambda **k: 1.0", "return f(__class__=1)"),
        3,
        "underscore",
    ),
    "an annotation that does something": (
        reward("x: jnp.zeros(9 ** 9) = 1", "return state.roll()"),
        2,
        "only name types",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_meant_is_refused_with_its_line(source: str, line: int, words: str) -> None:
    with pytest.raises(RewardError) as error:
        export_reward(source, GO1)
    assert words in error.value.message
    assert error.value.line == line
    assert "0x" not in error.value.message
