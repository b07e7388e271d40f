"""`/api/me`."""

from __future__ import annotations

from fastapi import APIRouter

from tabrl_api.context import WithContext
from tabrl_api.people import service
from tabrl_api.people.access import WithPerson
from tabrl_api.people.schemas import PersonView

router = APIRouter(prefix="/api/me", tags=["people"])


@router.get("", operation_id="getPerson", summary="Who asks, and how people log in")
def get_person(person: WithPerson, context: WithContext) -> PersonView:
    """On loopback everybody is `local` and nobody logs in."""
    return service.person_view(person, context.settings.log_in)
