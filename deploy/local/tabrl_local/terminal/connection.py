"""Which api a command talks to."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tabrl_local.client import Api

DEFAULT_PORT = 8400

Url = Annotated[
    str | None, typer.Option("--url", envvar="TABRL_URL", help="Address of the TabRL api.")
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, help="Port of the api on this machine (8400)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Only JSON on standard output.")]


def connect(url: str | None, port: int | None) -> Api:
    """The api at `--url`, else at `--port` of this machine. `--port` beats TABRL_URL."""
    if port is not None:
        return Api(f"http://127.0.0.1:{port}")
    return Api(url or f"http://127.0.0.1:{os.environ.get('TABRL_PORT', DEFAULT_PORT)}")
