"""Models in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, select, update

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.job_rows import lock_leased
from tabrl.adapters.sql.tables import Stored, Values
from tabrl.adapters.sql.tables import models as table
from tabrl.domain.errors import unknown_model
from tabrl.domain.models import Model
from tabrl.ports.models import Models
from tabrl.ports.queue import Clock

_COLUMNS = [column for column in table.c if column.name != "seq"]


def _model(row: Stored) -> Model:
    return Model.model_validate(dict(row._mapping))


class SqlModelRepository:
    """A `ModelRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, model_id: str) -> Model:
        """Raises `NotFound` (code `unknown_model`)."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_COLUMNS).where(table.c.id == model_id)).one_or_none()
        if row is None:
            raise unknown_model(model_id)
        return _model(row)

    def versions(self, model_ids: Sequence[str]) -> dict[str, int]:
        """The version of the parameters of each of these that there are."""
        query = select(table.c.id, table.c.params_version).where(table.c.id.in_(model_ids))
        with reading(self._engine) as connection:
            return {row.id: row.params_version for row in connection.execute(query)}

    def list(self, limit: int = 200, *, owner: str | None = None) -> Models:
        """Most recently changed first; with `owner`, theirs."""
        query = select(*_COLUMNS).order_by(table.c.updated_at.desc(), table.c.seq.desc())
        if owner is not None:
            query = query.where(table.c.owner == owner)
        with reading(self._engine) as connection:
            return [_model(row) for row in connection.execute(query.limit(limit))]

    def publish(
        self, model_id: str, *, fence: int, params_key: str, params_sha256: str, step: int
    ) -> Model:
        """Point the model at new parameters; see the port."""
        job_id = self.get(model_id).job_id
        own = table.c.id == model_id
        with writing(self._engine) as connection:
            # The job's row is the lock: whoever publishes holds it, so each counts once.
            lock_leased(connection, job_id, fence)
            model = _model(connection.execute(select(*_COLUMNS).where(own)).one())
            published = model.published(
                self._clock.now(), params_key=params_key, params_sha256=params_sha256, step=step
            )
            connection.execute(update(table).where(own).values(**_changes(model, published)))
        return published


def _changes(before: Model, after: Model) -> Values:
    """What has changed; a trainer's role may not write the rest (see `grants`)."""
    old, new = before.model_dump(), after.model_dump()
    return {name: value for name, value in new.items() if value != old[name]}
