"""Object storage through obstore: a local folder, memory or S3 behind the same four calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from tabrl.domain.errors import Conflict, Invalid, NotFound, Unavailable
from tabrl.ports.blobs import Keys


class ObstoreBlobStore:
    """A `BlobStore` over any obstore store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        """Create a blob. Raises `Conflict` (code `blob_exists`) if the key is taken."""
        try:
            # One request, not multipart: S3 honours If-None-Match only on a plain put.
            obstore.put(self._store, key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            raise Conflict(f"The blob {key} exists already.", code="blob_exists") from None
        except BaseError as error:
            raise _unavailable(error) from error

    def get(self, key: str) -> bytes:
        """Read a blob. Raises `NotFound` (code `blob_not_found`)."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            raise NotFound(f"There is no blob {key}.", code="blob_not_found") from None
        except BaseError as error:
            raise _unavailable(error) from error

    def exists(self, key: str) -> bool:
        """Whether a key is taken."""
        try:
            obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise _unavailable(error) from error
        return True

    def list(self, prefix: str) -> Keys:
        """All keys below a folder, sorted."""
        try:
            pages = obstore.list(self._store, prefix.rstrip("/") or None)
            return sorted(entry["path"] for page in pages for entry in page)
        except BaseError as error:
            raise _unavailable(error) from error

    def delete(self, keys: Sequence[str]) -> None:
        """Remove blobs; keys that do not exist are passed over."""
        for key in keys:
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                continue
            except BaseError as error:
                raise _unavailable(error) from error


def _unavailable(error: BaseError) -> Unavailable:
    return Unavailable(
        f"The object store failed ({type(error).__name__}).", code="blob_store_unavailable"
    )


def make_blob_store(url: str) -> ObstoreBlobStore:
    """The store behind `file:///…`, `s3://bucket[/prefix]` or `memory://`.

    S3 takes endpoint, region and credentials from the usual `AWS_…` variables. Raises `Invalid`
    (code `blob_url`) for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True)
        return ObstoreBlobStore(LocalStore(folder))
    if parts.scheme == "s3":
        return ObstoreBlobStore(S3Store(parts.netloc, prefix=parts.path.strip("/") or None))
    if parts.scheme == "memory":
        return ObstoreBlobStore(MemoryStore())
    raise Invalid(
        f"TABRL_BLOB_URL has the unknown scheme {parts.scheme!r}.",
        code="blob_url",
        hint="Use file:///…, s3://bucket or memory://.",
    )
