"""The database's statements and connections, measured."""

from __future__ import annotations

import time

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from tabrl.adapters.metrics import PartMetrics

_STARTED = "tabrl_started"
_OPERATIONS = frozenset({"select", "insert", "update", "delete"})


def observe_engine(engine: Engine, metrics: PartMetrics) -> Engine:
    """Measure every statement of an engine, and its pool; returns the engine."""

    def before(connection: Connection, *_: object) -> None:
        connection.info.setdefault(_STARTED, []).append(time.monotonic())

    def after(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        started = connection.info[_STARTED].pop()
        seconds = time.monotonic() - started
        metrics.call_seconds.labels("database", _operation(statement)).observe(seconds)

    def failed(context: ExceptionContext) -> None:
        if context.connection is not None and context.statement is not None:
            started: list[float] = context.connection.info.get(_STARTED, [])
            if started:
                started.pop()
        if context.is_disconnect or isinstance(context.sqlalchemy_exception, OperationalError):
            metrics.failures.labels("database").inc()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)
    metrics.pool_used.set_function(lambda: _used(engine))
    metrics.pool_size.set_function(lambda: _size(engine))
    return engine


def _operation(statement: str) -> str:
    """What a statement does; anything but the usual, such as BEGIN, is `other`."""
    word = statement.lstrip()[:6].lower()
    return word if word in _OPERATIONS else "other"


def _used(engine: Engine) -> float:
    return float(engine.pool.checkedout()) if isinstance(engine.pool, QueuePool) else 0.0


def _size(engine: Engine) -> float:
    return float(engine.pool.size()) if isinstance(engine.pool, QueuePool) else 1.0
