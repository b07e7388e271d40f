"""Who a request is from."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers

from tabrl.adapters.settings import LogIn, Settings
from tabrl.adapters.web.address import TrustedProxies
from tabrl.domain.errors import Invalid, Unauthenticated
from tabrl.domain.people import LOCAL, NOBODY, SHARE, Person, digest, owner_name
from tabrl.ports import ShareRepository, TicketStore, TokenRepository


@dataclass(frozen=True)
class Caller:
    """What of a request tells who it is from."""

    peer: str | None  # the address at the other end of the connection
    headers: Headers
    path: str
    ticket: str | None


@dataclass(frozen=True)
class Identification:
    """Finds out who calls; `way` says how people log in here."""

    way: LogIn
    proxies: TrustedProxies
    user_header: str
    tokens: TokenRepository
    shares: ShareRepository
    tickets: TicketStore

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        tokens: TokenRepository,
        shares: ShareRepository,
        tickets: TicketStore,
    ) -> Identification:
        """As the settings say."""
        proxies = TrustedProxies(settings.trusted_proxies)
        return cls(settings.log_in, proxies, settings.proxy_user_header, tokens, shares, tickets)

    def person(self, caller: Caller) -> Person:
        """Who it is. Raises `Unauthenticated` if nothing of the request tells."""
        if self.way == "none":
            return Person(LOCAL)
        if self.way == "proxy" and self.proxies.trusts(caller.peer):
            name = caller.headers.get(self.user_header)
            if name:
                return self._named(name)
        scheme, _, secret = caller.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret.strip():
            return self._bearer(secret.strip())
        if caller.ticket is not None:
            return self._ticket(caller.ticket, caller.path)
        raise Unauthenticated(
            "This server asks for a token.",
            code="log_in",
            hint="Send `Authorization: Bearer …`; `tabrl token create` makes one.",
        )

    def _named(self, name: str) -> Person:
        try:
            return Person(owner_name(name))
        except Invalid as error:
            raise Unauthenticated(
                "The proxy in front names nobody who could own anything.", code="bad_user"
            ) from error

    def _bearer(self, secret: str) -> Person:
        if secret.startswith(SHARE):
            model_id = self.shares.model_of(digest(secret))
            if model_id is not None:
                return Person(NOBODY, guest_of=model_id)
        else:
            owner = self.tokens.owner_of(digest(secret))
            if owner is not None:
                return Person(owner)
        raise Unauthenticated("This token is unknown here, or was revoked.", code="bad_token")

    def _ticket(self, secret: str, path: str) -> Person:
        found = self.tickets.redeem(secret)
        if found is None or found.address != path:
            raise Unauthenticated(
                "This ticket is not for here, or was used before, or is too old.",
                code="bad_ticket",
                hint="POST for another one.",
            )
        return Person(found.key)
