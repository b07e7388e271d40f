"""People as clients see them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tabrl.adapters.settings import LogIn


class PersonView(BaseModel):
    """Who asks, and how people log in here."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"owner": "local", "log_in": "none", "guest_of": None}]}
    )

    owner: str = Field(description="Whose tasks, jobs and models are shown; empty for a guest.")
    log_in: LogIn = Field(
        description="Where it is not `none`, streams and sockets of a page need tickets."
    )
    guest_of: str | None = Field(description="The one model that a guest may look at.")


class TicketView(BaseModel):
    """Opens one stream or socket, once: `?ticket=…` at its address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ticket": "ticket_x7c2q4mzk3hf5wpa", "good_for_s": 30}]}
    )

    ticket: str
    good_for_s: int
