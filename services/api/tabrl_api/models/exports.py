"""Models in formats to take away: the exporter builds them, and the gateway asks it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException
from typing import IO, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tabrl.domain.errors import Conflict, Invalid, NotFound, TabrlError, Unavailable
from tabrl.domain.models import Model

_LIST_S, _EXPORT_S = 3.0, 60.0  # how long the exporter may be silent
_CHUNK = 64 * 1024
_KINDS: dict[int, type[TabrlError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.UNPROCESSABLE_ENTITY: Invalid,
}


class ExportFormatView(BaseModel):
    """A format in which models can be downloaded."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "numpy", "words": "a numpy program"}]}
    )

    name: str = Field(description="As it stands in the address.")
    words: str = Field(description="What it is, in a few words.")
    episodes: bool = Field(default=False, description="Whether it shows evaluated episodes.")


class ExportFormatList(BaseModel):
    """Formats, in the order in which a menu shows them."""

    formats: list[ExportFormatView]

    def shows_episodes(self, name: str) -> bool:
        """Whether a format does; an exporter of a version before knows none that do."""
        return any(one.episodes for one in self.formats if one.name == name)


class Exporter(Protocol):
    """Who builds exports."""

    def formats(self) -> ExportFormatList:
        """What it can build. Raises `Unavailable` (code `exporter_unavailable`)."""
        ...

    def export(
        self, name: str, model: Model, params: bytes, sentence: str, episodes: bytes
    ) -> Iterator[bytes]:
        """A model in a format, as the chunks of a zip; `sentence` is its task, `episodes` the file
        of evaluated ones, empty where there are none or the format shows none.

        Raises what the format refuses, or `Unavailable` (code `exporter_unavailable`).
        """
        ...


class HttpExporter:
    """The exporter at an address."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        # It is a part of the platform: no proxy lies between.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def formats(self) -> ExportFormatList:
        with self._answer(urllib.request.Request(f"{self._address}/formats"), _LIST_S) as answer:
            try:
                return ExportFormatList.model_validate({"formats": json.load(answer)})
            except (ValueError, ValidationError) as error:
                raise _unavailable("it answers in another way") from error

    def export(
        self, name: str, model: Model, params: bytes, sentence: str, episodes: bytes
    ) -> Iterator[bytes]:
        about = {"model": model.id, "version": model.params_version}
        query = urllib.parse.urlencode(about)
        path = urllib.parse.quote(name, safe="")
        request = urllib.request.Request(
            f"{self._address}/exports/{path}?{query}",
            data=params + episodes,
            headers={  # addresses are logged, and sentences are somebody's
                "Content-Type": "application/octet-stream",
                "X-Sentence": urllib.parse.quote(sentence),
                "X-Episodes-Bytes": str(len(episodes)),
            },
        )
        return _chunks(self._answer(request, _EXPORT_S))

    def _answer(self, request: urllib.request.Request, within_s: float) -> IO[bytes]:
        try:
            answer: IO[bytes] = self._opener.open(request, timeout=within_s)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise _unavailable(str(reason)) from error
        return answer


def _chunks(answer: IO[bytes]) -> Iterator[bytes]:
    with answer:
        while chunk := answer.read(_CHUNK):
            yield chunk


def _refusal(error: urllib.error.HTTPError) -> TabrlError:
    """What the exporter says against it, in its own words."""
    kind = _KINDS.get(error.code)
    try:
        said = json.loads(error.read())
        if kind is not None:
            return kind(said["message"], code=said["code"], hint=said["hint"])
    except (ValueError, LookupError, TypeError):
        pass
    return _unavailable(f"it answers {error.code}")


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(
        f"The exporter does not answer: {reason}.",
        code="exporter_unavailable",
        hint="See that it runs, and that TABRL_EXPORTER_URL is its address.",
    )
