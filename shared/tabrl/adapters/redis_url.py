"""One Redis URL, in the spelling each library wants."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit


def _socket(url: str) -> tuple[str, str] | None:
    """Path and database of a socket URL; `None` for a network URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("unix", "redis+socket"):
        return None
    query = parse_qs(parts.query)
    database = (query.get("db") or query.get("virtual_host") or ["0"])[0]
    return parts.path, database.strip("/")


def for_redis(url: str) -> str:
    """As redis-py reads it: `unix:///path?db=0` or `redis://…`."""
    socket = _socket(url)
    return url if socket is None else f"unix://{socket[0]}?db={socket[1]}"


def for_celery(url: str) -> str:
    """As Celery reads it: `redis+socket:///path?virtual_host=0` or `redis://…`."""
    socket = _socket(url)
    return url if socket is None else f"redis+socket://{socket[0]}?virtual_host={socket[1]}"
