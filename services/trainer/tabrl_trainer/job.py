"""A training job from its specification to its result: load, search, fine-tune, evaluate."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from tabrl.contracts.checks import episode_s
from tabrl.contracts.events import (
    EvaluationEvent,
    NoticeEvent,
    ProgressEvent,
    ReweightedEvent,
    SearchEvent,
    SnapshotEvent,
    Stage,
    StageEvent,
)
from tabrl.contracts.training import Reweighting, TrainingRecord, TrainResult, TrainSpec
from tabrl.control.commands import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.errors import Invalid
from tabrl.domain.jobs import FailureKind, Job
from tabrl.ports import BlobStore, JobControl, JobFailedError, ModelRepository, VerifiedArtifacts
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.evaluation import (
    EPISODES,
    MOST_S,
    Candidate,
    accepted,
    check_results,
    flags_of,
    rejection_reason,
)
from tabrl_trainer.finetune import FineTune, UpdateReport
from tabrl_trainer.params import params_file
from tabrl_trainer.progress import Checkpoint, CheckpointStore, Progress
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search import Generation
from tabrl_trainer.selection import MEASURED, CheckpointPool, Snapshot, measured
from tabrl_trainer.selection import WINDOW_S as SELECTION_WINDOW_S
from tabrl_trainer.staged_search import search_for
from tabrl_trainer.verified import verified_reward

SNAPSHOT_EVERY_S = 3.5
SELECTION_S = 1.8  # of the minute, for measuring the best snapshots of a motion without phases
MOST_SELECTION_S = 5.0  # where it would take longer, the last snapshot is taken unseen
# Without an update in between, a rollout is at least twice as fast as training.
ROLLOUT_SPEEDUP = 2.0
PACKAGES = ("tabrl", "jax", "brax", "mujoco", "numpy")


@dataclass
class _Run:
    """One attempt at a job."""

    job: Job
    spec: TrainSpec
    model_id: str
    control: JobControl
    began: float
    stages_s: dict[str, float] = field(default_factory=dict)
    search_samples: int = 0
    weights: dict[str, float] = field(default_factory=dict)  # began with, if not the spec's
    generations: tuple[int, ...] = ()
    restarts: tuple[int, ...] = ()
    reweightings: tuple[Reweighting, ...] = ()
    pool: CheckpointPool = field(default_factory=CheckpointPool)
    snapshots: int = 0
    last_snapshot: float = 0.0
    last_update: int = 0
    learned_samples: int = 0
    samples_per_s: float = float("inf")

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.began

    @property
    def latest_weights(self) -> Mapping[str, float]:
        """The weights in force."""
        if self.reweightings:
            return self.reweightings[-1].weights
        return self.weights or self.spec.weights

    def stage(self, name: Stage) -> None:
        self.control.publish(StageEvent(stage=name, elapsed_s=self.elapsed_s))


class TrainingHandler:
    """Handles training jobs of all robots whose engines it was given."""

    def __init__(
        self,
        engines: Mapping[str, TrainingContext],
        blobs: BlobStore,
        models: ModelRepository,
        verified: VerifiedArtifacts,
    ) -> None:
        self._engines = engines
        self._blobs = blobs
        self._models = models
        self._verified = verified

    def __call__(self, job: Job, control: JobControl) -> TrainResult:
        """Train. Raises `JobStoppedError` when told to stop, `JobFailedError` if it cannot."""
        if job.spec is None or job.model_id is None or job.robot not in self._engines:
            raise JobFailedError(
                FailureKind.INFRASTRUCTURE, "bad_job", "The job lacks what a training needs."
            )
        engine = self._engines[job.robot]
        run = _Run(job, job.spec, job.model_id, control, time.monotonic())
        # They stay until the job has ended for good, which only the api's reaper can tell.
        store = CheckpointStore(self._blobs, job.id)
        run.stage("loading")
        reward = verified_reward(run.spec, self._blobs, self._verified)
        tune = self._resume(run, engine, reward, store)
        if tune is None:
            self._begin_with_wish(run, reward)
            schedule = self._search(run, engine, reward)
            self._publish(run, engine.base_weights, schedule, 0, 0.0)
            tune = self._fine_tune(run, engine, reward, schedule)
        self._learn(run, tune, store)
        run.stage("evaluation")  # from here on nobody can wish for other weights
        kept = self._select(run, engine, reward, tune)
        return self._evaluate(run, engine, reward, tune, kept)

    def _begin_with_wish(self, run: _Run, reward: RolloutReward) -> None:
        """What was asked for while the job waited counts for the search as well."""
        wish = run.control.requested_weights()
        if wish is None or wish == run.spec.weights:
            return
        try:
            reward.reweight(wish)
        except Invalid:  # as in `_follow_wish`
            return
        run.weights = wish

    def _search(self, run: _Run, engine: TrainingContext, reward: RolloutReward) -> CommandSchedule:
        run.stage("search")
        began, budget = time.monotonic(), run.spec.budget
        stop = run.control.raise_if_stopped  # at every step: a generation lasts longer than a wish
        search = search_for(engine, reward, run.spec.phases_s, run.spec.seed, stop)
        found: Generation | None = None
        for found in search.run(budget.search_s):
            left = max(budget.search_s - (time.monotonic() - began), 0.0)
            run.control.publish(
                SearchEvent(
                    generation=found.index,
                    generations=search.planned,
                    best_reward=found.best_score,
                    samples=found.samples,
                    program_words=found.best.in_words(),
                    elapsed_s=run.elapsed_s,
                    eta_s=left + budget.ppo_s + budget.evaluation_s,
                )
            )
        assert found is not None  # a search yields at least one generation
        run.search_samples, run.generations = found.samples, search.generations
        run.stages_s["search"] = time.monotonic() - began
        return found.best

    def _fine_tune(
        self, run: _Run, engine: TrainingContext, reward: RolloutReward, schedule: CommandSchedule
    ) -> FineTune:
        return FineTune(
            engine.simulator, engine.learner, engine.base_state, reward, schedule, run.spec.seed
        )

    def _resume(
        self, run: _Run, engine: TrainingContext, reward: RolloutReward, store: CheckpointStore
    ) -> FineTune | None:
        if run.job.fence <= 1:
            return None
        template = self._fine_tune(run, engine, reward, CommandSchedule()).state
        checkpoint = store.latest(template)
        if checkpoint is None:
            return None
        progress = checkpoint.progress
        tune = self._fine_tune(run, engine, reward, progress.program)
        run.search_samples = progress.search_samples
        run.generations = progress.generations
        run.restarts = (*progress.restarts, int(checkpoint.state.update))
        run.weights, run.reweightings = progress.weights, progress.reweightings
        tune.reweight(run.latest_weights)
        tune.state = checkpoint.state
        run.snapshots = progress.snapshots
        run.stages_s = dict(progress.stages_s)
        run.learned_samples = int(checkpoint.state.samples)
        run.pool.add(Snapshot(int(checkpoint.state.update), tune.weights, float("-inf")))
        samples = run.learned_samples + run.search_samples
        run.control.publish(
            NoticeEvent(
                code="resumed",
                message=(
                    f"The trainer was restarted; training goes on from the last snapshot, "
                    f"{samples:,} samples kept."
                ),
            )
        )
        return tune

    def _learn(self, run: _Run, tune: FineTune, store: CheckpointStore) -> None:
        budget = run.spec.budget
        stage: Stage | None = None
        run.last_snapshot = time.monotonic()
        report: UpdateReport | None = None
        # What the search left over is learnt with, and what it took too long is saved here.
        count, seconds = measured(tune.schedule)
        selection_s = SELECTION_S * count * seconds / (MEASURED * SELECTION_WINDOW_S)
        left = budget.search_s + budget.ppo_s - run.stages_s.get("search", 0.0) - selection_s
        ppo_s = max(left, 1.0)
        for report in tune.run(ppo_s, before=lambda update: self._follow_wish(run, tune, update)):
            now: Stage = "value_warmup" if report.critic_warm_up else "ppo"
            if now != stage:
                stage = now
                run.stage(now)
            run.stages_s["ppo"] = report.elapsed_s
            run.learned_samples, run.samples_per_s = report.samples, report.samples_per_s
            run.control.publish(
                ProgressEvent(
                    update=report.update,
                    samples=run.search_samples + report.samples,
                    samples_per_s=report.samples_per_s,
                    reward=report.reward,
                    terms=report.terms,
                    episode_length_s=report.episode_length_s,
                    falls_per_minute=report.falls_per_minute,
                    kl=report.kl,
                    elapsed_s=run.elapsed_s,
                    eta_s=max(ppo_s - report.elapsed_s, 0.0) + budget.evaluation_s,
                )
            )
            stopping = run.control.should_stop() is not None
            due = time.monotonic() - run.last_snapshot >= SNAPSHOT_EVERY_S
            if stopping or (due and not report.critic_warm_up):
                self._snapshot(run, tune, store, report)
            run.control.raise_if_stopped()
        if report is not None and report.update != run.last_update:
            self._snapshot(run, tune, store, report)

    def _follow_wish(self, run: _Run, tune: FineTune, update: int) -> None:
        """Take over the weights the user asked for since; the next update is `update`.

        Nobody follows a wish after the last update: nothing would be learnt under it.
        """
        wish = run.control.requested_weights()
        if wish is None or wish == run.latest_weights:
            return
        try:
            tune.reweight(wish)
        except Invalid:  # whoever asked was told already: only the reward's own terms are taken
            return
        run.reweightings = (*run.reweightings, Reweighting(update=update, weights=wish))
        run.pool.clear()  # what was earned under other weights says nothing
        run.control.publish(ReweightedEvent(update=update, weights=wish))

    def _snapshot(
        self, run: _Run, tune: FineTune, store: CheckpointStore, report: UpdateReport
    ) -> None:
        """Publish the parameters to watch, then the state to go on from."""
        weights = tune.weights
        run.pool.add(Snapshot(report.update, weights, report.reward))
        self._publish(run, weights, tune.schedule, report.update, report.reward)
        progress = Progress(
            program=tune.schedule,
            search_samples=run.search_samples,
            weights=run.weights,
            generations=run.generations,
            restarts=run.restarts,
            reweightings=run.reweightings,
            snapshots=run.snapshots,
            stages_s=run.stages_s,
        )
        store.save(Checkpoint(progress, tune.state), run.control.fence)
        run.last_snapshot, run.last_update = time.monotonic(), report.update

    def _publish(
        self,
        run: _Run,
        weights: PolicyWeights,
        schedule: CommandSchedule,
        update: int,
        reward: float,
    ) -> str:
        data = params_file(run.job.robot, weights, schedule, update)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 == self._models.get(run.model_id).params_sha256:
            return sha256  # the last snapshot is what is delivered
        run.snapshots += 1
        key = f"params/{run.job.id}/{run.control.fence}/{run.snapshots}.safetensors"
        self._blobs.put(key, data)
        model = self._models.publish(
            run.model_id,
            fence=run.control.fence,
            params_key=key,
            params_sha256=sha256,
            step=update,
        )
        run.control.publish(
            SnapshotEvent(
                version=model.params_version,
                update=update,
                samples=run.search_samples + run.learned_samples,
                params_sha256=sha256,
                reward=reward,
                elapsed_s=run.elapsed_s,
            )
        )
        return sha256

    def _select(
        self, run: _Run, engine: TrainingContext, reward: RolloutReward, tune: FineTune
    ) -> Snapshot:
        """The snapshot to deliver: the best measured one, or the last if there is no time."""
        began, last = time.monotonic(), run.pool.snapshots[-1]
        count, seconds = measured(tune.schedule)
        steps = count * engine.small_simulator.size * seconds / CONTROL_DT
        if steps / (ROLLOUT_SPEEDUP * run.samples_per_s) > MOST_SELECTION_S:
            return last
        stop = run.control.raise_if_stopped
        best = run.pool.best(engine.small_simulator, reward, tune.schedule, run.spec.seed, stop)
        run.stages_s["selection"] = time.monotonic() - began
        if best.update != last.update:
            run.control.publish(
                NoticeEvent(
                    code="rolled_back",
                    message=(
                        f"The policy of update {best.update} earned more than the last one "
                        f"(update {last.update}) and is the result."
                    ),
                )
            )
        return best

    def _evaluate(
        self,
        run: _Run,
        engine: TrainingContext,
        reward: RolloutReward,
        tune: FineTune,
        kept: Snapshot,
    ) -> TrainResult:
        began, spec = time.monotonic(), run.spec
        candidates = [
            Candidate(engine.base_weights, CommandSchedule()),
            Candidate(engine.base_weights, tune.schedule),
            Candidate(kept.weights, tune.schedule),
        ]
        lasts_s = episode_s(spec.phases_s, spec.checks)
        steps = sum(EPISODES) * lasts_s / CONTROL_DT
        crowded = steps / (ROLLOUT_SPEEDUP * run.samples_per_s) > MOST_S
        evaluator = engine.quick_evaluator if crowded else engine.evaluator
        base, program, result = evaluator.evaluate(
            candidates, reward, spec.checks, run.control.raise_if_stopped, lasts_s
        )
        delivered, note, weights, update = "result", "", kept.weights, kept.update
        if not accepted(base, program, result):
            note = rejection_reason(base, program, result)
            delivered, weights, result, update = "program", engine.base_weights, program, 0
        sha256 = self._publish(run, weights, tune.schedule, update, result.row.reward)
        checks = check_results(spec.checks, base, program, result)
        run.control.publish(
            EvaluationEvent(checks=checks, base=base.row, program=program.row, result=result.row)
        )
        run.stages_s["evaluation"] = time.monotonic() - began
        seconds = sum(run.stages_s.get(name, 0.0) for name in ("search", "ppo"))
        samples = run.search_samples + int(tune.state.samples)
        return TrainResult(
            checks=checks,
            base=base.row,
            program=program.row,
            result=result.row,
            program_words=tune.schedule.in_words(),
            samples=samples,
            samples_per_s=samples / max(seconds, 1e-9),
            snapshots=run.snapshots,
            delivered=delivered,
            params_sha256=sha256,
            reward_sha256=spec.artifact_sha256,
            stages_s={name: round(value, 3) for name, value in run.stages_s.items()},
            versions={name: version(name) for name in PACKAGES},
            note=note,
            flags=flags_of(spec.checks, base, program, result),
            schedule=TrainingRecord(
                seed=spec.seed,
                weights=run.weights,
                generations=run.generations,
                updates=int(tune.state.update),
                kept=update,
                phases_s=spec.phases_s,
                restarts=run.restarts,
                reweightings=run.reweightings,
            ),
        )
