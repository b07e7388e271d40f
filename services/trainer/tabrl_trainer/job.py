"""A training job from its specification to its result, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Job
from tabrl.ports import (
    BlobStore,
    JobControl,
    JobStoppedError,
    ModelRepository,
    StopReason,
    VerifiedArtifacts,
)
from tabrl_trainer.context import TrainingContexts
from tabrl_trainer.stages.evaluate import disturb, evaluate
from tabrl_trainer.stages.fine_tune import fine_tune, ppo_budget_s
from tabrl_trainer.stages.load import load
from tabrl_trainer.stages.minutes import Minutes
from tabrl_trainer.stages.publish import publish, publish_best
from tabrl_trainer.stages.results import Completed, FineTuned, Loaded, SearchResult
from tabrl_trainer.stages.search import search
from tabrl_trainer.stages.select import select
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.stages.snapshots import SnapshotPublisher
from tabrl_trainer.storage.checkpoints import CheckpointStore


class TrainingHandler:
    """Handles training jobs of all tiers and robots."""

    def __init__(
        self,
        contexts: TrainingContexts,
        blobs: BlobStore,
        models: ModelRepository,
        verified: VerifiedArtifacts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._contexts = contexts
        self._blobs = blobs
        self._models = models
        self._verified = verified
        self._clock = clock

    def __call__(self, job: Job, control: JobControl) -> TrainResult:
        """Train. Raises `JobStoppedError` when told to stop, `JobFailedError` if it cannot."""
        session = JobSession.open(job, control, self._clock)
        # They stay until the job has ended for good, which only the api can tell.
        checkpoints = CheckpointStore(self._blobs, job.id)
        loaded = load(session, self._contexts, self._blobs, self._verified, checkpoints)
        publisher = self._publisher(session, loaded)
        found = loaded.resumed.found if loaded.resumed else _begun(session, loaded, publisher)
        minutes: Minutes | None = None
        if session.spec.tier is Tier.FULL:
            ppo_s = ppo_budget_s(session.spec.budget, found.seconds, found.schedule)
            minutes = Minutes(session, loaded, found.schedule, ppo_s, self._blobs)
        try:
            tuned = (
                FineTuned.nothing(found, loaded)
                if session.spec.tier is Tier.COMMAND
                else fine_tune(session, loaded, found, publisher, checkpoints, minutes)
            )
            session.begin_stage("evaluation")  # from here on nobody can ask for other weights
            selected = select(session, loaded.context, tuned)
            evaluated = evaluate(session, loaded, tuned, selected)
            robustness = disturb(session, loaded, tuned, evaluated)
        except JobStoppedError as stop:
            if stop.reason is StopReason.CANCELLED and minutes is not None:
                publish_best(minutes, found.schedule, publisher)
            raise
        done = Completed(loaded, found, tuned, selected, evaluated, robustness)
        return publish(session, done, publisher)

    def _publisher(self, session: JobSession, loaded: Loaded) -> SnapshotPublisher:
        published = loaded.resumed.snapshots if loaded.resumed else 0
        return SnapshotPublisher(session, self._blobs, self._models, published)


def _begun(session: JobSession, loaded: Loaded, publisher: SnapshotPublisher) -> SearchResult:
    """Search, and show at once what the policy to begin with does under the schedule found.

    A training that goes on from a result has its schedule; without a pretrained policy there is
    nothing that commands could ask for.
    """
    beginning = loaded.beginning
    found = (
        search(session, loaded)
        if beginning.schedule is None
        else SearchResult(beginning.schedule, 0, (), 0.0)
    )
    publisher.publish(
        beginning.weights, found.schedule, update=0, samples=found.samples, reward=0.0
    )
    return found
