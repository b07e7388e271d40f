"""Tokens, links and quotas on each database; tickets and request limits on a real Redis."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from tabrl.adapters import redis_tickets
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.redis_tickets import RedisTicketStore
from tabrl.adapters.sql import migrate
from tabrl.adapters.sql.engine import make_engine, reading, writing
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.people import SqlShareRepository, SqlTokenRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.domain.errors import LimitReached, NotFound, Unavailable
from tabrl.domain.jobs import JobState
from tabrl.domain.people import Ticket, Token, digest
from tabrl.domain.quotas import Quota
from tabrl.domain.tasks import LlmUsage, WrittenTask
from tabrl.ports import IdempotencyKey
from tabrl_api.people.requests import request_limiter
from tests.support.factories import training
from tests.support.factories import writing as new_task
from tests.support.servers.redis import RedisServer

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_tokens_are_found_by_their_hash_until_they_are_revoked(engine: Engine) -> None:
    tokens = SqlTokenRepository(engine, SystemClock())
    assert not tokens.any_valid()
    token = Token(id="tok_a", owner="ada", note="laptop", created_at=NOW)
    tokens.add(token, digest("secret"))
    assert (tokens.owner_of(digest("secret")), tokens.owner_of(digest("x"))) == ("ada", None)
    assert tokens.any_valid()
    assert tokens.list() == [token]
    revoked = tokens.revoke("tok_a")
    assert revoked.revoked_at is not None
    assert tokens.revoke("tok_a") == revoked  # the first time counts
    assert (tokens.owner_of(digest("secret")), tokens.any_valid()) == (None, False)
    with pytest.raises(NotFound):
        tokens.revoke("tok_b")


def test_links_lead_to_their_model_until_they_are_ended(engine: Engine) -> None:
    shares = SqlShareRepository(engine, SystemClock())
    for secret, model in (("1", "mdl_a"), ("2", "mdl_a"), ("3", "mdl_b")):
        shares.add(model, digest(secret))
    shares.remove("mdl_a")
    assert [shares.model_of(digest(secret)) for secret in "123"] == [None, None, "mdl_b"]


def test_lists_of_one_owner(engine: Engine) -> None:
    clock = SystemClock()
    jobs, tasks = SqlJobRepository(engine, clock), SqlTaskRepository(engine, clock)
    models = SqlModelRepository(engine, clock)
    for owner in ("ada", "bob"):
        own = {"owner": owner}
        task, job = (one.model_copy(update=own) for one in new_task(clock.now()))
        trained, model = (one.model_copy(update=own) for one in training(clock.now()))
        tasks.create(task, job)
        jobs.create_training([trained], [model])
    assert [task.owner for task in tasks.list(owner="ada")] == ["ada"]
    assert {job.owner for job in jobs.list(owner="bob")} == {"bob"}
    assert [model.owner for model in models.list(owner="bob")] == ["bob"]
    assert len(tasks.list()) == len(models.list()) == 2


def test_of_two_requests_at_once_only_one_is_the_last(engine: Engine) -> None:
    clock = SystemClock()
    tasks, quota = SqlTaskRepository(engine, clock), Quota(open_jobs=5)

    def create(_: int) -> None:
        with suppress(LimitReached):
            tasks.create(*new_task(clock.now()), None, quota)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(16)))
    assert len(tasks.list()) == 5


def test_a_refused_request_may_come_again_with_its_key(engine: Engine) -> None:
    clock = SystemClock()
    jobs = SqlJobRepository(engine, clock)
    key = IdempotencyKey("train", "k", "1" * 64)
    first, second = training(clock.now()), training(clock.now())
    jobs.create_training([first[0]], [first[1]])
    for quota in (Quota(open_jobs=1), Quota(models=1)):
        with pytest.raises(LimitReached):
            jobs.create_training([second[0]], [second[1]], key, quota)
    claimed = jobs.claim(first[0].id, 15, 3)
    assert claimed is not None
    jobs.finish(claimed.id, claimed.fence, JobState.FAILED)
    quota = Quota(open_jobs=1, models=1)
    ids = [second[0].id]
    assert jobs.create_training([second[0]], [second[1]], key, quota) == ids
    assert jobs.create_training([second[0]], [second[1]], key, quota) == ids  # full, but the same


def test_money_of_today_is_counted(engine: Engine) -> None:
    clock = SystemClock()
    tasks, jobs = SqlTaskRepository(engine, clock), SqlJobRepository(engine, clock)
    task, job = new_task(clock.now())
    tasks.create(task, job)
    claimed = jobs.claim(job.id, 15, 3)
    assert claimed is not None
    usage = LlmUsage(model="m", prompt_version="1", cost_usd=0.3)
    tasks.store(task.id, WrittenTask(usage=usage), job_id=job.id, fence=claimed.fence)
    with pytest.raises(LimitReached) as refused:
        tasks.create(*new_task(clock.now()), None, Quota(llm_usd_per_day=0.3))
    assert refused.value.limit == "llm_usd"
    tasks.create(*new_task(clock.now()), None, Quota(llm_usd_per_day=0.31))


def test_what_is_there_belongs_to_local_after_the_upgrade(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/filled.db")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    job = (
        "INSERT INTO jobs (id, kind, state, task_id, robot, fence, attempt, queued_at, created_at)"
        " VALUES ('job_a', 'reward', 'queued', 'tsk_a', 'go1', 0, 0, '2026-01-01', '2026-01-01')"
    )
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(text(job))
    migrate.upgrade(engine)
    assert [one.owner for one in SqlJobRepository(engine, SystemClock()).list()] == ["local"]
    with writing(engine) as connection:  # what an older version writes meanwhile
        connection.execute(text(job.replace("job_a", "job_b")))
    with reading(engine) as connection:
        owners = connection.execute(text("SELECT DISTINCT owner FROM jobs")).scalars().all()
    assert owners == ["local"]


def test_a_ticket_is_good_once(redis_server: RedisServer) -> None:
    store, ticket = RedisTicketStore(redis_server.url), Ticket("ada", "/api/jobs/job_a/events")
    secret = store.issue(ticket)
    with ThreadPoolExecutor(8) as pool:
        redeemed = list(
            pool.map(lambda _: RedisTicketStore(redis_server.url).redeem(secret), range(8))
        )
    assert [found for found in redeemed if found is not None] == [ticket]
    assert store.redeem("ticket_made_up") is None


def test_a_ticket_grows_old(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_tickets, "GOOD_FOR", 1)
    store = RedisTicketStore(redis_server.url)
    secret = store.issue(Ticket("ada", "/"))
    time.sleep(1.2)
    assert store.redeem(secret) is None


def test_requests_are_counted_together_by_all_gateways(redis_server: RedisServer) -> None:
    gateways = [request_limiter(4, redis_server.url) for _ in range(2)]
    for number in range(4):
        gateways[number % 2].count("ada")
    for gateway in gateways:
        with pytest.raises(LimitReached) as refused:
            gateway.count("ada")
        assert 1 <= refused.value.retry_after_s <= 60
        gateway.count("bob")


def test_without_redis_requests_pass_and_tickets_do_not(tmp_path: Path) -> None:
    away = f"unix://{tmp_path}/away.sock"
    for _ in range(3):
        request_limiter(1, away).count("ada")
    with pytest.raises(Unavailable):
        RedisTicketStore(away).issue(Ticket("ada", "/"))
