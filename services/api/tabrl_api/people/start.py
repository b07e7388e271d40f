"""What must be so before the gateway listens to others."""

from __future__ import annotations

from tabrl.adapters.settings import Settings
from tabrl.adapters.web.address import is_loopback
from tabrl.domain.errors import Conflict
from tabrl.ports import TokenRepository


def needs_token(settings: Settings) -> bool:
    """Whether the gateway may not start without anybody who could log in with a token."""
    return settings.log_in == "token" and not is_loopback(settings.host)


def raise_unless_guarded(settings: Settings, tokens: TokenRepository) -> None:
    """Raises `Conflict` if strangers would be let in, or nobody at all."""
    if settings.log_in == "proxy" and not settings.trusted_proxies:
        raise Conflict(
            "TABRL_AUTH=proxy needs the proxy's address in TABRL_TRUSTED_PROXIES.",
            code="no_trusted_proxy",
        )
    if needs_token(settings) and not tokens.any_valid():
        raise Conflict(
            f"{settings.host} can be reached from other machines, and there is no token yet.",
            code="no_token",
            hint="Make one with `tabrl token create NAME`, or let everybody in who reaches it "
            "with TABRL_AUTH=none.",
        )
