"""What an examination found, in words for people."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """One thing worth saying: `code` is stable and for programs, `message` is for people.

    The message is made of the project's own words, names and numbers, never of a user's text.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
