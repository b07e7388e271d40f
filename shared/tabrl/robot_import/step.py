"""What nobody foresaw while importing: a refusal that names the step, instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tabrl.domain.errors import TabrlError
from tabrl.robot_import.names import one_line
from tabrl.robot_import.refusal import refusal

_LONGEST = 120  # characters of what an error says


@contextmanager
def step(words: str) -> Iterator[None]:
    """A step of an import, as "reading the model".

    Raises `Invalid` for every error that is not one of TabRL's; its cause is the error itself.
    """
    try:
        yield
    except TabrlError:
        raise
    except Exception as error:
        said = one_line(str(error))[:_LONGEST].rstrip(" .")
        raise refusal(
            f"{words} failed unexpectedly ({type(error).__name__}{': ' if said else ''}{said}): "
            "the model holds what nobody thought of, so please report it with the model"
        ) from error
