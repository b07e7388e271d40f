"""Who may talk to a server that has no log-in: Host and Origin, for HTTP and WebSocket alike.

Checking Host stops DNS rebinding, checking Origin stops foreign pages; CORS does neither for
WebSockets.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from tabrl.adapters.settings import Settings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class OriginRules:
    """Decides by the two headers alone."""

    def __init__(self, settings: Settings) -> None:
        self._origins = frozenset(settings.allowed_origins)
        named = {_hostname(origin) for origin in self._origins}
        self._hosts = _LOOPBACK | {settings.host} | set(settings.allowed_hosts) | named
        self._any_host = "*" in settings.allowed_hosts

    def host_allowed(self, host: str | None) -> bool:
        """Whether a Host header names this server; the port is not looked at."""
        if self._any_host:
            return True
        return host is not None and _hostname(f"//{host}") in self._hosts

    def origin_allowed(self, origin: str | None, host: str | None, site: str | None = None) -> bool:
        """Whether a page of `origin` may talk to us; programs send no Origin.

        `site` is the header `Sec-Fetch-Site`, which browsers alone can set: what they call of the
        same origin is, also where a proxy on the way put another Host.
        """
        if origin is None or origin in self._origins or site == "same-origin":
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(parts.netloc) and parts.netloc == host

    def page_allowed(self, origin: str | None) -> bool:
        """Whether a page of `origin` may talk to a server on another port of these hosts."""
        if origin is None or origin in self._origins:
            return True
        return _hostname(origin) in self._hosts and urlsplit(origin).scheme in ("http", "https")


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
