"""A backup of database and store that fit each other, made while everything runs, and back.

The database is read at one moment. Blobs are never changed, only added and, long after nothing
names them any more, deleted: so those that the rows name are copied behind it. What workers wrote
under a later claim than the rows know is left out, or the restored jobs could not write it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, ValidationError

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.dump import Dump, dump, load, raise_unless_empty, stored_rows
from tabrl.adapters.sql.engine import make_engine, reading
from tabrl.adapters.sql.migrate import known_revision
from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.ports import BlobStore
from tabrl.ports.blobs import CHECKPOINTS, EPISODES, PARAMS

FORMAT = 1
TRIES = 3  # for what was deleted while it was copied
_MANIFEST = "manifest.json"  # written last: without it a backup is not complete
_DATABASE = "database"
_OBJECTS = "objects"
_WORKERS = 8


class StoredBlob(BaseModel):
    """One blob of a backup."""

    model_config = ConfigDict(frozen=True)

    key: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds; `missing` are blobs that rows name and the store no longer had."""

    model_config = ConfigDict(frozen=True)

    format: int
    made_at: datetime
    version: str
    revision: str
    rows: dict[str, int]
    files: dict[str, str]  # sha256 by table's file
    blobs: list[StoredBlob]
    missing: list[str] = []

    @property
    def bytes(self) -> int:
        """Size of all blobs."""
        return sum(blob.bytes for blob in self.blobs)


def backup(settings: Settings, folder: Path) -> Manifest:
    """Write a backup into a new or empty folder that only its owner can read.

    Raises `Conflict` (code `folder_not_empty`), or `Unavailable`.
    """
    _make_private(folder)
    source, target = make_blob_store(settings.blobs), _objects(folder)
    copied: dict[str, StoredBlob] = {}
    for _ in range(TRIES):
        dumped = _dump(settings, folder / _DATABASE)
        wanted = [*_wanted(source.list(""), _fences(folder / _DATABASE))]
        copied |= _copied(source, target, [key for key in wanted if key not in copied])
        missing = _named(folder / _DATABASE) - set(copied)
        if not missing:
            break
    manifest = Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC),
        version=version("tabrl-api"),
        revision=dumped.revision,
        rows=dumped.rows,
        files=_hashes(folder / _DATABASE, dumped),
        blobs=[copied[key] for key in wanted if key in copied],
        missing=sorted(missing),
    )
    (folder / _MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    return manifest


def restore(settings: Settings, folder: Path) -> Manifest:
    """Fill an empty database and a store from a backup; services may be started then.

    Raises:
        Invalid: what is in the folder is no whole backup, or of a later version (code
            `no_backup`, `backup_damaged` or `backup_too_new`).
        Conflict: there is something else already (code `database_not_empty` or `blob_exists`).
    """
    manifest = read_manifest(folder)
    engine = make_engine(settings.database)
    with reading(engine) as connection:
        raise_unless_empty(connection)
    source, target = _objects(folder), make_blob_store(settings.blobs)
    with ThreadPoolExecutor(_WORKERS) as pool:
        for _ in pool.map(lambda blob: _put_back(blob, source, target), manifest.blobs):
            pass
    load(engine, folder / _DATABASE, manifest.revision)
    engine.dispose()
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What a backup holds, its files of rows checked. Raises `Invalid` as `restore` does."""
    try:
        manifest = Manifest.model_validate_json((folder / _MANIFEST).read_bytes())
    except (OSError, ValidationError):
        raise Invalid(f"{folder} holds no complete backup.", code="no_backup") from None
    if manifest.format > FORMAT or not known_revision(manifest.revision):
        raise Invalid(
            f"The backup is of a later version of TabRL ({manifest.version}).",
            code="backup_too_new",
            hint="Restore it with that version, or a later one.",
        )
    for name, sha256 in manifest.files.items():
        path = folder / _DATABASE / name
        if not path.is_file() or _sha256(path.read_bytes()) != sha256:
            raise _damaged(f"{_DATABASE}/{name}")
    return manifest


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Conflict(
            f"{folder} is not empty.", code="folder_not_empty", hint="Name a new folder."
        )
    folder.chmod(0o700)  # it holds what people wrote
    for name in (_DATABASE, _OBJECTS):
        (folder / name).mkdir()


def _objects(folder: Path) -> BlobStore:
    return make_blob_store((folder / _OBJECTS).absolute().as_uri())


def _dump(settings: Settings, folder: Path) -> Dump:
    engine = make_engine(settings.database)
    try:
        return dump(engine, folder)
    finally:
        engine.dispose()


def _fences(folder: Path) -> dict[str, int]:
    return {str(row["id"]): cast(int, row["fence"]) for row in stored_rows(folder, "jobs")}


def _wanted(keys: Iterable[str], fences: dict[str, int]) -> Iterator[str]:
    """Those of no later claim than the rows know."""
    for key in keys:
        folder, *parts = key.split("/")
        of_a_claim = folder in (PARAMS, CHECKPOINTS, EPISODES) and len(parts) > 1
        if not of_a_claim or int(parts[1]) <= fences.get(parts[0], -1):
            yield key


def _named(folder: Path) -> set[str]:
    """Blobs that the rows name."""
    named = {str(row["params_key"]) for row in stored_rows(folder, "models")}
    for row in stored_rows(folder, "candidates"):
        body = cast(dict[str, str], row["body"])
        named.add(f"artifacts/{body['artifact_sha256']}.bin")
    return named


def _copied(source: BlobStore, target: BlobStore, keys: list[str]) -> dict[str, StoredBlob]:
    """What could be copied; what was deleted meanwhile is passed over."""

    def copy(key: str) -> StoredBlob | None:
        try:
            data = source.get(key)
        except NotFound:
            return None
        target.put(key, data)
        return StoredBlob(key=key, bytes=len(data), sha256=_sha256(data))

    with ThreadPoolExecutor(_WORKERS) as pool:
        return {blob.key: blob for blob in pool.map(copy, keys) if blob is not None}


def _put_back(blob: StoredBlob, source: BlobStore, target: BlobStore) -> None:
    try:
        data = source.get(blob.key)
    except NotFound:
        raise _damaged(blob.key) from None
    if _sha256(data) != blob.sha256:
        raise _damaged(blob.key)
    try:
        target.put(blob.key, data)
    except Conflict:
        if target.get(blob.key) != data:
            raise


def _hashes(folder: Path, dumped: Dump) -> dict[str, str]:
    names = sorted(f"{table}.jsonl" for table in dumped.rows)
    return {name: _sha256((folder / name).read_bytes()) for name in names}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _damaged(name: str) -> Invalid:
    return Invalid(f"The backup is damaged: {name} is not what was written.", code="backup_damaged")
