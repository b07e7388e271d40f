"""What an honest author sees of the sandbox, and that its bounds leave room for honest rewards."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from tabrl.rewards.errors import RewardError
from tabrl.rewards.limits import MAX_WORK
from tabrl.robots import get_robot
from tabrl.sim.reward import function, module
from tabrl.sim.reward.artifact import arguments
from tabrl.sim.reward.function import (
    FAST_COMPILE,
    RewardFunction,
    export_reward,
    load_reward,
    try_compiling,
)
from tabrl.sim.reward.verifier import verify
from tabrl_reward_worker.generator import generate
from tabrl_reward_worker.llm.prompt import examples
from tabrl_reward_worker.sandbox import Sandbox

GO1 = get_robot("go1")
HEAD = "def reward(state, action):\n"
STEPS = 7


def complaint(sandbox: Sandbox, source: str) -> RewardError:
    with pytest.raises(RewardError) as error:
        sandbox.build(source, GO1)
    return error.value


@pytest.mark.parametrize("between", ["\u2028", "\u2029", "\f", "\x1c", "\x85"])
def test_lines_are_counted_as_python_counts_them(sandbox: Sandbox, between: str) -> None:
    source = f"{HEAD}    # one{between}line\n    return state.nothing()\n"
    assert complaint(sandbox, source).excerpt == "    3 |     return state.nothing()"


@pytest.mark.parametrize("source", [f"{HEAD}    return {'-' * 19_000}1\n", "W = " + "-" * 9_000])
def test_what_is_nested_too_deeply_is_called_so(sandbox: Sandbox, source: str) -> None:
    assert complaint(sandbox, source).message == "not valid Python: it is nested too deeply"


@pytest.mark.parametrize("thing", ["jnp", "jnp.sum", "state", "state.roll", "reward"])
def test_no_address_in_memory_is_told(sandbox: Sandbox, thing: str) -> None:
    message = complaint(sandbox, f'{HEAD}    return {{}}[f"{{{thing}}}"]\n').message
    assert "there is no '<" in message
    assert "0x" not in message


def test_an_error_is_told_although_jax_may_not_look_for_its_place(sandbox: Sandbox) -> None:
    source = f"{HEAD}    return jnp.sum(action[0 : 2**70 : 2**69])\n"
    assert "too large to convert" in complaint(sandbox, source).message


def test_a_functions_defaults_may_be_computed(sandbox: Sandbox) -> None:
    helper = "def weighed(x, by=jnp.eye(12) * 2.0):\n    return jnp.sum(x @ by)\n"
    built = sandbox.build(f"{helper}{HEAD}    return weighed(action)\n", GO1)
    fields = recorded()
    paid = np.asarray(load_reward(built.blob)(fields))[:, 0]
    np.testing.assert_allclose(paid, 2.0 * fields["action"].sum(axis=1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "expression",
    [
        "jnp.median(action)",
        "jnp.median(state.foot_position())",
        "jnp.median(action > 0.0)",
        "jnp.median(action.astype(jnp.int32))",
        "action[jnp.argmax(action)]",
        "jnp.sum(state.foot_position()[jnp.argmax(state.foot_contact())])",
        "jnp.array([1.0, 2.0, 3.0])[jnp.argmax(action[:3])]",
        "jnp.max(action.at[jnp.argmax(action)].set(1.0))",
        "jnp.sum(action.at[3].set(9.0))",
        "jnp.max(action.at[jnp.array([1, 2])].set(action[:2] * 3.0))",
        "jnp.sum(state.foot_position().at[:, 1].set(5.0))",
        "jnp.sum(jnp.zeros(12).at[jnp.argmax(action)].set(action[0]))",
        "jnp.sum(jnp.cumsum(action) * jnp.roll(action, 2))",
    ],
)
def test_picking_putting_and_ordering_are_what_they_were(expression: str) -> None:
    source = f"{HEAD}    return {expression}\n"
    exported = export_reward(source, GO1)
    verified = verify(exported.blob, source, GO1)
    fields = recorded()
    expected = np.asarray(load_reward(exported.blob)(fields))
    assert len(np.unique(expected)) > 1, "every step has its own"
    np.testing.assert_array_equal(np.asarray(load_reward(verified.blob)(fields)), expected)


def test_our_own_rewards_are_far_from_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WORK", MAX_WORK // 10)
    sources = [example.code for example in examples(GO1)]
    sources += [
        candidate.code for candidate in generate("first crouch, then hop and sway", GO1).candidates
    ]
    for source in sources:
        verify(export_reward(source, GO1).blob, source, GO1)


def test_it_is_compiled_as_a_trainer_and_as_a_report_would(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, object] | None] = []

    def load(blob: bytes, options: dict[str, object] | None = None) -> RewardFunction:
        seen.append(options)
        return load_reward(blob, options)

    monkeypatch.setattr(function, "load_reward", load)
    try_compiling(export_reward(f"{HEAD}    return state.time()\n", GO1).blob)
    assert seen == [None, FAST_COMPILE]


def recorded() -> dict[str, np.ndarray]:
    """A rollout of made-up numbers."""
    shapes = jax.tree.map(lambda field: field.shape, arguments(GO1, STEPS))
    chance = np.random.default_rng(0)
    return {
        name: chance.normal(size=shape).astype(np.float32) * 3.0 for name, shape in shapes.items()
    }
