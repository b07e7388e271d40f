"""Names that robots, bodies and joints may have."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 32


def identifier(name: str, otherwise: str = "part") -> str:
    """A name made of letters, digits and underscores that begins with a letter."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    if not plain:
        return otherwise
    return (plain if plain[0].isalpha() else f"{otherwise}_{plain}")[:MAX_LENGTH].rstrip("_")


def one_line(words: str) -> str:
    """A name as comments can hold it, and files: some file's names are no text."""
    return " ".join(words.encode(errors="replace").decode().split())


def is_text(name: str) -> bool:
    """Whether a name from a file system or a command line can be written as UTF-8."""
    return one_line(name) == " ".join(name.split())


def distinct(names: Iterable[str]) -> list[str]:
    """The same names, with numbers where they repeat."""
    given: list[str] = []
    for name in names:
        number, own = 1, name
        while own in given:
            number += 1
            own = f"{name[: MAX_LENGTH - len(str(number)) - 1]}_{number}"
        given.append(own)
    return given
