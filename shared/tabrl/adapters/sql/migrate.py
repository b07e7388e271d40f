"""Bringing a database up to date. The api does it before it serves."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from tabrl.adapters.sql.engine import patient, writing
from tabrl.adapters.sql.grants import grant_trainer

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_262_031  # any number; the same for everybody who migrates


def upgrade(engine: Engine) -> None:
    """Run all missing revisions in one transaction; concurrent callers take turns."""
    with writing(engine) as connection, patient(connection):
        upgrade_within(connection, "head")


def upgrade_within(connection: Connection, revision: str) -> None:
    """The same up to a revision, in a transaction of the caller's."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if revision == "head":
        grant_trainer(connection)


def present_revision(connection: Connection) -> str | None:
    """Which revision the tables have; None before the first."""
    revision: str | None = MigrationContext.configure(connection).get_current_revision()
    return revision


def newest_revision() -> str:
    """The revision that this version needs."""
    head = _script().get_current_head()
    assert head is not None
    return head


def known_revision(revision: str) -> bool:
    """Whether this version knows it; those of later versions it does not."""
    return any(script.revision == revision for script in _script().walk_revisions())


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
