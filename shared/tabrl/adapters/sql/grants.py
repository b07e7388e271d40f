"""What a trainer's own PostgreSQL role may do: move jobs and models on, and nothing else.

`tasks`, `candidates`, `candidate_sources` and `revisions` hold what people and language models
wrote. The role has no right to read them, whatever code runs as it. An administrator creates the
role (`deploy/postgres/roles.sql`), and every `upgrade` renews its grants.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

TRAINER_ROLE = "tabrl_trainer"

_JOB_COLUMNS = (
    "state, fence, attempt, lease_until, queued_at, enqueued_at, started_at, finished_at, "
    "failure, result, not_before, claimed_at, outages, stage, progress"
)
_MODEL_COLUMNS = "params_key, params_version, params_sha256, step, updated_at"
_GRANTS = (
    f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {TRAINER_ROLE}",
    f"GRANT USAGE ON SCHEMA public TO {TRAINER_ROLE}",
    f"GRANT SELECT, UPDATE ({_JOB_COLUMNS}) ON jobs TO {TRAINER_ROLE}",
    f"GRANT SELECT, UPDATE ({_MODEL_COLUMNS}) ON models TO {TRAINER_ROLE}",
    f"GRANT SELECT ON verified_artifacts TO {TRAINER_ROLE}",
)


def grant_trainer(connection: Connection) -> bool:
    """Renew the role's grants; `False` where there is no such role or no roles at all."""
    if connection.dialect.name != "postgresql" or not _role_exists(connection):
        return False
    for statement in _GRANTS:
        connection.execute(text(statement))
    return True


def _role_exists(connection: Connection) -> bool:
    query = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return connection.execute(query, {"role": TRAINER_ROLE}).first() is not None
