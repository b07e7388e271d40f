"""Messages between worker, zygote and child: one length-prefixed JSON text, then raw bytes.

Never pickle: what a child sends is data that a stranger may have shaped.
"""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass
from select import select
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from tabrl.contracts.checks import Identifier
from tabrl.rewards.limits import MAX_ARTIFACT
from tabrl.sim.reward.export import AuthorLayers
from tabrl_reward_worker.sandbox.limits import SandboxOptions

ZYGOTE_MODULE = "tabrl_reward_worker.sandbox.zygote"
Action = Literal["build", "verify", "compile"]
LENGTH = struct.Struct("<II")  # bytes of JSON, bytes of blob
MAX_JSON = 64 * 1024
MAX_FORK_REQUEST = 1024


class Capabilities(BaseModel):
    """The zygote's first message: what this machine's kernel lets its children give up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seccomp: bool
    landlock: bool
    identity: bool
    network: bool


class ForkRequest(BaseModel):
    """All that the zygote itself is told; what it sends a child out with are descriptors: the pipe
    for the answer, a file that holds the request and, but to build, one that holds the artifact.

    It never reads those: its memory is every child's, and must hold no word of another stranger's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deadline_s: float = Field(gt=0.0, le=60.0)


class Request(BaseModel):
    """What a child is to do; read by the child alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    robot: Identifier
    source: str = Field(max_length=20_000)
    # Where no filter can be had, our own templates run all the same.
    needs_filter: bool = True
    author: AuthorLayers = AuthorLayers()
    options: SandboxOptions = SandboxOptions()


class Built(BaseModel):
    """A child's answer when the reward could be built or verified; the blob follows.

    `assumed` are the terms that the source gives no weight.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["built"] = "built"
    terms: Annotated[list[Identifier], Field(min_length=1, max_length=32)]
    weights: dict[Identifier, Annotated[float, Field(allow_inf_nan=False)]]
    assumed: Annotated[list[Identifier], Field(max_length=32)] = []


class Compiled(BaseModel):
    """A child's answer when the artifact could be compiled."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["compiled"] = "compiled"


def _sayable(text: object) -> object:
    """Text without what cannot be shown or stored: NUL, control characters, halves of letters."""
    if not isinstance(text, str):
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


_Said = Annotated[str, BeforeValidator(_sayable)]


class Refused(BaseModel):
    """A child's answer when it could not; the excerpt marks the author's line."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["refused"] = "refused"
    code: Annotated[str, Field(max_length=64)]
    message: Annotated[_Said, Field(max_length=2_000)]
    hint: Annotated[_Said, Field(max_length=1_000)] = ""
    line: int | None = None
    excerpt: Annotated[_Said, Field(max_length=2_000)] = ""


@dataclass(frozen=True)
class Answer:
    """What came through the pipe: well-formed, and nothing more is promised."""

    message: Built | Compiled | Refused
    blob: bytes


_MESSAGE: TypeAdapter[Built | Compiled | Refused] = TypeAdapter(
    Annotated[Built | Compiled | Refused, Field(discriminator="kind")]
)


def pack(message: BaseModel, blob: bytes = b"") -> bytes:
    """One framed answer."""
    text = message.model_dump_json().encode()
    return LENGTH.pack(len(text), len(blob)) + text + blob


def unpack(frame: bytes) -> Answer | None:
    """The answer in a whole frame; None if it is malformed."""
    if len(frame) < LENGTH.size:
        return None
    text, blob = LENGTH.unpack_from(frame)
    body = frame[LENGTH.size :]
    if text > MAX_JSON or blob > MAX_ARTIFACT or len(body) != text + blob:
        return None
    try:
        return Answer(_MESSAGE.validate_json(body[:text]), body[text:])
    except ValidationError:
        return None


def read_frame(pipe: int, deadline: float) -> bytes | None:
    """One frame, or what came of it before the pipe was closed; None if `deadline` passes first.

    Reading stops at the length that the frame states. `deadline` is on the monotonic clock.
    """
    received = bytearray()
    while (wanted := _missing(received)) > 0:
        left = deadline - time.monotonic()
        if left <= 0.0 or not select([pipe], [], [], left)[0]:
            return None
        chunk = os.read(pipe, min(wanted, 65_536))
        if not chunk:
            break
        received += chunk
    return bytes(received)


def _missing(received: bytearray) -> int:
    """Bytes that a frame still lacks; none for a frame that states too great a length."""
    if len(received) < LENGTH.size:
        return LENGTH.size - len(received)
    text, blob = LENGTH.unpack_from(received)
    if text > MAX_JSON or blob > MAX_ARTIFACT:
        return 0
    return int(LENGTH.size + text + blob - len(received))
