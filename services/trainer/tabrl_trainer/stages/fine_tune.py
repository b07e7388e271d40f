"""Fine-tune: PPO under the schedule found, with snapshots to watch and checkpoints on the way."""

from __future__ import annotations

from tabrl.contracts.events import ProgressEvent, ReweightedEvent, Stage
from tabrl.contracts.training import Reweighting, TrainBudget
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.domain.errors import Invalid
from tabrl_trainer.finetune import FineTune, UpdateReport
from tabrl_trainer.plateau import Plateau
from tabrl_trainer.selection import MEASURED, WINDOW_S, CheckpointPool, Snapshot, measured
from tabrl_trainer.stages.results import FineTuned, Loaded, SearchResult
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.stages.snapshots import SnapshotPublisher
from tabrl_trainer.storage.checkpoints import Checkpoint, CheckpointMetadata, CheckpointStore

SNAPSHOT_EVERY_S = 3.5
SELECTION_S = 1.8  # of the minute, for measuring the best snapshots of a motion without phases
MIN_PPO_S = 1.0


def ppo_budget_s(budget: TrainBudget, search_s: float, schedule: CommandSchedule) -> float:
    """Seconds of PPO: what the search left over is learnt with, what it took too long is saved."""
    count, seconds = measured(schedule)
    selection_s = SELECTION_S * count * seconds / (MEASURED * WINDOW_S)
    return max(budget.search_s + budget.ppo_s - search_s - selection_s, MIN_PPO_S)


def fine_tune(
    session: JobSession,
    loaded: Loaded,
    found: SearchResult,
    publisher: SnapshotPublisher,
    checkpoints: CheckpointStore,
) -> FineTuned:
    """Learn within the budget. Raises `JobStoppedError` once a checkpoint is saved."""
    return _FineTuning(session, loaded, found, publisher, checkpoints).run()


class _FineTuning:
    """One attempt at fine-tuning: it began with `loaded` and `found` or goes on from there."""

    def __init__(
        self,
        session: JobSession,
        loaded: Loaded,
        found: SearchResult,
        publisher: SnapshotPublisher,
        checkpoints: CheckpointStore,
    ) -> None:
        self._session, self._loaded, self._found = session, loaded, found
        self._publisher, self._checkpoints = publisher, checkpoints
        context, resumed = loaded.context, loaded.resumed
        self._tune = FineTune(
            context.training_simulator, context.learner, context.pretrained_state,
            loaded.reward, found.schedule, session.spec.seed, session.clock,
        )  # fmt: skip
        self._pool = CheckpointPool()
        self._seconds = 0.0
        self._weights = loaded.weights
        self._reweightings: tuple[Reweighting, ...] = ()
        self._restarts: tuple[int, ...] = ()
        self._saved_update, self._saved_at = 0, 0.0
        self._plateau = Plateau()
        if resumed is not None:
            self._tune.state = resumed.state
            self._pool = self._pool.added(
                Snapshot(int(resumed.state.update), self._tune.weights, float("-inf"))
            )
            self._seconds, self._restarts = resumed.ppo_s, resumed.restarts
            self._reweightings = resumed.reweightings

    def run(self) -> FineTuned:
        session, tune = self._session, self._tune
        ppo_s = ppo_budget_s(session.spec.budget, self._found.seconds, tune.schedule)
        stage: Stage | None = None
        report: UpdateReport | None = None
        self._saved_at = session.clock()
        for report in tune.run(ppo_s, before=self._apply_requested_weights):
            now: Stage = "value_warmup" if report.critic_warm_up else "ppo"
            if now != stage:
                stage = now
                session.begin_stage(now)
            self._seconds = report.elapsed_s
            self._publish_progress(report, ppo_s)
            stopping = session.control.should_stop() is not None
            due = session.clock() - self._saved_at >= SNAPSHOT_EVERY_S
            if stopping or (due and not report.critic_warm_up):
                self._save(report)
            session.control.raise_if_stopped()
            if self._no_longer_pays(report):
                break
        if report is not None and report.update != self._saved_update:
            self._save(report)
        return FineTuned(
            schedule=tune.schedule,
            reward=tune.reward,
            pool=self._pool,
            updates=int(tune.state.update),
            samples=int(tune.state.samples),
            samples_per_s=float("inf") if report is None else report.samples_per_s,
            seconds=self._seconds,
            reweightings=self._reweightings,
        )

    def _no_longer_pays(self, report: UpdateReport) -> bool:
        """Whether the budget lets it end early, and the reward has stopped rising."""
        if report.critic_warm_up or not self._session.spec.budget.stop_when_flat:
            return False
        self._plateau = self._plateau.added(report.reward)
        return self._plateau.flat

    def _apply_requested_weights(self, update: int) -> None:
        """Take over the weights the user asked for since; the next update is `update`.

        Nobody applies them after the last update: nothing would be learnt under them.
        """
        requested = self._session.control.requested_weights()
        if requested is None or requested == self._weights:
            return
        try:
            self._tune.reweight(requested)
        except Invalid:  # whoever asked was told already: only the reward's own terms are taken
            return
        self._weights = requested
        self._reweightings += (Reweighting(update=update, weights=requested),)
        self._plateau = Plateau()
        self._pool = CheckpointPool()  # what was earned under other weights says nothing
        self._session.publish(ReweightedEvent(update=update, weights=requested))

    def _publish_progress(self, report: UpdateReport, ppo_s: float) -> None:
        self._session.publish(
            ProgressEvent(
                update=report.update,
                samples=self._found.samples + report.samples,
                samples_per_s=report.samples_per_s,
                reward=report.reward,
                terms=report.terms,
                episode_length_s=report.episode_length_s,
                falls_per_minute=report.falls_per_minute,
                kl=report.kl,
                elapsed_s=self._session.elapsed_s,
                eta_s=max(ppo_s - report.elapsed_s, 0.0) + self._session.spec.budget.evaluation_s,
            )
        )

    def _save(self, report: UpdateReport) -> None:
        """Publish the parameters to watch, then the state to go on from."""
        weights, found = self._tune.weights, self._found
        self._pool = self._pool.added(Snapshot(report.update, weights, report.reward))
        self._publisher.publish(
            weights,
            found.schedule,
            update=report.update,
            samples=found.samples + report.samples,
            reward=report.reward,
        )
        metadata = CheckpointMetadata(
            program=ScheduleDocument.of(found.schedule),
            search_samples=found.samples,
            weights=self._loaded.initial_weights,
            generations=found.generations,
            restarts=self._restarts,
            reweightings=self._reweightings,
            snapshots=self._publisher.published,
            stages_s={"search": found.seconds, "ppo": self._seconds},
        )
        fence = self._session.control.fence
        self._checkpoints.save(Checkpoint(metadata, self._tune.state), fence)
        self._saved_at, self._saved_update = self._session.clock(), report.update
