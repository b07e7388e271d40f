"""What every object store promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tabrl.adapters.blobs import make_blob_store
from tabrl.domain.errors import Conflict, Invalid, NotFound, Unavailable
from tabrl.ports import BlobStore
from tests.twins import MemoryBlobStore


@pytest.fixture(params=["twin", "memory", "local", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Each kind of store in turn, empty."""
    if request.param == "twin":
        return MemoryBlobStore()
    if request.param == "memory":
        return make_blob_store("memory://")
    if request.param == "local":
        return make_blob_store((tmp_path / "a folder").as_uri())
    return make_blob_store(f"{request.getfixturevalue('s3_url')}/{uuid4().hex}")


def test_a_blob_comes_back(blobs: BlobStore) -> None:
    data = bytes(range(256)) * 4096
    blobs.put("params/job_a/1/8.safetensors", data)
    assert blobs.get("params/job_a/1/8.safetensors") == data
    assert blobs.exists("params/job_a/1/8.safetensors")
    assert not blobs.exists("params/job_a/1")
    blobs.put("empty", b"")
    assert blobs.get("empty") == b""


def test_what_is_missing_is_named(blobs: BlobStore) -> None:
    with pytest.raises(NotFound) as refused:
        blobs.get("nothing/here")
    assert refused.value.code == "blob_not_found"
    assert not blobs.exists("nothing/here")


def test_a_key_is_written_once(blobs: BlobStore) -> None:
    blobs.put("k", b"first")
    with pytest.raises(Conflict) as refused:
        blobs.put("k", b"second")
    assert refused.value.code == "blob_exists"
    assert blobs.get("k") == b"first"


def test_of_racing_writers_one_wins(blobs: BlobStore) -> None:
    def write(n: int) -> bytes | None:
        try:
            blobs.put("race", f"{n}".encode())
        except Conflict:
            return None
        return f"{n}".encode()

    with ThreadPoolExecutor(8) as pool:
        winners = [one for one in pool.map(write, range(16)) if one is not None]
    assert winners == [blobs.get("race")]


def test_folders_are_listed_and_emptied(blobs: BlobStore) -> None:
    for key in ("a/2", "a/1", "ab/1", "b"):
        blobs.put(key, b"x")
    assert blobs.list("a") == blobs.list("a/") == ["a/1", "a/2"]
    assert blobs.list("") == ["a/1", "a/2", "ab/1", "b"]
    assert blobs.list("nothing") == []
    blobs.delete(["a/1", "a/never", "b"])
    assert blobs.list("") == ["a/2", "ab/1"]


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        make_blob_store("ftp://x")
    assert refused.value.code == "blob_url"


def test_an_unreachable_store_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(Unavailable) as refused:
        make_blob_store("s3://nowhere").get("k")
    assert refused.value.code == "blob_store_unavailable"
