"""A term of a reward as text, and the pieces such text is made of."""

from __future__ import annotations

from dataclasses import dataclass

ASKED, BESIDE = 2.0, 0.6  # weights of what is asked for, and of what should not happen beside it
GRAVITY = 9.81  # m/s²


@dataclass(frozen=True)
class Term:
    """One line of a reward."""

    name: str
    weight: float
    expression: str
    comment: str = ""
    local: bool = False  # a value for other terms to use, not a term of its own
    by_stride: bool = False  # right over a whole stride only: no factor of a product


def number(value: float) -> str:
    """A literal short enough to read."""
    text = f"{value:.4g}"
    return text if "." in text or "e" in text else f"{text}.0"


def minus(value: float) -> str:
    """Source text subtracting a constant."""
    return f" - {number(value)}" if value > 0 else f" + {number(-value)}" if value < 0 else ""


def bell(error: str, width: float) -> str:
    """Source text of a bell: 1 at no error, 1/e where it is as large as the width."""
    return f"rl.gaussian({error}, {number(width)})"


def angle_bell(error: str, width: float) -> str:
    """A bell around no difference of headings, which begin again after a full turn."""
    return bell(f"jnp.sin(0.5 * ({error}))", 0.5 * width)
