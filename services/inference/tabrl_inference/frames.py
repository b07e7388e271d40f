"""Bytes to states and actions to bytes; nothing that is not a plain, finite state passes.

Of live commands numbers may be none: what is not driven, and a carry that nobody has yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.wire import HEADER, PROTOCOL, SPOKEN, Flags, Header, Kind
from tabrl_inference.rejections import Rejected, RejectReason

LIVE_SINCE = 2  # protocol
MAGNITUDE = 1e6  # metres, radians, seconds: far beyond any simulation that is still of use


@dataclass(frozen=True)
class Dimensions:
    """Sizes of a robot's state: generalised positions, velocities and actuators.

    Of the root, a robot may not know the first `place` positions and `linear_velocity` velocities.
    `live` numbers follow a live state; 0 for a policy that takes no live commands.
    """

    nq: int
    nv: int
    nu: int
    place: int = 0
    linear_velocity: int = 0
    live: int = 0

    @property
    def row(self) -> int:
        """Numbers in one state: time, qpos, qvel, ctrl."""
        return 1 + self.nq + self.nv + self.nu

    @property
    def frame_bytes(self) -> int:
        """Length of a state frame with its header."""
        return HEADER.size + 8 * self.row

    def parts(self) -> dict[str, slice]:
        """Where each named part lies within a row."""
        q, v = 1 + self.nq, 1 + self.nq + self.nv
        return {
            "time": slice(0, 1),
            "qpos": slice(1, q),
            "qvel": slice(q, v),
            "ctrl": slice(v, self.row),
        }


@dataclass(frozen=True, eq=False)
class State:
    """One state of one simulator; `row` is `[1+nq+nv+nu]` float64: time, qpos, qvel, ctrl.

    What the simulator says that it does not know is not a number. Of a live state, `live` are its
    commands; else there are none.
    """

    tick: int
    row: NDArray[np.float64]
    live: NDArray[np.float64] | None = None


def decode_state(frame: bytes, size: Dimensions, protocol: int = PROTOCOL) -> State:
    """Read a state frame in a protocol. Raises `Rejected` naming what is wrong with it."""
    if len(frame) < HEADER.size:
        raise Rejected(
            RejectReason.WRONG_LENGTH,
            f"The frame has {len(frame)} bytes; a state frame has {size.frame_bytes}.",
        )
    header = Header.unpack(frame)
    if header.protocol != protocol:
        raise Rejected(
            RejectReason.WRONG_PROTOCOL,
            f"The frame says protocol {header.protocol}, the hello {protocol}; "
            f"this server speaks {' and '.join(map(str, SPOKEN))}.",
        )
    live = _live_numbers(header, size)
    wanted = size.frame_bytes + 8 * live
    if len(frame) != wanted:
        also = f", then {live} of live commands" if live else ""
        raise Rejected(
            RejectReason.WRONG_LENGTH,
            f"The frame has {len(frame)} bytes; a state frame has {wanted}: a header of "
            f"{HEADER.size} and {size.row} doubles (time, {size.nq} qpos, {size.nv} qvel, "
            f"{size.nu} ctrl){also}.",
        )
    numbers = np.frombuffer(frame, dtype="<f8", offset=HEADER.size)
    row, commands = numbers[: size.row], numbers[size.row :]
    if not np.abs(row).max() <= MAGNITUDE:  # NaN compares false, so this one test finds it all
        raise _bad_values(row, size)
    if (np.abs(commands) > MAGNITUDE).any():
        raise Rejected(
            RejectReason.OUT_OF_RANGE, f"A live command is beyond {MAGNITUDE:g}: send less."
        )
    row = _without_unknown(row, Flags(header.flags), size)
    return State(header.tick, row, commands if live else None)


def _live_numbers(header: Header, size: Dimensions) -> int:
    """How many numbers follow the state itself."""
    if header.kind == Kind.STATE:
        return 0
    if header.kind != Kind.LIVE_STATE or header.protocol < LIVE_SINCE:
        raise Rejected(
            RejectReason.UNKNOWN_KIND,
            f"Frames of kind {header.kind} are not known here; send states (kind {Kind.STATE}).",
        )
    if not size.live:
        raise Rejected(
            RejectReason.UNKNOWN_KIND,
            f"This policy takes no live commands; send states (kind {Kind.STATE}).",
        )
    return size.live


def _without_unknown(
    row: NDArray[np.float64], flags: Flags, size: Dimensions
) -> NDArray[np.float64]:
    hidden = (
        (Flags.PLACE_UNKNOWN, "qpos", size.place),
        (Flags.VELOCITY_UNKNOWN, "qvel", size.linear_velocity),
    )
    if not any(flag in flags for flag, _, _ in hidden):
        return row
    row = row.copy()  # the frame's own bytes cannot be written
    for flag, name, columns in hidden:
        if flag in flags:
            row[size.parts()[name]][:columns] = np.nan
    return row


def encode_action(
    tick: int,
    params_version: int,
    ctrl: NDArray[np.floating],
    protocol: int = PROTOCOL,
    carry: NDArray[np.floating] | None = None,
) -> bytes:
    """An action frame: actuator targets `[nu]` as float32 behind the header.

    The answer to a live state has its `carry` as float64 behind them.
    """
    kind = Kind.ACTION if carry is None else Kind.LIVE_ACTION
    frame = Header(kind, protocol, 0, tick, params_version).pack()
    frame += np.ascontiguousarray(ctrl, dtype="<f4").tobytes()
    return frame if carry is None else frame + np.ascontiguousarray(carry, dtype="<f8").tobytes()


def _bad_values(row: NDArray[np.float64], size: Dimensions) -> Rejected:
    for name, part in size.parts().items():
        finite = np.isfinite(row[part])
        if not finite.all():
            where = int(np.argmin(finite))
            return Rejected(
                RejectReason.NOT_FINITE,
                f"{name}[{where}] is {row[part][where]}: the simulation has diverged; reset it.",
            )
    where = int(np.argmax(np.abs(row)))
    name, part = next(item for item in size.parts().items() if where < item[1].stop)
    return Rejected(
        RejectReason.OUT_OF_RANGE,
        f"{name}[{where - part.start}] is {row[where]:.3g}, beyond {MAGNITUDE:g}: the simulation "
        "has diverged; reset it.",
    )
