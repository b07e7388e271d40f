"""Object storage through obstore: a local folder, memory or S3 behind the same four calls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from tabrl.adapters.logs import logger
from tabrl.domain.errors import Conflict, Invalid, NotFound, Unavailable
from tabrl.ports.blobs import Keys

if TYPE_CHECKING:
    from obstore.store import ClientConfig

# A store that hangs must not hold whoever asks it: they have a job to give back, or a user.
_ANSWER_S = 15.0
_OPTIONS = (
    "ALLOW_HTTP",
    "ALLOW_INVALID_CERTIFICATES",
    "PROXY_URL",
    "PROXY_CA_CERTIFICATE",
    "PROXY_EXCLUDES",
    "USER_AGENT",
)


class ObstoreBlobStore:
    """A `BlobStore` over any obstore store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._conditional = True

    def put(self, key: str, data: bytes) -> None:
        """Create a blob. Raises `Conflict` (code `blob_exists`) if the key is taken."""
        try:
            if not self._conditional:
                self._put_unless_there(key, data)
                return
            # One request, not multipart: S3 honours If-None-Match only on a plain put.
            obstore.put(self._store, key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            raise _taken(key) from None
        except BaseError as error:
            if not self._conditional or not _lacks_conditional_put(error):
                raise _unavailable(error) from error
            logger.warning("the object store has no conditional put: it is asked before instead")
            self._conditional = False
            self.put(key, data)

    def _put_unless_there(self, key: str, data: bytes) -> None:
        # Of two at the same moment both may write: keys hold the fence or the content's hash.
        if self.exists(key):
            raise _taken(key)
        obstore.put(self._store, key, data, use_multipart=False)

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


def _client_options(answer_s: float) -> ClientConfig:
    """Timeouts, and what the environment says: options that are given replace all of those."""
    options: dict[str, object] = {
        name.lower(): os.environ[f"AWS_{name}"] for name in _OPTIONS if f"AWS_{name}" in os.environ
    }
    options |= {"connect_timeout": timedelta(seconds=2), "timeout": timedelta(seconds=answer_s)}
    return cast("ClientConfig", options)


def _taken(key: str) -> Conflict:
    return Conflict(f"The blob {key} exists already.", code="blob_exists")


def _lacks_conditional_put(error: BaseError) -> bool:
    return isinstance(error, NotSupportedError) or "501 Not Implemented" in str(error)


def _unavailable(error: BaseError) -> Unavailable:
    return Unavailable(
        f"The object store failed ({type(error).__name__}).", code="blob_store_unavailable"
    )


def make_blob_store(url: str, answer_s: float = _ANSWER_S) -> ObstoreBlobStore:
    """The store behind `file:///…`, `s3://bucket[/prefix]` or `memory://`.

    A server that does not answer within about `answer_s` counts as unavailable.

    S3 takes endpoint, region and credentials from the usual `AWS_…` variables. Raises `Invalid`
    (code `blob_url`) for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True)
        return ObstoreBlobStore(LocalStore(folder))
    if parts.scheme == "s3":
        store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options=_client_options(answer_s),
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=answer_s)},
        )
        return ObstoreBlobStore(store)
    if parts.scheme == "memory":
        return ObstoreBlobStore(MemoryStore())
    raise Invalid(
        f"TABRL_BLOB_URL has the unknown scheme {parts.scheme!r}.",
        code="blob_url",
        hint="Use file:///…, s3://bucket or memory://.",
    )
