"""Addresses: which of them are this machine's own, and who stands behind a proxy."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that binds to `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class TrustedProxies:
    """Tells a trusted proxy from anybody who sends its headers."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ip_network(network, strict=False) for network in networks]

    def trusts(self, peer: str | None) -> bool:
        """Whether a connection comes from a trusted proxy."""
        try:
            address = ip_address(peer or "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._networks)

    def client(self, peer: str | None, forwarded_for: str | None) -> str:
        """Who connects: the last of `X-Forwarded-For` that is no trusted proxy, else the peer."""
        found = peer or ""
        for hop in reversed((forwarded_for or "").split(",")):
            if not self.trusts(found) or not hop.strip():
                break
            found = hop.strip()
        return found
