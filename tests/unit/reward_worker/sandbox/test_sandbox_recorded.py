"""What the verifier wrote is recorded, and nothing else is."""

from __future__ import annotations

import hashlib

import pytest

from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl_reward_worker.sandbox import RecordingSandbox, Sandbox
from tests.twins import ManualClock, MemoryDatabase, MemoryVerifiedArtifacts

GO1 = get_robot("go1")


def test_only_what_was_verified_is_recorded(sandbox: Sandbox) -> None:
    database = MemoryDatabase(ManualClock())
    verified = MemoryVerifiedArtifacts(database)
    reward_builder = RecordingSandbox(sandbox, verified)
    with pytest.raises(RewardError):
        reward_builder.build("def reward(state, action):\n    return state.gravity()\n", GO1)
    assert not database.verified
    built = reward_builder.build("def reward(state, action):\n    return state.roll()\n", GO1)
    assert database.verified == {hashlib.sha256(built.blob).hexdigest(): "go1"}
