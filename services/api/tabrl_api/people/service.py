"""Tickets, links and who asks."""

from __future__ import annotations

from tabrl.adapters.redis_tickets import GOOD_FOR
from tabrl.adapters.settings import LogIn
from tabrl.domain.people import SHARE, Person, Ticket, digest, new_secret
from tabrl.ports import ShareRepository, TicketStore
from tabrl_api.people.schemas import PersonView, TicketView


def person_view(person: Person, log_in: LogIn) -> PersonView:
    """Who asks, as they see it."""
    return PersonView(owner=person.owner, log_in=log_in, guest_of=person.guest_of)


def ticket(address: str, person: Person, tickets: TicketStore) -> TicketView:
    """A ticket for an address that the person may open. Raises `Unavailable`."""
    secret = tickets.issue(Ticket(person.key, address))
    return TicketView(ticket=secret, good_for_s=int(GOOD_FOR.total_seconds()))


def share(model_id: str, shares: ShareRepository) -> str:
    """A new secret that lets whoever has it look at a model."""
    secret = new_secret(SHARE)
    shares.add(model_id, digest(secret))
    return secret
