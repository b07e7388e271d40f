"""What a trainer's own PostgreSQL role may do: move jobs and models on, and nothing else.

`tasks`, `candidates` and `candidate_sources` hold what people and language models wrote. The role
has no right to read them, whatever code runs as it. `upgrade` renews the grants whenever the role
exists; `python -m tabrl.adapters.sql.grants` creates it first (once, as an administrator).
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine, writing
from tabrl.domain.errors import Invalid

TRAINER_ROLE = "tabrl_trainer"

_JOB_COLUMNS = (
    "state, fence, attempt, lease_until, queued_at, enqueued_at, started_at, finished_at, "
    "failure, result"
)
_MODEL_COLUMNS = "params_key, params_version, params_sha256, step, updated_at"
_GRANTS = (
    f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {TRAINER_ROLE}",
    f"GRANT USAGE ON SCHEMA public TO {TRAINER_ROLE}",
    f"GRANT SELECT, UPDATE ({_JOB_COLUMNS}) ON jobs TO {TRAINER_ROLE}",
    f"GRANT SELECT, UPDATE ({_MODEL_COLUMNS}) ON models TO {TRAINER_ROLE}",
)


def grant_trainer(connection: Connection) -> bool:
    """Renew the role's grants; `False` where there is no such role or no roles at all."""
    if connection.dialect.name != "postgresql" or not _role_exists(connection):
        return False
    for statement in _GRANTS:
        connection.execute(text(statement))
    return True


def create_trainer_role(connection: Connection) -> None:
    """Create the role, without a log-in, and grant it its rights.

    Grant it to the log-in of the trainers: `GRANT tabrl_trainer TO …`. Raises `Invalid` (code
    `no_roles`) on SQLite.
    """
    if connection.dialect.name != "postgresql":
        raise Invalid("Only PostgreSQL has roles.", code="no_roles")
    if not _role_exists(connection):
        connection.execute(text(f"CREATE ROLE {TRAINER_ROLE} NOLOGIN"))
    grant_trainer(connection)


def _role_exists(connection: Connection) -> bool:
    query = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return connection.execute(query, {"role": TRAINER_ROLE}).first() is not None


if __name__ == "__main__":
    with writing(make_engine(Settings().database)) as administrator:
        create_trainer_role(administrator)
