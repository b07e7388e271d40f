"""Bringing a database up to date. The api does it before it serves."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from tabrl.adapters.sql.engine import patient, writing
from tabrl.adapters.sql.grants import grant_trainer

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_262_031  # any number; the same for everybody who migrates


def upgrade(engine: Engine) -> None:
    """Run all missing revisions in one transaction; concurrent callers take turns."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with writing(engine) as connection, patient(connection):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        grant_trainer(connection)
