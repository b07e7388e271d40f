"""An HTTP client that reads no answer without end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

MAX_ANSWER = 4_000_000  # bytes; a long answer with its reasoning has a tenth of that


class TooLongError(Exception):
    """An answer that goes on and on."""


class _CappedStream(httpx.AsyncByteStream):
    """A body that may have so many bytes."""

    def __init__(self, stream: httpx.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > self._limit:
                raise TooLongError
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def capped_client(limit: int = MAX_ANSWER) -> httpx.AsyncClient:
    """A client whose answers end after `limit` bytes (`TooLongError`).

    It follows no redirects, so that a prompt goes nowhere but where it was sent, and keeps no
    connection, so that it works on any event loop.
    """

    async def cap(response: httpx.Response) -> None:
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _CappedStream(response.stream, limit)

    return httpx.AsyncClient(
        event_hooks={"response": [cap]},
        headers={"Accept-Encoding": "identity"},  # what is counted is what is kept
        limits=httpx.Limits(max_keepalive_connections=0),
    )
