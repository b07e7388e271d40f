"""The formats that a model can be taken away in. A new one is a line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tabrl.domain.errors import NotFound
from tabrl.export.deploy.bundle import deploy_bundle
from tabrl.export.exportable import Exportable, Files
from tabrl.export.numpy_program import numpy_program
from tabrl.export.web import web_folder


@dataclass(frozen=True)
class ExportFormat:
    """A format: its name in addresses and commands, what it is in a few words, and its writer.

    The writer raises `Invalid` (with a code and a hint) for what the format cannot hold;
    `episodes` says whether it shows evaluated ones.
    """

    name: str
    words: str
    write: Callable[[Exportable], Files]
    episodes: bool = False


Formats = Mapping[str, ExportFormat]


def by_name(*formats: ExportFormat) -> Formats:
    """Formats by their names, in this order."""
    return MappingProxyType({one.name: one for one in formats})


FORMATS = by_name(
    ExportFormat("numpy", "a numpy program", numpy_program),
    ExportFormat("web", "a folder that plays in any browser", web_folder, episodes=True),
    ExportFormat("deploy", "a bundle for a robot's computer", deploy_bundle),
)  # fmt: skip


def format_named(name: str, formats: Formats = FORMATS) -> ExportFormat:
    """A format by name. Raises `NotFound` (code `unknown_format`)."""
    if name not in formats:
        known = ", ".join(formats)
        raise NotFound(
            f"There is no export format {name!r}.",
            code="unknown_format",
            hint=f"Choose one of: {known}.",
        )
    return formats[name]
