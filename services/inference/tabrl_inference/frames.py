"""Bytes to states and actions to bytes; nothing that is not a plain, finite state passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.wire import HEADER, PROTOCOL, Flags, Header, Kind
from tabrl_inference.rejections import Rejected, RejectReason

MAGNITUDE = 1e6  # metres, radians, seconds: far beyond any simulation that is still of use


@dataclass(frozen=True)
class Dimensions:
    """Sizes of a robot's state: generalised positions, velocities and actuators.

    Of the root, a robot may not know the first `place` positions and `linear_velocity` velocities.
    """

    nq: int
    nv: int
    nu: int
    place: int = 0
    linear_velocity: int = 0

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

    What the simulator says that it does not know is not a number.
    """

    tick: int
    row: NDArray[np.float64]


def decode_state(frame: bytes, size: Dimensions) -> State:
    """Read a state frame. Raises `Rejected` naming what is wrong with it."""
    if len(frame) < HEADER.size:
        raise Rejected(
            RejectReason.WRONG_LENGTH,
            f"The frame has {len(frame)} bytes; a state frame has {size.frame_bytes}.",
        )
    header = Header.unpack(frame)
    if header.protocol != PROTOCOL:
        raise Rejected(
            RejectReason.WRONG_PROTOCOL,
            f"The frame says protocol {header.protocol}; this server speaks {PROTOCOL}.",
        )
    if header.kind != Kind.STATE:
        raise Rejected(
            RejectReason.UNKNOWN_KIND,
            f"Frames of kind {header.kind} are not known here; send states (kind {Kind.STATE}).",
        )
    if len(frame) != size.frame_bytes:
        raise Rejected(
            RejectReason.WRONG_LENGTH,
            f"The frame has {len(frame)} bytes; a state frame has {size.frame_bytes}: a header of "
            f"{HEADER.size} and {size.row} doubles (time, {size.nq} qpos, {size.nv} qvel, "
            f"{size.nu} ctrl).",
        )
    row = np.frombuffer(frame, dtype="<f8", offset=HEADER.size)
    if not np.abs(row).max() <= MAGNITUDE:  # NaN compares false, so this one test finds it all
        raise _bad_values(row, size)
    return State(header.tick, _without_unknown(row, Flags(header.flags), size))


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


def encode_action(tick: int, params_version: int, ctrl: NDArray[np.floating]) -> bytes:
    """An action frame: actuator targets `[nu]` as float32 behind the header."""
    header = Header(Kind.ACTION, PROTOCOL, 0, tick, params_version)
    return header.pack() + np.ascontiguousarray(ctrl, dtype="<f4").tobytes()


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
