"""States that wait together are answered together, each with its own policy."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tabrl_inference.batching import MicroBatcher
from tabrl_inference.frames import Dimensions, State
from tabrl_inference.metrics import Metrics
from tabrl_inference.policy_cache import LoadedPolicy
from tabrl_inference.rejections import Rejected, RejectReason

SIZE = Dimensions(nq=2, nv=1, nu=1)


class Times:
    """ctrl = gain · ctrl; raises for 666, answers NaN for 999."""

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.batches: list[int] = []

    def control(self, time, qpos, qvel, ctrl):
        self.batches.append(len(ctrl))
        if (ctrl == 666).any():
            raise ZeroDivisionError
        return ctrl, np.where(ctrl == 999, np.nan, self.gain * ctrl)


def policy(gain: float) -> LoadedPolicy:
    return LoadedPolicy(Times(gain), SIZE, "", "", 50)


def state(ctrl: float) -> State:
    return State(0, np.array([0.0, 0.0, 0.0, 0.0, ctrl]))


def batcher(clients: int, window_s: float = 60.0, rows: int = 256) -> MicroBatcher:
    """A window so long that a test which needs it would time out."""
    return MicroBatcher(lambda: clients, window_s, rows, Metrics())


def targets(batch, policy, state):
    """What the batcher answers, to be awaited."""
    found = asyncio.get_running_loop().create_future()

    def answer(result):
        if isinstance(result, Rejected):
            found.set_exception(result)
        else:
            found.set_result(result)

    batch.submit(policy, state, answer)
    return found


async def test_a_lone_client_does_not_wait_for_the_window():
    async with asyncio.timeout(5):
        assert await targets(batcher(clients=1), policy(2.0), state(3.0)) == [6.0]


async def test_all_clients_together_do_not_wait_for_the_window():
    batch, both = batcher(clients=3), policy(2.0)
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(targets(batch, both, state(i)) for i in range(3)))
    assert np.concatenate(answers).tolist() == [0.0, 2.0, 4.0]
    assert both.controller.batches == [3]


async def test_a_client_that_pauses_delays_the_others_by_the_window_only():
    batch = batcher(clients=2, window_s=0.001)
    async with asyncio.timeout(5):
        assert await targets(batch, policy(2.0), state(1.0)) == [2.0]


async def test_policies_do_not_mix():
    batch, double, triple = batcher(clients=4), policy(2.0), policy(3.0)
    async with asyncio.timeout(5):
        answers = await asyncio.gather(
            *(targets(batch, which, state(1.0)) for which in (double, triple, double, triple))
        )
    assert np.concatenate(answers).tolist() == [2.0, 3.0, 2.0, 3.0]
    assert (double.controller.batches, triple.controller.batches) == ([2], [2])


async def test_large_crowds_are_split():
    batch, one = batcher(clients=10, rows=4), policy(1.0)
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(targets(batch, one, state(i)) for i in range(10)))
    assert np.concatenate(answers).tolist() == list(range(10))
    assert sorted(one.controller.batches) == [2, 4, 4]


@pytest.mark.parametrize("bad", [666.0, 999.0])
async def test_one_bad_state_spoils_only_its_own_answer(bad):
    batch, one = batcher(clients=3), policy(2.0)
    async with asyncio.timeout(5):
        answers = await asyncio.gather(
            *(targets(batch, one, state(c)) for c in (1.0, bad, 3.0)), return_exceptions=True
        )
    assert (answers[0].tolist(), answers[2].tolist()) == ([2.0], [6.0])
    assert isinstance(answers[1], Rejected)
    assert answers[1].reason is RejectReason.OUT_OF_RANGE
