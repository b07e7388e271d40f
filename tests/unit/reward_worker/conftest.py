"""Parts the reward worker's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tabrl_reward_worker.jail import Jail


@pytest.fixture(scope="package")
def jail() -> Iterator[Jail]:
    """A warm jail."""
    with Jail(deadline_s=15.0) as warm:
        yield warm
