"""PPO on made-up experience: it learns, keeps what it is told to keep and compiles once."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from tabrl.control.arrays import Floats
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.learning.networks import critic_width
from tabrl.sim.learning.ppo import Learner, Schedule, TrainState
from tabrl.sim.simulator import Experience
from tests.support.engine import GO1, ROBOTS, SMALL, fresh_state, made_up, small_learner

ANYTHING = np.random.default_rng(9).normal(size=(SMALL.unroll, ROBOTS)).astype(np.float32)


def own(tree: object) -> object:
    """A copy on the host: an update takes its input's buffers."""
    return jax.tree.map(lambda x: np.array(x), tree)


def changed(before: object, after: object) -> bool:
    pairs = zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True)
    return any(not np.array_equal(a, b) for a, b in pairs)


def explored(state: TrainState, seed: int) -> Experience:
    """Experience whose actions the state's own policy has drawn."""
    experience, policy = made_up(seed), small_learner().exploring(state, seed)
    experience.action[:] = [policy(observation) for observation in experience.observation[:-1]]
    return experience


def update(
    experience: Experience, reward: Floats, schedule: Schedule, state: TrainState | None = None
) -> tuple[TrainState, dict[str, float]]:
    state = fresh_state(0) if state is None else state
    reference = own(state.params)
    return small_learner().update(state, experience, reward, schedule, reference)  # type: ignore[arg-type]


def test_a_few_updates_raise_the_reward() -> None:
    # The reward asks every joint for an action of 0.4.
    def mean_error(state: TrainState) -> float:
        action = small_learner().deterministic(state)(made_up(99).observation[0])
        return float(np.mean((action - 0.4) ** 2))

    state = fresh_state(0)
    schedule = Schedule.of(reward_scale=0.005, entropy=0.0, max_rate=2e-3, target_kl=0.05)
    before = mean_error(state)
    for block in range(60):
        experience = explored(state, block)
        reward = -np.sum((experience.action - 0.4) ** 2, axis=-1)
        state, _ = update(experience, reward, schedule, state)
    assert mean_error(state) < 0.6 * before


def test_without_weight_on_the_policy_only_the_value_function_learns() -> None:
    before = fresh_state(0)
    after, _ = update(made_up(), ANYTHING, Schedule.of(reward_scale=1.0, policy_weight=0.0))
    assert not changed(before.params.policy, after.params.policy)
    assert changed(before.params.value, after.params.value)
    full, _ = update(made_up(), ANYTHING, Schedule.of(reward_scale=1.0))
    assert changed(before.params.policy, full.params.policy)


def test_a_policy_that_is_not_to_learn_stays_even_with_momentum() -> None:
    moving, _ = update(made_up(), ANYTHING, Schedule.of(reward_scale=1.0))
    before = own(moving.params.policy)
    only_value = Schedule.of(reward_scale=1.0, policy_weight=0.0)
    after, _ = update(made_up(), ANYTHING, only_value, moving)
    assert not changed(before, after.params.policy)


def test_a_strong_anchor_keeps_the_policy_near_its_reference() -> None:
    def drift(anchor: float) -> float:
        state, reference = fresh_state(0), own(fresh_state(0).params)
        schedule = Schedule.of(
            reward_scale=1.0, anchor=anchor, entropy=0.0, min_rate=1e-3, max_rate=1e-3
        )
        for block in range(4):
            state, metrics = small_learner().update(
                state,
                made_up(block),
                ANYTHING,
                schedule,
                reference,  # type: ignore[arg-type]
            )
        return metrics["anchor_kl"]

    assert drift(30.0) < 0.5 * drift(0.0)


def test_the_symmetry_loss_makes_a_policy_do_in_the_mirror_what_it_does() -> None:
    mirror = embodiment_of(GO1).mirror
    assert mirror is not None

    def uneven(symmetry: float) -> tuple[float, float]:
        """How uneven a policy is after a few updates, and what the last one measured of it.

        Nothing is measured where nothing is asked for.
        """
        state = fresh_state(0)
        schedule = Schedule.of(
            reward_scale=1.0, symmetry=symmetry, entropy=0.0, min_rate=1e-3, max_rate=1e-3
        )
        for block in range(4):
            state, metrics = update(made_up(block), ANYTHING, schedule, state)
        act, seen = small_learner().deterministic(state), made_up(99).observation[0]
        apart = act(mirror.observation(seen)) - mirror.action(act(seen))
        return float(np.mean(np.sum(apart**2, axis=-1))), metrics["asymmetry"]

    (without, found), (with_it, left) = uneven(0.0), uneven(10.0)
    assert with_it < 0.5 * without
    assert 0.0 < left < 0.5 * without
    assert found == 0.0


def test_a_robot_without_a_mirror_has_no_symmetry_loss() -> None:
    robot = get_robot("pointer")
    assert embodiment_of(robot).mirror is None
    state = fresh_state(0)  # of another robot: its policy could not be asked
    seen = np.ones((4, SMALL.unroll, critic_width(robot)), np.float32)
    action = np.ones((4, SMALL.unroll, robot.nu), np.float32)
    learner = Learner(robot, SMALL)
    assert learner._asymmetry(state, state.params, seen, (action, action)) == 0.0  # type: ignore[arg-type]


def test_the_rate_stays_within_its_bounds_and_follows_the_divergence() -> None:
    calm = Schedule.of(reward_scale=1.0, target_kl=1e9, max_rate=2e-3)
    state, metrics = update(made_up(), ANYTHING, calm)
    assert float(state.learning_rate) == pytest.approx(2e-3)
    strict = Schedule.of(reward_scale=1.0, target_kl=1e-9, min_rate=3e-5)
    state, metrics = update(made_up(), ANYTHING, strict)
    assert metrics["learning_rate"] < 1e-3
    assert metrics["learning_rate"] >= 3e-5 * 0.999


def critics_view(experience: Experience) -> Floats:
    """What the policy sees and what it does not, `[T+1, B, _]`."""
    return np.concatenate([experience.observation, experience.privileged], axis=-1)


def test_the_normaliser_learns_only_when_told() -> None:
    before = fresh_state(0).normalizer
    kept, _ = update(made_up(), ANYTHING, Schedule.of(reward_scale=1.0))
    assert not changed(before, kept.normalizer)
    learnt, _ = update(made_up(), ANYTHING, Schedule.of(reward_scale=1.0, learn_normalizer=True))
    seen = critics_view(made_up())[:-1].reshape(-1, critic_width(GO1))
    np.testing.assert_allclose(learnt.normalizer.mean, seen.mean(0), atol=1e-4)
    np.testing.assert_allclose(learnt.normalizer.std, seen.std(0), rtol=1e-2)


def test_new_rewards_schedules_and_references_compile_nothing() -> None:
    learner = small_learner()
    state, _ = update(made_up(), ANYTHING, Schedule.of(reward_scale=1.0))
    compiled = learner._update._cache_size(), learner._spread._cache_size()
    for block, schedule in enumerate(
        (
            Schedule.of(reward_scale=0.1, anchor=0.5, learn_normalizer=True),
            Schedule.of(reward_scale=7.0, policy_weight=0.0, max_rate=5e-4),
        )
    ):
        experience = explored(state, block)
        experience.truncated[3] = experience.terminated[5] = 1.0
        state, _ = update(experience, ANYTHING * block, schedule, state)
    assert (learner._update._cache_size(), learner._spread._cache_size()) == compiled


def test_the_same_state_learns_the_same() -> None:
    schedule = Schedule.of(reward_scale=1.0)
    one, _ = update(made_up(), ANYTHING, schedule)
    other, _ = update(made_up(), ANYTHING, schedule)
    assert not changed(own(one), own(other))
    third, _ = update(made_up(), -ANYTHING, schedule)
    assert changed(own(one), own(third))


def test_exploration_is_reproducible_and_scaled_by_its_noise() -> None:
    learner, state, observation = small_learner(), fresh_state(0), made_up().observation[0]
    mode = learner.deterministic(state)(observation)
    once, again = (learner.exploring(state, 4)(observation) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, learner.exploring(state, 5)(observation))
    np.testing.assert_array_equal(learner.exploring(state, 4, noise=0.0)(observation), mode)
    half = learner.exploring(state, 4, noise=0.5)(observation)
    np.testing.assert_allclose(half - mode, 0.5 * (once - mode), atol=1e-5)


def test_a_fall_is_worth_nothing_afterwards_but_running_out_of_time_is_not_a_fall() -> None:
    # Every step pays 1, so that a state is worth 1 / (1 - discount) unless the robot falls there.
    def learnt_value(terminated: float, truncated: float) -> float:
        state = fresh_state(0)
        ones = np.ones_like(ANYTHING)
        schedule = Schedule.of(reward_scale=0.1, policy_weight=0.0, min_rate=2e-3, max_rate=2e-3)
        for block in range(15):
            experience = made_up(block)
            experience.terminated[:], experience.truncated[:] = terminated, truncated
            state, _ = update(experience, ones, schedule, state)
        networks = small_learner().networks
        value = jax.jit(networks.value_network.apply)
        observation = critics_view(made_up(0))[0]
        return float(np.mean(value(state.normalizer, state.params.value, observation)))

    falling = learnt_value(terminated=1.0, truncated=0.0)
    assert falling == pytest.approx(0.1, abs=0.05)
    assert learnt_value(terminated=0.0, truncated=0.0) > 2.0 * falling
