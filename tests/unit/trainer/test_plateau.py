"""When a fine-tuning is taken to have learnt all it will."""

from __future__ import annotations

import numpy as np

from tabrl_trainer.plateau import LEAST_GAIN, WINDOW, Plateau


def flat_after(rewards: list[float]) -> int | None:
    """How many updates it took to be flat."""
    plateau = Plateau()
    for count, reward in enumerate(rewards, start=1):
        plateau = plateau.added(reward)
        if plateau.flat:
            return count
    return None


def test_a_rising_reward_is_never_flat() -> None:
    rise = np.linspace(2.0, 3.0, 8 * WINDOW)
    assert flat_after(rise.tolist()) is None
    assert flat_after((rise - 4.0).tolist()) is None  # below zero too


def test_it_takes_two_windows_that_earn_the_same() -> None:
    assert flat_after([2.0] * 3 * WINDOW) == 2 * WINDOW
    rng = np.random.default_rng(0)
    risen = np.concatenate([np.linspace(2.0, 3.0, 3 * WINDOW), np.full(4 * WINDOW, 3.0)])
    flat = flat_after((risen + rng.normal(0.0, 0.005, len(risen))).tolist())
    assert flat is not None
    assert 4 * WINDOW < flat <= 5 * WINDOW + 3


def test_a_falling_reward_is_flat_and_old_ones_are_forgotten() -> None:
    assert flat_after(np.linspace(3.0, 2.0, 3 * WINDOW).tolist()) == 2 * WINDOW
    plateau = Plateau()
    for reward in range(5 * WINDOW):
        plateau = plateau.added(float(reward))
    assert len(plateau.rewards) == 2 * WINDOW
    assert 0.0 < LEAST_GAIN < 0.01
