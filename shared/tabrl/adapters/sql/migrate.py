"""Bringing a database up to date. The api does it before it serves."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from tabrl.adapters.logs import logger
from tabrl.adapters.sql.engine import patient, writing
from tabrl.adapters.sql.grants import grant_trainer

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_262_031  # any number; the same for everybody who migrates


BEFORE = "0002"  # as the version before this one left the tables


def upgrade(engine: Engine) -> None:
    """Run all missing revisions in one transaction; concurrent callers take turns.

    Tables of a later version are left as they are: it only adds to what this one reads and writes,
    so both can be at work while one takes over from the other.
    """
    with writing(engine) as connection, patient(connection):
        present = present_revision(connection)
        if present is not None and not known_revision(present):
            logger.warning("the tables are of a later version (%s) and left as they are", present)
            return
        upgrade_within(connection, "head")


def roll_back(engine: Engine) -> None:
    """Bring the tables to where the version before this one can migrate and use them."""
    with writing(engine) as connection, patient(connection):
        _lock(connection)
        command.downgrade(_config(connection), BEFORE)


def upgrade_within(connection: Connection, revision: str) -> None:
    """The same up to a revision, in a transaction of the caller's."""
    _lock(connection)
    command.upgrade(_config(connection), revision)
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


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
