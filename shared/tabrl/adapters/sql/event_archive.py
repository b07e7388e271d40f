"""Events of ended jobs in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.tables import job_records as table
from tabrl.contracts.events import EVENT
from tabrl.ports.events import StoredEvent
from tabrl.ports.queue import Clock
from tabrl.ports.retention import Events


class SqlEventArchive:
    """An `EventArchive` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, job_id: str, events: Sequence[StoredEvent]) -> None:
        """Keep them; what was kept first stays."""
        stored = [[entry.id, EVENT.dump_python(entry.event, mode="json")] for entry in events]
        with writing(self._engine) as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            row = {"job_id": job_id, "events": stored, "recorded_at": self._clock.now()}
            connection.execute(dialect.insert(table).values(row).on_conflict_do_nothing())

    def read(self, job_id: str, after: str = "0-0") -> Events:
        """Events of a job behind the id `after`; those of unknown kinds are left out."""
        query = select(table.c.events).where(table.c.job_id == job_id)
        with reading(self._engine) as connection:
            stored = connection.execute(query).scalar_one_or_none() or []
        events = []
        for entry_id, document in stored:
            try:
                entry = StoredEvent(entry_id, EVENT.validate_python(document))
            except ValidationError:  # of a later version
                continue
            if _order(entry_id) > _order(after):
                events.append(entry)
        return events


def _order(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence or 0)
