"""A training job from its specification to its result, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable

from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Job
from tabrl.ports import BlobStore, JobControl, ModelRepository, VerifiedArtifacts
from tabrl_trainer.context import TrainingContexts
from tabrl_trainer.stages.evaluate import disturb, evaluate
from tabrl_trainer.stages.fine_tune import fine_tune
from tabrl_trainer.stages.load import load
from tabrl_trainer.stages.publish import publish
from tabrl_trainer.stages.results import Completed, Loaded, SearchResult
from tabrl_trainer.stages.search import search
from tabrl_trainer.stages.select import select
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.stages.snapshots import SnapshotPublisher
from tabrl_trainer.storage.checkpoints import CheckpointStore


class TrainingHandler:
    """Handles training jobs of all robots that have a pretrained policy."""

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
        found = loaded.resumed.found if loaded.resumed else _search(session, loaded, publisher)
        tuned = fine_tune(session, loaded, found, publisher, checkpoints)
        session.begin_stage("evaluation")  # from here on nobody can ask for other weights
        selected = select(session, loaded.context, tuned)
        evaluated = evaluate(session, loaded.context, tuned, selected)
        robustness = disturb(session, loaded.context, tuned, evaluated)
        done = Completed(loaded, found, tuned, selected, evaluated, robustness)
        return publish(session, done, publisher)

    def _publisher(self, session: JobSession, loaded: Loaded) -> SnapshotPublisher:
        published = loaded.resumed.snapshots if loaded.resumed else 0
        return SnapshotPublisher(session, self._blobs, self._models, published)


def _search(session: JobSession, loaded: Loaded, publisher: SnapshotPublisher) -> SearchResult:
    """Search, and show at once what the pretrained policy does under the schedule found."""
    found = search(session, loaded)
    publisher.publish(
        loaded.context.pretrained_weights,
        found.schedule,
        update=0,
        samples=found.samples,
        reward=0.0,
    )
    return found
