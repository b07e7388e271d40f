"""Going on from an earlier sentence: "lower your hips, and slower" on top of "trot forward"."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.robots import Robot
from tabrl_reward_worker.composer.compose import compose
from tabrl_reward_worker.drafts import Writing


def reflect(earlier: Sequence[str], words: str, robot: Robot) -> Writing:
    """Rewards for the earlier sentences as the new words change them.

    Raises `NotUnderstoodError` (code `task_not_understood`).
    """
    return compose(", ".join([*earlier, words]), robot)
