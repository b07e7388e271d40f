"""The static check: what may be written, and how a mistake is told."""

from __future__ import annotations

import pytest

from tabrl.embodiments.lookup import state_methods_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.source import CheckedSource, check_source, compiled, read_source
from tabrl.rewards.weights import weights_of
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
    assert weights_of(checked, ["reward"]).weights == {"reward": 1.0}
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
        body("x = _"),
        body("for _ in range(3):\n        x = _ + 1"),
        body("x = [_ for _ in range(3)]"),
        body("__ = 1"),
        body("_x = 1"),
        body("x: eval('1') = 1"),
        body("x: (lambda: 1) = 1"),
        body("x: [y for y in range(3)] = 1"),
        body("x: state.__class__ = 1"),
        body("x: _hidden"),
        body("state.time: float = 1.0"),
        body("def f(a: max(1, 2)): return a"),
        body("def f(a) -> max(1, 2): return a"),
        body("def f(*a: max(1, 2)): return a"),
        body("x = jax.jit"),
        body("x = jax.numpy.save"),
        body("x = jax.nn.initializers"),
        body("x = jax.experimental"),
        body("jax = 1"),
        "@jnp.sum\ndef reward(state, action):\n    return 1\n",
        "x = jnp.zeros(3)\ndef reward(state, action):\n    return 1\n",
        "import os\ndef reward(state, action):\n    return 1\n",
        "print('hi')\ndef reward(state, action):\n    return 1\n",
        "def reward(state):\n    return 1\n",
        "def reward(jnp, action):\n    return 1\n",
        "def other(state, action):\n    return 1\n",
        "def reward(state, action):\n    return 1\ndef reward(state, action):\n    return 2\n",
        "def reward(jax, action):\n    return 1\n",
        *(
            f"x = {value}\ndef reward(state, action):\n    return 1\n"
            for value in (
                "10 ** 10 ** 10",
                "2 ** 65",
                "(10 ** 50) ** 50",
                "1 << 1000",
                "1.0 / 0.0",
                "10.0 ** 64 ** 2",
                "(-1) ** 0.5",
                "'a' * 10",
                "[1] * 10",
                "'a' + 'b'",
                "True + 1",
                "-True",
                "not 1",
                "abs(-1)",
                "later",
                "jnp.float32",
                "{(1, 2): 3}",
                "1 + 1" + " * 2" * 300,
                "(lambda: 1)()",
            )
        ),
        "def A(): return 1\nB = A\ndef reward(state, action):\n    return 1\n",
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
        "{'a': 1e6 * 2}",
        "{'a': 1 / 0}",
        "{'a': float(2)}",
        "{'a': 'b' * 2}",
        "{('a', 'b'): 1}",
        "{'a': LATER}",
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


@pytest.mark.parametrize(
    "source",
    [
        "def reward(state: State, action: jnp.ndarray) -> dict[str, jax.Array]:\n    return 1.0\n",
        "def reward(state, action) -> 'dict[str, float] | None':\n    return 1.0\n",
        "def f(*rest: float, more: int = 1) -> tuple[float, ...]:\n    return 1.0, 2.0\n"
        "def reward(state, action):\n    return 1.0\n",
        body("x: float = 1.0"),
        body("x: Dict[str, Array]"),
        body("if True:\n        x: float = 1.0\n    else:\n        x: float"),
        "TARGET: float = 0.5\nOTHER: float\ndef reward(state, action):\n    return TARGET\n",
        body("_, y = 1.0, 2.0"),
        body("for _ in range(3):\n        y = 1.0"),
        body("y = [1.0 for _ in range(3)]"),
        body("y = lambda _: 1.0"),
        *(
            f"X = {value}\ndef reward(state, action):\n    return X\n"
            for value in ("2 * 3.14159 * 1.5", "-(0.02 * 5)", "(1, [2 / 3, 2 ** 10])", "7 // 2 % 2")
        ),
        "PERIOD = 0.5\nOMEGA = 2 * jnp.pi / PERIOD\ndef reward(state, action):\n    return OMEGA\n",
    ],
)
def test_harmless_python_is_allowed(source: str) -> None:
    checked = check(source)
    code = compiled(checked)
    assert "__annotations__" not in code.co_names


def test_what_annotations_name_is_left_out_of_what_runs() -> None:
    source = (
        "def reward(state: Nowhere, action: Nothing) -> Unknown:\n    x: Never = 1\n    return x\n"
    )
    names: dict[str, object] = {}
    exec(compiled(check(source)), names)
    reward = names["reward"]
    assert callable(reward)
    assert reward.__annotations__ == {}
    assert reward(None, None) == 1


def test_arithmetic_in_weights_is_read_by_whoever_runs_nothing() -> None:
    source = (
        "SHARE = 1 / 4\n"
        'WEIGHTS: dict[str, float] = {"a": 0.02 * 5, "b": -2 ** 3, "c": SHARE * 2,\n'
        '    "d": 2 * jnp.pi}\n'
        "SHARE = 9\n"
        "def reward(state, action):\n    return 1\n"
    )
    expected = {"a": 0.1, "b": -8.0, "c": 0.5, "d": 6.283185307179586}
    assert check(source).weights == pytest.approx(expected)
    assert read_source(source).weights == pytest.approx(expected)


@pytest.mark.parametrize(("value", "clips"), [("True", True), ("False", False), (None, False)])
def test_clipping_is_read_without_running(value: str | None, clips: bool) -> None:
    declared = "" if value is None else f"CLIP_TOTAL = {value}\n"
    source = declared + body("x = 1")
    assert check(source).clip_total is clips
    assert read_source(source).clip_total is clips


@pytest.mark.parametrize("value", ["1", "0.0", "'True'", "bool(1)", "True\nCLIP_TOTAL = True"])
def test_clipping_is_said_in_one_way(value: str) -> None:
    with pytest.raises(RewardError):
        check(f"CLIP_TOTAL = {value}\n" + body("x = 1"))


def test_a_term_without_an_entry_weighs_one() -> None:
    checked = check(
        'WEIGHTS = {"a": 2.0}\ndef reward(state, action):\n    return {"a": 1, "b": 2}\n'
    )
    found = weights_of(checked, ["a", "b"])
    assert found.weights == {"a": 2.0, "b": 1.0}
    assert found.assumed == ("b",)


@pytest.mark.parametrize("terms", [["b"], ["a", "made_up"], []])
def test_weights_without_a_term_and_made_up_names_are_refused(terms: list[str]) -> None:
    checked = check(
        'WEIGHTS = {"a": 2.0}\ndef reward(state, action):\n    return {"a": 1, "b": 2}\n'
    )
    with pytest.raises(RewardError) as error:
        weights_of(checked, terms)
    assert error.value.code == "reward_weights"
