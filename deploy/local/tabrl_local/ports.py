"""TCP ports: which are free, and a clear word when the wanted one is not."""

from __future__ import annotations

import socket

from tabrl_local.errors import CommandError


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on this address now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except PermissionError:
            return False
        except OSError:
            return False
    return True


def require_free(host: str, port: int) -> None:
    """Raise CommandError if something listens on this address already."""
    try:
        socket.getaddrinfo(host, port)
    except OSError as error:
        raise CommandError(
            f"{host!r} is no address of this machine", hint="choose another --host"
        ) from error
    if not is_free(host, port):
        raise CommandError(
            f"port {port} on {host} is in use",
            hint="stop what listens there, or choose another with --port",
            code="port_in_use",
        )


def pick_free(host: str, wanted: int, taken: set[int]) -> int:
    """`wanted` or the next free port that is not in `taken`; the result is added to `taken`."""
    for port in range(wanted, min(wanted + 200, 65_536)):
        if port not in taken and is_free(host, port):
            taken.add(port)
            return port
    raise CommandError(f"no free port between {wanted} and {wanted + 200} on {host}")
