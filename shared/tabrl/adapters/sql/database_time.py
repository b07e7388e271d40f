"""The database's clock, so that hosts may disagree about the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, String, func, literal, type_coerce

from tabrl.adapters.sql.tables import UtcDateTime
from tabrl.ports.queue import Clock


class DatabaseTime:
    """Times as expressions that the database works out within a statement."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        """`clock` stands in for the database's, for tests that move it."""
        self._sqlite = engine.dialect.name == "sqlite"
        self._clock = clock

    def now(self, after_s: float = 0.0) -> ColumnElement[datetime]:
        """The time, or so many seconds later."""
        if self._clock is not None:
            return literal(self._clock.now() + timedelta(seconds=after_s), UtcDateTime)
        if self._sqlite:
            # Written as SQLAlchemy writes times, because SQLite compares the text.
            shifted = func.strftime(
                "%Y-%m-%d %H:%M:%f", "now", f"{after_s:+.3f} seconds", type_=String
            )
            return type_coerce(shifted.concat("000"), UtcDateTime)
        interval = func.make_interval(0, 0, 0, 0, 0, 0, after_s)
        return type_coerce(func.statement_timestamp() + interval, UtcDateTime)
