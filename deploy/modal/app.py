"""Trainers on Modal: the same trainer on a GPU function, started while trainings wait.

`modal deploy -m deploy.modal.app` from the repository's root; docs/deployment.md goes through it.
The stores (PostgreSQL, Redis, S3) are elsewhere and reached with the secret `tabrl-stores`. In a
container only `modal` is there at import: what is TabRL's is imported where it is used.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import modal

GPU = os.environ.get("TABRL_MODAL_GPU", "L40S")
TRAINERS = int(os.environ.get("TABRL_MODAL_TRAINERS", "4"))
LOOKS_EVERY_S = 15
LIFETIME_S = 3600  # of one container; a job that is cut off goes on in the next from its checkpoint
MESSAGES = 1000  # that may wait for trainers elsewhere
LAST_JOB_S = 600  # before the end no further job is begun

COMPILED = "/compiled"
STORES = "tabrl-stores"  # TABRL_DATABASE_URL, TABRL_REDIS_URL, TABRL_BLOB_URL, PGPASSWORD, AWS_…
SETTINGS = {
    "JAX_COMPILATION_CACHE_DIR": COMPILED,
    "WARP_CACHE_PATH": f"{COMPILED}/warp",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.3",
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "TABRL_DATA": "/tmp/tabrl",
    "TABRL_SIMULATOR": "mjx",
}
MEMBERS = ("shared", "services/trainer")
_ROOT = Path(__file__).resolve().parents[2] if modal.is_local() else Path("/")


def _image(lock: str) -> modal.Image:
    """Locked packages first, then TabRL's own, as in the services' Dockerfiles."""
    image = modal.Image.debian_slim(python_version="3.11").pip_install_from_requirements(
        str(_ROOT / "requirements" / f"{lock}.txt"), extra_options="--require-hashes --no-deps"
    )
    for member in MEMBERS:
        image = image.add_local_dir(
            str(_ROOT / member), f"/build/{member}", copy=True, ignore=["**/__pycache__"]
        )
    installed = " ".join(f"/build/{member}" for member in MEMBERS)
    return image.run_commands(f"pip install --no-deps --no-build-isolation {installed}")


app = modal.App("tabrl-trainers")
compiled = modal.Volume.from_name("tabrl-compiled", create_if_missing=True)
stores = modal.Secret.from_name(STORES)
gpu_image = _image("trainer_cuda").env(SETTINGS)
small_image = _image("trainer").env({**SETTINGS, "JAX_PLATFORMS": "cpu"})


@app.cls(
    image=gpu_image,
    gpu=GPU,
    secrets=[stores],
    volumes={COMPILED: compiled},
    max_containers=TRAINERS,
    timeout=LIFETIME_S,
    scaledown_window=60,
    retries=0,
)
class Trainer:
    """A warm trainer."""

    @modal.enter()
    def wire(self) -> None:
        """Wire the service as its own process does, and compile or load its graphs."""
        from tabrl.adapters import logs
        from tabrl.adapters.settings import Settings
        from tabrl_trainer.bootstrap import wire
        from tabrl_trainer.pretrained import seed_blobs, seed_constants

        logs.configure()
        self.trainer = wire(Settings())
        seed_constants(self.trainer.blobs)
        for robot_id in seed_blobs(self.trainer.blobs)[:1]:
            self.trainer.contexts.get(robot_id)
        compiled.commit()  # what this container compiled the next one loads

    @modal.method()
    def work(self) -> int:
        """Work on jobs until none is left; returns how many it had."""
        from tabrl_trainer.drain import drain

        until = time.monotonic() + LIFETIME_S - LAST_JOB_S
        worked = drain(self.trainer.runner, until=until)
        compiled.commit()
        return worked

    @modal.exit()
    def leave(self) -> None:
        """Hand a running job back: it goes on elsewhere from its checkpoint."""
        self.trainer.runner.shut_down()


@app.function(
    image=small_image,
    secrets=[stores],
    schedule=modal.Period(seconds=LOOKS_EVERY_S),
    max_containers=1,
    timeout=60,
)
def look() -> int:
    """Start as many trainers as the jobs in the database are worth; returns how many."""
    from tabrl.adapters.celery_app import CeleryTaskQueue
    from tabrl.adapters.clock import SystemClock
    from tabrl.adapters.settings import Settings
    from tabrl.adapters.sql.engine import make_engine
    from tabrl.adapters.sql.jobs import SqlJobRepository
    from tabrl.domain.jobs import JobKind
    from tabrl_trainer.drain import trainers_wanted

    settings = Settings()
    jobs = SqlJobRepository(make_engine(settings.database), SystemClock())
    # These trainers read rows and no messages; without this the messages would pile up.
    CeleryTaskQueue(settings).trim(JobKind.TRAIN, MESSAGES)
    trainer = Trainer()
    stats = trainer.work.get_current_stats()
    missing = trainers_wanted(jobs, TRAINERS) - stats.num_total_runners - stats.backlog
    for _ in range(missing):
        trainer.work.spawn()
    return max(missing, 0)
