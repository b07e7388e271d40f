"""An HTTP client that reads no answer without end."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx

MAX_ANSWER = 4_000_000  # bytes; a long answer with its reasoning has a tenth of that


class TooLongError(Exception):
    """An answer that goes on and on."""


class _CappedStream(httpx.AsyncByteStream):
    """A body that may have so many bytes, unpacked if it is `packed` (gzip or zlib)."""

    def __init__(self, stream: httpx.AsyncByteStream, limit: int, packed: bool) -> None:
        self._stream = stream
        self._limit = limit
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            data = chunk
            if self._unpacker is not None:
                data = self._unpacker.decompress(chunk, self._limit + 1)
            read += len(data)
            if read > self._limit:
                raise TooLongError
            yield data

    async def aclose(self) -> None:
        await self._stream.aclose()


def capped_client(limit: int = MAX_ANSWER) -> httpx.AsyncClient:
    """A client whose answers end after `limit` bytes (`TooLongError`).

    It follows no redirects, so that a prompt goes nowhere but where it was sent, and keeps no
    connection, so that it works on any event loop.
    """

    async def cap(response: httpx.Response) -> None:
        # Unpacked here, for a packed answer of a few bytes may have gigabytes.
        packing = response.headers.pop("Content-Encoding", "identity").lower()
        if packing not in ("identity", "gzip", "deflate"):
            raise TooLongError
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _CappedStream(response.stream, limit, packing != "identity")

    return httpx.AsyncClient(
        event_hooks={"response": [cap]},
        headers={"Accept-Encoding": "identity"},  # what is counted is what is kept
        limits=httpx.Limits(max_keepalive_connections=0),
    )
