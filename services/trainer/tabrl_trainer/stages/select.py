"""Select: which snapshot of the fine-tuning is the result."""

from __future__ import annotations

from tabrl.contracts.events import NoticeEvent
from tabrl.control.rollout import CONTROL_DT
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.selection import measured
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

    Raises `JobStoppedError` at any step.
    """
    began, simulator = session.clock(), context.small_simulator
    last = tuned.pool.snapshots[-1]
    count, seconds = measured(tuned.schedule)
    steps = count * simulator.size * seconds / CONTROL_DT
    if expected_s(steps, tuned.samples_per_s) > MAX_SELECTION_S:
        return Selected(last, None)
    best = tuned.pool.best(
        simulator, tuned.reward, tuned.schedule, session.spec.seed, session.control.raise_if_stopped
    )
    took = session.clock() - began
    if best.update != last.update:
        session.publish(
            NoticeEvent(
                code="rolled_back",
                message=(
                    f"The policy of update {best.update} earned more than the last one "
                    f"(update {last.update}) and is the result."
                ),
            )
        )
    return Selected(best, took)
