"""What the verifier wrote is recorded, and nothing else is."""

from __future__ import annotations

import hashlib

import pytest

from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl_reward_worker.jail import Jail, RecordingJail
from tests.twins import ManualClock, MemoryDatabase, MemoryVerifiedArtifacts

GO1 = get_robot("go1")


def test_only_what_was_verified_is_recorded(jail: Jail) -> None:
    database = MemoryDatabase(ManualClock())
    verified = MemoryVerifiedArtifacts(database)
    workshop = RecordingJail(jail, verified)
    with pytest.raises(RewardError):
        workshop.build("def reward(state, action):\n    return state.gravity()\n", GO1)
    assert not database.verified
    built = workshop.build("def reward(state, action):\n    return state.roll()\n", GO1)
    assert database.verified == {hashlib.sha256(built.blob).hexdigest(): "go1"}
