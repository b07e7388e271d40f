"""The short form of `make chaos`: parts are killed, stopped and held while work is posted."""

from __future__ import annotations

import pytest

from tests.chaos.faults import POSTGRES_STOPPED, REDIS_STOPPED, STORE_HELD, kills
from tests.chaos.parts import shared_parts
from tests.chaos.trial import run_trial
from tests.chaos.verdict import judge

PLAN = (
    kills(10, seed=3, every_s=1.5),
    STORE_HELD.lasting(8.0, rate=1.5),
    POSTGRES_STOPPED.lasting(8.0),
    REDIS_STOPPED.lasting(6.0),
)


@pytest.mark.needs_postgres
@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_while_parts_die_and_hang() -> None:
    with shared_parts() as parts:
        record = run_trial(parts, PLAN, print, quiet_s=1.0)
    verdict = judge(record)
    # How long answers and recoveries take is for `make chaos`, on a machine that does nothing else.
    assert (verdict.lost, verdict.doubled, verdict.refused) == ([], [], [])
    assert verdict.jobs > 20  # as many as a busy machine gets through
    assert len(record.phases[0].kills) == 10
    for phase in verdict.phases:
        assert phase.recovered_s is not None
        if not phase.phase.fault.harms:
            assert phase.wasted == 0, phase.phase.fault.title
