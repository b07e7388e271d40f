"""Fine-tune: PPO under the schedule found, with snapshots to watch and checkpoints on the way."""

from __future__ import annotations

from tabrl.contracts.events import (
    MeasuredEvent,
    NoticeEvent,
    ProgressEvent,
    ReweightedEvent,
    Stage,
)
from tabrl.contracts.training import Reweighting, TrainBudget
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.domain.errors import Invalid
from tabrl.ports import JobStoppedError
from tabrl_trainer.finetune import FineTune, UpdateReport
from tabrl_trainer.plateau import Plateau
from tabrl_trainer.selection import MEASURED, WINDOW_S, CheckpointPool, Snapshot, measured
from tabrl_trainer.stages.minutes import Minutes, Moment
from tabrl_trainer.stages.results import FineTuned, Loaded, SearchResult
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.stages.snapshots import Published, SnapshotPublisher
from tabrl_trainer.storage.checkpoints import Checkpoint, CheckpointMetadata, CheckpointStore
from tabrl_trainer.tiers.recipes import recipe_of

SNAPSHOT_EVERY_S = 3.5
MOST_SNAPSHOTS = 40  # of a training, until they come every `SELDOM_S`
SELDOM_S = 15.0
MOST_PROGRESS = 1000  # events of a full training: a stream of events holds twice as many
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
    minutes: Minutes | None = None,
) -> FineTuned:
    """Learn within the budget, evaluated by the minute where `minutes` are given.

    Raises `JobStoppedError` once a checkpoint is saved.
    """
    return _FineTuning(session, loaded, found, publisher, checkpoints, minutes).run()


class _FineTuning:
    """One attempt at fine-tuning: it began with `loaded` and `found` or goes on from there."""

    def __init__(
        self,
        session: JobSession,
        loaded: Loaded,
        found: SearchResult,
        publisher: SnapshotPublisher,
        checkpoints: CheckpointStore,
        minutes: Minutes | None,
    ) -> None:
        self._session, self._loaded, self._found = session, loaded, found
        self._publisher, self._checkpoints, self._minutes = publisher, checkpoints, minutes
        context, resumed, spec = loaded.context, loaded.resumed, session.spec
        self._tune = FineTune(
            context.training_simulator, context.learner, context.pretrained_state,
            loaded.reward, found.schedule, spec.seed, session.clock,
            recipe_of(
                spec.tier, from_nothing=not context.trained, goes_on=spec.origin is not None
            ),
            loaded.beginning.state,
        )  # fmt: skip
        self._ppo_s = ppo_budget_s(spec.budget, found.seconds, found.schedule)
        self._pool = CheckpointPool()
        self._seconds, self._earned = 0.0, 0.0
        self._weights = loaded.weights
        self._reweightings: tuple[Reweighting, ...] = ()
        self._restarts: tuple[int, ...] = ()
        self._saved_update, self._saved_at = 0, 0.0
        self._told_at, self._measuring_s = float("-inf"), 0.0
        self._plateau = Plateau()
        if resumed is not None:
            self._tune.state = resumed.state
            self._pool = self._pool.added(
                Snapshot(int(resumed.state.update), self._tune.weights, float("-inf"))
            )
            self._seconds, self._restarts = resumed.ppo_s, resumed.restarts
            self._measuring_s = resumed.measuring_s
            self._reweightings = resumed.reweightings

    def run(self) -> FineTuned:
        session, tune = self._session, self._tune
        stage: Stage | None = None
        report: UpdateReport | None = None
        self._saved_at = session.clock()
        self._measure_beginning()
        for report in tune.run(self._ppo_s, before=self._apply_requested_weights):
            now: Stage = "value_warmup" if report.critic_warm_up else "ppo"
            if now != stage:
                stage = now
                session.begin_stage(now)
            self._seconds, self._earned = report.elapsed_s, report.reward
            self._publish_progress(report)
            self._keep(report)
            session.control.raise_if_stopped()
            if self._no_longer_pays(report):
                break
        if self._minutes is not None and self._minutes.last_update != self._update:
            self._measure()
        elif report is not None and report.update != self._saved_update:
            self._save(self._publish())
        return FineTuned(
            schedule=tune.schedule,
            reward=tune.reward,
            pool=self._pool,
            updates=self._update,
            samples=int(tune.state.samples),
            samples_per_s=float("inf") if report is None else report.samples_per_s,
            seconds=self._seconds,
            reweightings=self._reweightings,
            history=() if self._minutes is None else self._minutes.history,
            finalists=()
            if self._minutes is None
            else tuple(one.snapshot for one in self._minutes.finalists),
        )

    @property
    def _update(self) -> int:
        """Updates done."""
        return int(self._tune.state.update)

    def _keep(self, report: UpdateReport) -> None:
        """Save what is to be saved after an update: before a stop, every few seconds, and whenever
        the policy is measured."""
        session, every_s = self._session, SNAPSHOT_EVERY_S
        if self._minutes is not None:
            every_s = max(every_s, min(self._ppo_s / MOST_SNAPSHOTS, SELDOM_S))
            if self._minutes.due(report.elapsed_s):
                self._measure()
                return
        stopping = session.control.should_stop() is not None
        due = session.clock() - self._saved_at >= every_s
        if stopping or (due and not report.critic_warm_up):
            self._save(self._publish())

    def _measure_beginning(self) -> None:
        """What the training begins with may turn out best of all."""
        minutes, found = self._minutes, self._found
        if minutes is None or minutes.finalists or self._update > 0:
            return
        weights = self._loaded.beginning.weights
        there = self._publisher.publish(
            weights, found.schedule, update=0, samples=found.samples, reward=0.0
        )
        moment = Moment(weights, there.key, 0, found.samples, found.seconds)
        point = minutes.measure(moment, self._tune.reward)
        self._session.publish(MeasuredEvent(point=point, elapsed_s=self._session.elapsed_s))

    def _measure(self) -> None:
        """Evaluate the policy. Where that is stopped, what was learnt is saved all the same."""
        assert self._minutes is not None
        began, published = self._session.clock(), self._publish()
        moment = Moment(
            self._tune.weights, published.key, self._update,
            self._found.samples + int(self._tune.state.samples),
            self._found.seconds + self._seconds,
        )  # fmt: skip
        try:
            point = self._minutes.measure(moment, self._tune.reward)
        except JobStoppedError:
            if self._saved_update != self._update:
                self._save(published)
            raise
        self._measuring_s += self._session.clock() - began
        self._save(published)
        self._session.publish(MeasuredEvent(point=point, elapsed_s=self._session.elapsed_s))

    def _no_longer_pays(self, report: UpdateReport) -> bool:
        """Whether nothing is gained any more where it may end early, or the time is used up."""
        if self._minutes is not None:
            if self._minutes.gains_nothing:
                message = "Nothing was gained over the last minutes: the training ends early."
                self._session.publish(NoticeEvent(code="nothing_gained", message=message))
            used_up = report.elapsed_s + self._measuring_s >= self._ppo_s
            return self._minutes.gains_nothing or used_up
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
        if self._minutes is not None:
            self._minutes.reweighted()
        self._session.publish(ReweightedEvent(update=update, weights=requested))

    def _publish_progress(self, report: UpdateReport) -> None:
        if self._minutes is not None:
            now = self._session.clock()
            if now - self._told_at < self._ppo_s / MOST_PROGRESS:
                return
            self._told_at = now
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
                eta_s=max(self._ppo_s - report.elapsed_s, 0.0)
                + self._session.spec.budget.evaluation_s,
                learnt_s=self._found.seconds + report.elapsed_s,
            )
        )

    def _publish(self) -> Published:
        """The parameters to watch."""
        found = self._found
        return self._publisher.publish(
            self._tune.weights,
            found.schedule,
            update=self._update,
            samples=found.samples + int(self._tune.state.samples),
            reward=self._earned,
        )

    def _save(self, published: Published) -> None:
        """The state to go on from, once its parameters are there to watch."""
        found, minutes = self._found, self._minutes
        if minutes is None:
            snapshot = Snapshot(self._update, self._tune.weights, self._earned)
            self._pool = self._pool.added(snapshot)
        metadata = CheckpointMetadata(
            program=ScheduleDocument.of(found.schedule),
            search_samples=found.samples,
            weights=self._loaded.initial_weights,
            generations=found.generations,
            restarts=self._restarts,
            reweightings=self._reweightings,
            snapshots=self._publisher.published,
            stages_s={
                "search": found.seconds,
                "ppo": self._seconds,
                "measuring": self._measuring_s,
            },
            history=() if minutes is None else minutes.history,
            kept=() if minutes is None else tuple(one.kept for one in minutes.finalists),
        )
        fence = self._session.control.fence
        self._checkpoints.save(Checkpoint(metadata, self._tune.state), fence)
        self._saved_at, self._saved_update = self._session.clock(), self._update
