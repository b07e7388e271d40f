"""The stack that a bench opens pages of."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.stack import running


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """Which page is opened, and where the figures go."""
    parser.add_argument("--quality", choices=("low", "high"), help="instead of what the page picks")
    parser.add_argument("--url", help="a stack that runs already")
    parser.add_argument("--json", type=Path, metavar="FILE")


@contextmanager
def at_address(url: str | None) -> Iterator[str]:
    """The address of a stack that runs already, or of one while the block runs."""
    if url is not None:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as site:
        yield site.url
