"""Parts the reward worker's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tabrl_reward_worker.sandbox import Sandbox


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    """A warm sandbox."""
    with Sandbox(deadline_s=15.0) as warm:
        yield warm
