"""The static check: what may be written, and how a mistake is told."""

from __future__ import annotations

import pytest

from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.source import CheckedSource, check_source
from tabrl.robots import get_robot

METHODS = state_methods_of(get_robot("go1"))

GOOD = '''"""A sentence."""
WEIGHTS = {"forward": 1.5, "smooth": -0.01}
TARGET = 1.0

def speed(state):
    return state.base_linear_velocity()[0]

def reward(state, action):
    legs = [state.joint_position(f"{foot}_hip") for foot in state.foot_names()]
    total = 0.0
    for leg in legs:
        total += leg
    return {"forward": rl.gaussian(speed(state) - TARGET, 0.5) + 0 * total,
            "smooth": jnp.sum(jnp.square(action - state.previous_action()))}
'''


def check(source: str) -> CheckedSource:
    return check_source(source, METHODS)


def body(line: str) -> str:
    return f"def reward(state, action):\n    {line}\n    return state.roll()\n"


def test_weights_are_read_without_running() -> None:
    checked = check(GOOD)
    assert checked.weights == {"forward": 1.5, "smooth": -0.01}
    assert checked.has_weights


def test_a_scalar_reward_weighs_one() -> None:
    checked = check("def reward(state, action):\n    return state.roll()\n")
    assert checked.weights == {"reward": 1.0}
    assert not checked.has_weights


@pytest.mark.parametrize(
    "source",
    [
        body("import os"),
        body("from os import system"),
        body("while True: pass"),
        body("x = ().__class__"),
        body("x = state._fields"),
        body("x = '{0.a}'.format(state)"),
        body("x = f'{state!r}'"),
        body("x = f'{1:>99999}'"),
        body("x = b'bytes'"),
        body("x = 1j"),
        body("global x"),
        body("x = open('/etc/passwd')"),
        body("x = eval('1')"),
        body("x = getattr(state, 'roll')"),
        body("x = __builtins__"),
        body("state.roll = 1"),
        body("jnp = 1"),
        body("len = 1"),
        body("del state"),
        body("class A: pass"),
        body("try:\n        pass\n    except Exception:\n        pass"),
        body("with state: pass"),
        body("x = yield 1"),
        body("x = jnp.save"),
        body("x = jnp.linalg.svd"),
        body("x = lax.while_loop"),
        body("x = (y := 1)"),
        body("assert state"),
        body("raise state"),
        body("async def f(): pass"),
        "@jnp.sum\ndef reward(state, action):\n    return 1\n",
        "x = jnp.zeros(3)\ndef reward(state, action):\n    return 1\n",
        "import os\ndef reward(state, action):\n    return 1\n",
        "print('hi')\ndef reward(state, action):\n    return 1\n",
        "def reward(state):\n    return 1\n",
        "def reward(jnp, action):\n    return 1\n",
        "def other(state, action):\n    return 1\n",
        "def reward(state, action):\n    return 1\ndef reward(state, action):\n    return 2\n",
        "",
        "def reward(state, action:\n    return 1\n",
        "\0",
        "x = " + "(" * 5000,
        "def reward(state, action):\n    return 1" + " + 1" * 3000,
        "#" * 30_000,
    ],
)
def test_what_is_not_allowed_is_refused(source: str) -> None:
    with pytest.raises(RewardError) as error:
        check(source)
    assert error.value.code.startswith(("reward_", "invalid_reward"))
    assert error.value.message


@pytest.mark.parametrize(
    "weights",
    [
        "{}",
        "[1]",
        "{'a b': 1}",
        "{'__x': 1}",
        "{1: 1}",
        "{'a': '1'}",
        "{'a': True}",
        "{'a': 1e999}",
        "{'a': 1e7}",
        "{f't': 1}",
        str({f"t{n}": 1 for n in range(33)}),
    ],
)
def test_weights_that_are_no_weights_are_refused(weights: str) -> None:
    with pytest.raises(RewardError):
        check(f"WEIGHTS = {weights}\ndef reward(state, action):\n    return 1\n")


def test_an_error_marks_the_authors_line_but_keeps_it_out_of_the_message() -> None:
    source = "def reward(state, action):\n    return state.base_heigt()\n"
    with pytest.raises(RewardError) as error:
        check(source)
    assert error.value.line == 2
    assert "did you mean 'base_height'?" in error.value.message
    assert "return" not in error.value.message
    assert "    2 |     return state.base_heigt()" in error.value.for_author()


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("x = jnp.sqare(1.0)", "square"),
        ("x = rl.gausian(1.0, 1.0)", "gaussian"),
        ("x = state.joint_positon()", "joint_position"),
        ("x = enumerat([])", "enumerate"),
    ],
)
def test_near_misses_are_recognised(line: str, meant: str) -> None:
    with pytest.raises(RewardError) as error:
        check(body(line))
    assert f"did you mean '{meant}'?" in error.value.message
    assert error.value.line == 2
