"""The process: pretrained policies into the store, compiled graphs warm, then work."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from tabrl.adapters import logs
from tabrl.adapters.celery_worker import serve
from tabrl.adapters.operations import serve_operations
from tabrl.adapters.settings import Settings
from tabrl.domain.jobs import JobKind
from tabrl_trainer.bootstrap import Trainer, wire
from tabrl_trainer.compiled import prune
from tabrl_trainer.pretrained import seed_blobs, seed_constants


def run() -> None:
    """Serve until SIGTERM."""
    logs.configure()
    settings = Settings()
    pruned = prune(Path(os.environ["JAX_COMPILATION_CACHE_DIR"]), settings.compiled_mb)
    if pruned:
        logs.logger.info("compiled graphs: %d went, unused for longest", pruned)
    trainer = wire(settings)
    startup = trainer.startup
    if settings.metrics_port is not None:
        serve_operations(
            settings.host,
            settings.metrics_port,
            trainer.registry,
            partial(raise_unless_ready, trainer),
        )
    trained = seed_blobs(trainer.blobs)
    seed_constants(trainer.blobs)
    for robot_id in trained[:1]:  # others are compiled for when their first job comes
        trainer.contexts.get(robot_id)
    startup.finish()
    serve(trainer.app, JobKind.TRAIN, trainer.runner)


def raise_unless_ready(trainer: Trainer) -> None:
    """Raises `Unavailable` while it warms up, or takes no jobs because it fails at all of them."""
    trainer.startup.raise_unless_done()
    trainer.runner.raise_if_sick()
