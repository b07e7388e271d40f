"""Where results are printed."""

from __future__ import annotations

import sys

from rich.console import Console

WIDE = 240


def output() -> Console:
    """For what is copied and searched for: where the output is no terminal, nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else WIDE)
