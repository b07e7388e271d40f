"""Frames of the inference WebSocket.

Both ways a 16-byte little-endian header comes first: `u8 kind, u8 protocol, u16 flags, u32 tick,
u64 params_version` (0 from the simulator). A state carries `time, qpos, qvel, ctrl` as float64, an
action carries the actuator targets `ctrl` as float32. The first message each way is a JSON text.

Protocol 2 adds live commands. A live state carries after `ctrl`, as float64: the beat's frequency
(Hz, 0 for none) and phase (cycles), for every channel of the welcome `constant, amplitude, phase,
harmonic` (a constant that is not a number leaves the channel to the policy's schedule), and the
carry of the last answer, or numbers that are none. Its answer carries the next carry after the
targets: `clock, phase, hz`, a constant and an amplitude for every channel as they are asked now,
and what only the server reads. Who speaks protocol 1 is served as ever.

A robot outside a simulation does not know all of its state: the flags of a state say what not, for
this state alone. The numbers are sent all the same, and not read.
"""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

PROTOCOL = 2
SPOKEN = (1, PROTOCOL)
HEADER = struct.Struct("<BBHIQ")


class Kind(IntEnum):
    """What follows the header."""

    STATE = 1
    ACTION = 2
    LIVE_STATE = 3
    LIVE_ACTION = 4


class Flags(IntFlag):
    """Set by the simulator on a state."""

    NONE = 0
    RESET = 1  # the first state after a reset
    VELOCITY_UNKNOWN = 2  # what `qvel` says of the root's linear velocity is not to be read
    PLACE_UNKNOWN = 4  # what `qpos` says of the root's place over the floor is not to be read


class Header(NamedTuple):
    """The first 16 bytes of every binary frame."""

    kind: int
    protocol: int
    flags: int
    tick: int
    params_version: int

    def pack(self) -> bytes:
        """The header's 16 bytes."""
        return HEADER.pack(*self)

    @classmethod
    def unpack(cls, frame: bytes) -> Header:
        """Read a frame's header. Raises `struct.error` if the frame is shorter than 16 bytes."""
        return cls._make(HEADER.unpack_from(frame))


class Hello(BaseModel):
    """First text message, sent by the simulator: who it is and what it simulates."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    model_id: str
    scene_sha256: str


class LiveChannel(BaseModel):
    """A channel that can be driven: its constant from where to where, its amplitude at most."""

    name: str
    unit: str
    lower: float
    upper: float
    amplitude: float


class Live(BaseModel):
    """What live states of a model are made of: channels, in this order, and numbers of a carry.

    `rhythm_hz` is the frequency of its schedule's own rhythm; 0 of one that has none.
    """

    channels: tuple[LiveChannel, ...]
    carried: int
    rhythm_hz: float = 0.0


class Welcome(BaseModel):
    """The server's answer to a hello it accepts, in the hello's protocol.

    `live` is absent where a policy takes no live commands, and in protocol 1.
    """

    type: Literal["welcome"] = "welcome"
    protocol: int = PROTOCOL
    model_id: str
    params_version: int
    nq: int
    nv: int
    nu: int
    control_hz: int
    live: Live | None = None


class Refusal(BaseModel):
    """Sent as text just before the server closes; `code` is stable, `message` says what to do."""

    type: Literal["refused"] = "refused"
    code: str
    message: str


class SnapshotNotice(BaseModel):
    """Sent as text when other parameters took over."""

    type: Literal["snapshot"] = "snapshot"
    params_version: int
    step: int
    program_words: str
