"""What a reward remembers: asked for in its source, moved on along time by fixed rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.errors import RewardError
from tabrl.rewards.memory import DT, MAX_MEMORY, MEMORY, Remembered, RewardCarry, Rule
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward, load_reward, pack_artifact, unpack_artifact
from tabrl.sim.reward.verifier import verify

GO1 = get_robot("go1")
QUICK = {"xla_backend_optimization_level": 0}
SOURCE = """
def reward(state, action):
    speed = state.base_linear_velocity()[0]
    return {
        "even": jnp.abs(speed - rl.running_mean(speed, 0.5)),
        "record": jnp.maximum(state.time() - rl.best_before(state.time()), 0.0),
        "top": rl.best_so_far(-speed) * state.roll(),
    }
"""


def rows(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)[:, None, None]


def reward_of(expression: str) -> str:
    return f"def reward(state, action):\n    return {expression}\n"


@pytest.mark.parametrize(
    ("remembered", "expected"),
    [
        (Remembered(rule=Rule.BEST_SO_FAR), [1.0, 3.0, 3.0, 4.0]),
        (Remembered(rule=Rule.BEST_BEFORE), [1.0, 1.0, 3.0, 3.0]),
    ],
)
def test_the_best_is_kept(remembered: Remembered, expected: list[float]) -> None:
    seen = RewardCarry().move_on([remembered], rows([1.0, 3.0, 2.0, 4.0]))
    assert seen.shape == (4, 1, MAX_MEMORY)
    np.testing.assert_array_equal(seen[:, 0, 0], expected)
    np.testing.assert_array_equal(seen[..., 1:], 0.0)


def test_a_running_mean_forgets_with_its_time_constant() -> None:
    remembered = Remembered(rule=Rule.RUNNING_MEAN, seconds=0.4)
    steps = round(0.4 / DT)
    seen = RewardCarry().move_on([remembered], rows([0.0, *[1.0] * steps]))
    assert seen[0, 0, 0] == 0.0
    np.testing.assert_allclose(seen[-1, 0, 0], 1.0 - math.exp(-1.0), rtol=1e-4)


def test_blocks_go_on_and_episodes_begin_anew() -> None:
    rng = np.random.default_rng(0)
    memory = [Remembered(rule=Rule.RUNNING_MEAN, seconds=1.0), Remembered(rule=Rule.BEST_SO_FAR)]
    values = rng.normal(size=(40, 3, 2)).astype(np.float32)
    ends = np.zeros((40, 3), np.float32)
    ends[14, 1] = ends[19, 2] = 1.0
    whole = RewardCarry().move_on(memory, values, ends)
    carry = RewardCarry()
    blocks = [carry.move_on(memory, values[at : at + 10], ends[at : at + 10]) for at in (0, 10, 20)]
    np.testing.assert_array_equal(np.concatenate(blocks), whole[:30])
    for robot, begin in ((1, 15), (2, 20)):
        alone = RewardCarry().move_on(memory, values[begin:, [robot]])
        np.testing.assert_array_equal(whole[begin:, [robot]], alone)
        assert not np.array_equal(whole[begin - 1], whole[begin])


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": "running_mean"},
        {"rule": "running_mean", "seconds": 0.0},
        {"rule": "running_mean", "seconds": 1e9},
        {"rule": "running_mean", "seconds": math.nan},
        {"rule": "best_so_far", "seconds": 1.0},
        {"rule": "median"},
    ],
)
def test_other_rules_do_not_exist(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Remembered.model_validate(fields)


def test_the_artifact_carries_what_is_remembered() -> None:
    exported = export_reward(SOURCE, GO1)
    verified = verify(exported.blob, SOURCE, GO1)
    assert verify(verified.blob, SOURCE, GO1).blob == verified.blob
    reward = load_reward(verified.blob, QUICK)
    assert reward.terms == ("even", "record", "top")
    assert [one.rule for one in reward.memory] == ["running_mean", "best_before", "best_so_far"]
    rng = np.random.default_rng(0)
    flat = {
        name: rng.uniform(0.1, 0.9, size=(6, *shape)).astype(np.float32)
        for name, shape in embodiment_of(GO1).schema.items()
    }
    speed, time = flat["base_linear_velocity"][:, 0], flat["time"]
    values = np.asarray(reward.remembers(flat))
    np.testing.assert_array_equal(values, np.stack([speed, time, -speed], axis=-1))
    seen = RewardCarry().move_on(reward.memory, values[:, None])[:, 0]
    terms = np.asarray(reward(flat | {MEMORY: seen}))
    best = np.maximum.accumulate(time)
    np.testing.assert_allclose(terms[:, 0], np.abs(speed - seen[:, 0]), atol=1e-6)
    np.testing.assert_allclose(terms[1:, 1], np.maximum(time[1:] - best[:-1], 0.0), atol=1e-6)
    with pytest.raises(KeyError):
        reward(flat)
    reward.compile(4)


def test_a_reward_that_remembers_nothing_takes_nothing_more() -> None:
    header, _ = unpack_artifact(export_reward(reward_of("state.roll()"), GO1).blob)
    assert header.memory == ()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rl.running_mean(action, 1.0)[0]", "one number"),
        ("rl.running_mean(state.roll(), 0.0)", "plain number"),
        ("rl.running_mean(state.roll(), 1e9)", "plain number"),
        ("rl.running_mean(state.roll(), state.time())", "plain number"),
        ("rl.running_mean(state.roll(), True)", "plain number"),
        ("sum([rl.best_so_far(state.roll()) for _ in range(9)])", "at most 8"),
        ("rl.best_so_far(rl.best_so_far(state.roll()))", "may not depend"),
        ("rl.best_so_far(jnp.clip(state.time() * rl.best_before(state.roll()), 0, 1))", "may not"),
    ],
)
def test_memory_has_bounds(expression: str, words: str) -> None:
    with pytest.raises(RewardError) as error:
        export_reward(reward_of(expression), GO1)
    assert words in error.value.message


@pytest.mark.parametrize(
    "memory",
    [
        (),
        (Remembered(rule=Rule.RUNNING_MEAN, seconds=0.5),),
        (Remembered(rule=Rule.BEST_SO_FAR),) * 2,
    ],
)
def test_a_header_that_remembers_otherwise_is_refused(memory: tuple[Remembered, ...]) -> None:
    source = reward_of("rl.best_so_far(state.roll())")
    header, payload = unpack_artifact(export_reward(source, GO1).blob)
    forged = pack_artifact(header.model_copy(update={"memory": memory}), payload)
    with pytest.raises(RewardError) as error:
        verify(forged, source, GO1)
    assert error.value.code == "reward_refused"


def test_a_header_may_not_remember_more_than_a_few_numbers() -> None:
    header, payload = unpack_artifact(export_reward(reward_of("state.roll()"), GO1).blob)
    many = (Remembered(rule=Rule.BEST_SO_FAR),) * (MAX_MEMORY + 1)
    with pytest.raises(Invalid):
        unpack_artifact(pack_artifact(header.model_copy(update={"memory": many}), payload))
