"""What only SQL stores have: migrations, races between processes, secrecy, rights, restarts."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.sql.engine import make_engine, reading, writing
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade, upgrade_within
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.retention import SqlRetentionRepository
from tabrl.adapters.sql.tables import metadata
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import JobState
from tabrl.ports import IdempotencyKey
from tests.support.factories import training
from tests.support.factories import writing as new_task
from tests.support.servers.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[3]


def test_migrations_build_the_tables_that_the_code_uses(engine: Engine) -> None:
    upgrade(engine)  # a second time changes nothing
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_rows_of_the_version_before_are_kept(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/before.db")
    with writing(engine) as connection:
        upgrade_within(connection, "0002")
        connection.execute(
            text(
                "INSERT INTO tasks (id, robot, prompt, created_at, job_id, understood,"
                " not_understood) VALUES ('tsk_a', 'go1', 'trot', '2026-01-01 00:00:00.000000',"
                " 'job_a', '[]', '[]')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO jobs (id, kind, state, task_id, robot, fence, attempt, queued_at,"
                " created_at) VALUES ('job_a', 'reward', 'queued', 'tsk_a', 'go1', 0, 0,"
                " '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000')"
            )
        )
    upgrade(engine)
    task = SqlTaskRepository(engine, SystemClock()).get("tsk_a")
    assert (task.prompt, task.starred) == ("trot", False)
    SqlRetentionRepository(engine, SystemClock()).star("tsk_a", True)
    assert SqlTaskRepository(engine, SystemClock()).get("tsk_a").starred


def test_concurrent_migrations_take_turns(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/race.db"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: upgrade(make_engine(url)), range(4)))
    with reading(make_engine(url)) as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_eight_processes_claim_each_job_exactly_once(engine: Engine) -> None:
    clock = SystemClock()
    pairs = [training(clock.now()) for _ in range(40)]
    jobs = SqlJobRepository(engine, clock)
    jobs.create_training([job for job, _ in pairs], [model for _, model in pairs])
    ids = [job.id for job, _ in pairs]
    url = engine.url.render_as_string(hide_password=False)
    order = json.dumps({"url": url})
    racers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.workers.claimer"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for racer in racers:
        assert racer.stdin is not None
        print(order, file=racer.stdin, flush=True)
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        print("go", file=racer.stdin, flush=True)
    winners = Counter(job for racer in racers for job in json.loads(racer.communicate()[0]))
    assert all(racer.returncode == 0 for racer in racers)
    assert winners == Counter(ids)
    assert all(job.fence == 1 for job in jobs.list(state=JobState.RUNNING))


def test_racing_requests_with_one_key_create_one_task(engine: Engine) -> None:
    tasks = SqlTaskRepository(engine, SystemClock())
    key = IdempotencyKey("create_task", "k", "1" * 64)

    def create(_: int) -> str:
        return tasks.create(*new_task(SystemClock().now()), key)

    with ThreadPoolExecutor(8) as pool:
        created = set(pool.map(create, range(8)))
    assert created == {task.id for task in tasks.list()}
    assert len(created) == 1


def test_rows_survive_a_new_process(engine: Engine) -> None:
    clock = SystemClock()
    task, job = new_task(clock.now())
    SqlTaskRepository(engine, clock).create(task, job)
    job = SqlJobRepository(engine, clock).get(job.id)
    engine.dispose()
    fresh = make_engine(engine.url.render_as_string(hide_password=False))
    assert SqlTaskRepository(fresh, clock).get(task.id) == task
    assert SqlJobRepository(fresh, clock).get(job.id) == job


def test_errors_and_logs_quote_no_prompt(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    clock = SystemClock()
    task, job = new_task(clock.now(), prompt="SECRET prompt")
    tasks = SqlTaskRepository(engine, clock)
    with caplog.at_level(logging.DEBUG):
        tasks.create(task, job)
        SqlJobRepository(engine, clock).claim(job.id, 15, 3)
        with pytest.raises(IntegrityError) as refused:
            tasks.create(task, job)
    assert "SECRET" not in str(refused.value)
    assert "SECRET" not in caplog.text


def test_an_unreachable_database_is_named(tmp_path: Path) -> None:
    nowhere = make_engine(f"postgresql+psycopg://x@/x?host={tmp_path}")
    with pytest.raises(Unavailable) as refused:
        SqlJobRepository(nowhere, SystemClock()).get("job_x")
    assert refused.value.code == "database_unavailable"


@pytest.mark.needs_postgres
def test_a_trainers_role_trains_but_reads_nothing_written(
    postgres_server: PostgresServer, postgres_engine: Engine
) -> None:
    clock = SystemClock()
    with writing(postgres_engine) as connection:
        # Roles belong to the server, which other tests share.
        known = "SELECT 1 FROM pg_roles WHERE rolname = 'tabrl_trainer'"
        if connection.execute(text(known)).first() is None:
            connection.execute(text("CREATE ROLE tabrl_trainer NOLOGIN"))
        connection.execute(text("CREATE ROLE gpu LOGIN IN ROLE tabrl_trainer"))
        connection.execute(text("GRANT SELECT ON tasks TO tabrl_trainer"))  # somebody's mistake
    upgrade(postgres_engine)
    task, writer = new_task(clock.now(), prompt="SECRET")
    SqlTaskRepository(postgres_engine, clock).create(task, writer)
    job, model = training(clock.now(), task.id)
    SqlJobRepository(postgres_engine, clock).create_training([job], [model])

    trainer = make_engine(postgres_server.url("platform", user="gpu"))
    jobs, models = SqlJobRepository(trainer, clock), SqlModelRepository(trainer, clock)
    assert jobs.claim(job.id, 15, 3) is not None
    assert jobs.heartbeat(job.id, 1, 15)
    published = models.publish(model.id, fence=1, params_key="k", params_sha256="0" * 64, step=1)
    assert published.params_version == 1
    assert jobs.release(job.id, 1)
    assert jobs.claim(job.id, 15, 3) is not None
    assert jobs.finish(job.id, 2, JobState.SUCCEEDED)

    for statement in (
        "SELECT source FROM candidate_sources",
        "SELECT prompt FROM tasks",
        "SELECT body FROM candidates",
        "SELECT key FROM idempotency_keys",
        "SELECT sha256 FROM tokens",
        "SELECT sha256 FROM shares",
        "DELETE FROM jobs",
        "UPDATE jobs SET spec = NULL",
        "UPDATE models SET robot = 'go2'",
        "INSERT INTO tasks (id) VALUES ('x')",
    ):
        with reading(trainer) as connection, pytest.raises(ProgrammingError) as refused:
            connection.execute(text(statement))
        assert "permission denied" in str(refused.value.orig), statement
    trainer.dispose()
    with reading(postgres_engine) as connection:
        granted = connection.execute(
            text(
                "SELECT DISTINCT table_name FROM information_schema.role_table_grants "
                "WHERE grantee = 'tabrl_trainer'"
            )
        )
        assert {row.table_name for row in granted} == {"jobs", "models", "verified_artifacts"}
