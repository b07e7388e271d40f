"""Select: which snapshot of the fine-tuning is the result."""

from __future__ import annotations

from tabrl.contracts.events import NoticeEvent
from tabrl.contracts.tiers import Tier
from tabrl.control.rollout import CONTROL_DT
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.selection import Snapshot, measured
from tabrl_trainer.stages.results import FineTuned, Selected
from tabrl_trainer.stages.session import JobSession

MAX_SELECTION_S = 5.0  # where it would take longer, the last snapshot is taken unseen
# Without an update in between, a rollout is at least this much faster than training.
MIN_ROLLOUT_SPEEDUP = 2.0


def expected_s(steps: float, samples_per_s: float) -> float:
    """Seconds that a rollout of so many control steps takes at most, by the rate of training."""
    return steps / (MIN_ROLLOUT_SPEEDUP * samples_per_s)


def select(session: JobSession, context: TrainingContext, tuned: FineTuned) -> Selected:
    """The best measured snapshot, or the last one if there is no time to measure.

    A full training has measured on the way; of a command schedule alone there is none.

    Raises `JobStoppedError` at any step.
    """
    if session.spec.tier is Tier.COMMAND:
        return Selected((), None)
    if session.spec.tier is Tier.FULL:
        learnt = tuple(snapshot for snapshot in tuned.finalists if snapshot.update > 0)
        _tell(session, learnt[:1], tuned.updates)
        return Selected(learnt, None)
    began, simulator = session.clock(), context.small_simulator
    last = tuned.pool.snapshots[-1]
    count, seconds = measured(tuned.schedule)
    steps = count * simulator.size * seconds / CONTROL_DT
    if expected_s(steps, tuned.samples_per_s) > MAX_SELECTION_S:
        return Selected((last,), None)
    best = tuned.pool.best(
        simulator, tuned.reward, tuned.schedule, session.spec.seed, session.control.raise_if_stopped
    )
    took = session.clock() - began
    _tell(session, (best,), last.update)
    return Selected((best,), took)


def _tell(session: JobSession, best: tuple[Snapshot, ...], last: int) -> None:
    """That an earlier policy than the last one is the result, if so."""
    for snapshot in best:
        if snapshot.update != last:
            message = (
                f"The policy of update {snapshot.update} earned more than the last one "
                f"(update {last}) and is the result."
            )
            session.publish(NoticeEvent(code="rolled_back", message=message))
