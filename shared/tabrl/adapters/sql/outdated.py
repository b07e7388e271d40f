"""Artifacts of earlier verifiers with their sources. Trainer and inference may not import this."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select, update

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.tables import candidate_sources, candidates
from tabrl.adapters.sql.tables import verified_artifacts as table
from tabrl.domain.tasks import Candidate
from tabrl.ports.artifacts import OutdatedArtifact
from tabrl.rewards.limits import VERIFIER

_HASH = candidates.c.body["artifact_sha256"].as_string()


class SqlOutdatedArtifacts:
    """An `OutdatedArtifacts` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outdated(self, limit: int) -> list[OutdatedArtifact]:
        """Newest first; what a later verifier wrote is left to it."""
        query = (
            select(table.c.sha256, table.c.robot)
            .where(table.c.verifier < VERIFIER)
            .where(table.c.replaced_by.is_(None), table.c.refused.is_(None))
            .order_by(table.c.created_at.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            return [_with_source(connection, row.sha256, row.robot) for row in rows]

    def replace(self, sha256: str, by: str) -> None:
        """Note what became of an artifact; its candidates take the new one over."""
        if sha256 == by:  # the very same bytes passed, which is recorded already
            return
        own = select(candidates.c.task_id, candidates.c.n, candidates.c.body)
        with writing(self._engine) as connection:
            for row in connection.execute(own.where(sha256 == _HASH).with_for_update()).all():
                same = (candidates.c.task_id == row.task_id) & (candidates.c.n == row.n)
                body = {**row.body, "artifact_sha256": by}
                connection.execute(update(candidates).where(same).values(body=body))
            verdict = update(table).where(table.c.sha256 == sha256, table.c.verifier < VERIFIER)
            connection.execute(verdict.values(replaced_by=by))

    def refuse(self, sha256: str, code: str) -> None:
        """Note that nothing became of it, and why."""
        verdict = update(table).where(table.c.sha256 == sha256, table.c.verifier < VERIFIER)
        with writing(self._engine) as connection:
            connection.execute(verdict.values(refused=code))


def _with_source(connection: Connection, sha256: str, robot: str) -> OutdatedArtifact:
    same = (candidate_sources.c.task_id == candidates.c.task_id) & (
        candidate_sources.c.n == candidates.c.n
    )
    query = (
        select(candidates.c.body, candidate_sources.c.source)
        .join(candidate_sources, same)
        .where(sha256 == _HASH)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return OutdatedArtifact(sha256, robot, None, "")
    return OutdatedArtifact(sha256, robot, Candidate.model_validate(row.body), row.source)
