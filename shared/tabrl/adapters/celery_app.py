"""Celery over Redis, for notifications only: it may lose or repeat a message, the job row decides.

The settings were measured; `docs/adr` tells what each of them prevents.
"""

from __future__ import annotations

import redis
from celery import Celery  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError

from tabrl.adapters.redis_url import for_celery, for_redis
from tabrl.adapters.settings import Settings
from tabrl.contracts.tasks import REWARD_QUEUE, RUN_TRAINING, TRAIN_QUEUE, WRITE_REWARD
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobKind

TASK_OF = {JobKind.REWARD: WRITE_REWARD, JobKind.TRAIN: RUN_TRAINING}
QUEUE_OF = {JobKind.REWARD: REWARD_QUEUE, JobKind.TRAIN: TRAIN_QUEUE}

_CONNECTION = {"visibility_timeout": 3600, "socket_keepalive": True, "health_check_interval": 10}
# A request must be answered within milliseconds when Redis is down; the reaper sends it later.
_PRODUCER = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
}


def make_celery(settings: Settings, *, producer: bool = False) -> Celery:
    """A Celery application, for a worker or (`producer`) for a sender. Opens no connection."""
    app = Celery("tabrl", broker=for_celery(settings.redis_url), set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={**_CONNECTION, **(_PRODUCER if producer else {})},
        task_publish_retry=False,
    )
    return app


class CeleryTaskQueue:
    """A `TaskQueue` that sends by name: no worker is imported here."""

    def __init__(self, settings: Settings) -> None:
        self._app = make_celery(settings, producer=True)
        self._redis = redis.Redis.from_url(
            for_redis(settings.redis_url), socket_connect_timeout=1.0, socket_timeout=2.0
        )

    def enqueue(self, job: Job) -> None:
        """Send the job's id. Raises `Unavailable`."""
        try:
            self._app.send_task(
                TASK_OF[job.kind], args=[job.id], queue=QUEUE_OF[job.kind], retry=False
            )
        except (OperationalError, redis.RedisError, OSError) as error:
            raise _unavailable(error) from error

    def trim(self, kind: JobKind, keep: int) -> None:
        """Forget all but the newest messages, where nobody reads them. Raises `Unavailable`."""
        try:
            self._redis.ltrim(QUEUE_OF[kind], 0, keep - 1)
        except redis.RedisError as error:
            raise _unavailable(error) from error

    def depth(self, kind: JobKind) -> int:
        """How many messages wait. Raises `Unavailable`."""
        try:
            return int(self._redis.llen(QUEUE_OF[kind]))
        except redis.RedisError as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"The queue failed ({type(error).__name__}).", code="queue_unavailable")
