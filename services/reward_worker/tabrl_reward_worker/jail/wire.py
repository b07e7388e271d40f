"""Messages between worker, zygote and child: one length-prefixed JSON text, then raw bytes.

Never pickle: what a child sends is data that a stranger may have shaped.
"""

from __future__ import annotations

import os
import struct
import time
from select import select
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.checks import Identifier

ZYGOTE_MODULE = "tabrl_reward_worker.jail.zygote"
READY = b"ready"  # the zygote's first message
LENGTH = struct.Struct("<II")  # bytes of JSON, bytes of blob
MAX_JSON = 64 * 1024
MAX_BLOB = 2_000_000
MAX_REQUEST = 128 * 1024


class BuildRequest(BaseModel):
    """Sent by the worker to the zygote, together with the pipe for the answer."""

    model_config = ConfigDict(extra="forbid")

    robot: Identifier
    source: str = Field(max_length=20_000)
    deadline_s: float = Field(gt=0.0, le=60.0)


class Built(BaseModel):
    """A child's answer when the reward could be built; the blob follows."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["built"] = "built"
    terms: Annotated[list[Identifier], Field(min_length=1, max_length=32)]
    weights: dict[Identifier, float]


class Refused(BaseModel):
    """A child's answer when it could not; the excerpt marks the author's line."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["refused"] = "refused"
    code: Annotated[str, Field(max_length=64)]
    message: Annotated[str, Field(max_length=2_000)]
    hint: Annotated[str, Field(max_length=1_000)] = ""
    line: int | None = None
    excerpt: Annotated[str, Field(max_length=2_000)] = ""


def pack(message: BaseModel, blob: bytes = b"") -> bytes:
    """One framed answer."""
    text = message.model_dump_json().encode()
    return LENGTH.pack(len(text), len(blob)) + text + blob


def read_to_end(pipe: int, limit: int, deadline: float) -> bytes | None:
    """All bytes of a pipe until it closes; None if it exceeds `limit` or `deadline` passes.

    `deadline` is on the monotonic clock.
    """
    received = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0.0 or not select([pipe], [], [], left)[0]:
            return None
        chunk = os.read(pipe, 65_536)
        if not chunk:
            return bytes(received)
        received += chunk
        if len(received) > limit:
            return None
