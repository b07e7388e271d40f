"""The environment in which an operator's command finds the stack of a data directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tabrl_local.launcher import STATE_FILE
from tabrl_local.stack import BUILT_PAGE


@dataclass(frozen=True)
class RunningStack:
    """What `tabrl up` says of itself; empty where it does not run."""

    url: str = ""
    redis_socket: str | None = None
    ready: Mapping[str, str] = field(default_factory=dict)  # addresses of /readyz, by part

    @classmethod
    def of(cls, data: Path) -> RunningStack:
        """The stack over a data directory."""
        try:
            state = json.loads((data / STATE_FILE).read_text())
        except (OSError, ValueError):
            return cls()
        return cls(state.get("url", ""), state.get("redis_socket"), state.get("ready", {}))


def environment_of(data: Path, stack: RunningStack, environ: Mapping[str, str]) -> dict[str, str]:
    """Settings as the stack's own services have them; what the caller has set stays."""
    told = {"TABRL_DATA": str(data), "TABRL_WEB_DIST": str(BUILT_PAGE)}
    socket = stack.redis_socket or str(data / "redis.sock")
    told["TABRL_REDIS_URL"] = f"unix://{quote(socket)}"
    address = urlsplit(stack.url)
    if address.hostname and address.port:
        told |= {"TABRL_HOST": address.hostname, "TABRL_PORT": str(address.port)}
    inference = stack.ready.get("inference", "").removesuffix("/readyz")
    if inference:
        told["TABRL_INFERENCE_URL"] = inference.replace("http", "ws", 1)
    exporter = stack.ready.get("exporter", "").removesuffix("/readyz")
    if exporter:
        told["TABRL_EXPORTER_URL"] = exporter
    return {**told, **environ}
