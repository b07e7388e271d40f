"""Bytes in, states out: nothing but a plain finite state passes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabrl.contracts.wire import HEADER, PROTOCOL, Flags, Header, Kind
from tabrl_inference.frames import MAGNITUDE, Dimensions, State, decode_state, encode_action
from tabrl_inference.rejections import Rejected, RejectReason

GO1 = Dimensions(nq=19, nv=18, nu=12)
FLOATING = Dimensions(19, 18, 12, place=2, linear_velocity=3)
HEAD = HEADER.pack(Kind.STATE, PROTOCOL, 0, 7, 0)


def test_a_go1_state_has_416_bytes():
    assert (GO1.row, GO1.frame_bytes) == (50, 416)


def test_parts_cover_the_row_once():
    covered = np.zeros(GO1.row, int)
    for part in GO1.parts().values():
        covered[part] += 1
    assert (covered == 1).all()
    assert [part.stop - part.start for part in GO1.parts().values()] == [1, 19, 18, 12]


def test_doubles_arrive_bit_for_bit():
    row = np.random.default_rng(0).normal(size=50)
    state = decode_state(HEAD + row.astype("<f8").tobytes(), GO1)
    assert state.tick == 7
    np.testing.assert_array_equal(state.row, row)


@pytest.mark.parametrize(
    ("flags", "unknown"),
    [
        (Flags.RESET, ()),
        (Flags.PLACE_UNKNOWN, (1, 2)),
        (Flags.VELOCITY_UNKNOWN, (20, 21, 22)),
        (Flags.PLACE_UNKNOWN | Flags.VELOCITY_UNKNOWN | Flags.RESET, (1, 2, 20, 21, 22)),
    ],
)
def test_what_a_client_does_not_know_is_not_read(flags, unknown):
    row = np.arange(float(FLOATING.row))
    frame = Header(Kind.STATE, PROTOCOL, flags, 7, 0).pack() + row.tobytes()
    state = decode_state(frame, FLOATING)
    assert tuple(np.flatnonzero(np.isnan(state.row))) == unknown
    known = np.isfinite(state.row)
    np.testing.assert_array_equal(state.row[known], row[known])


def test_a_robot_on_a_fixed_base_knows_all_of_its_state():
    row = np.arange(float(GO1.row))
    flags = Flags.PLACE_UNKNOWN | Flags.VELOCITY_UNKNOWN
    frame = Header(Kind.STATE, PROTOCOL, flags, 7, 0).pack() + row.tobytes()
    np.testing.assert_array_equal(decode_state(frame, GO1).row, row)


def test_an_action_is_float32_behind_a_header():
    ctrl = np.arange(12, dtype=np.float64) / 7
    frame = encode_action(9, 3, ctrl)
    assert len(frame) == 16 + 48
    assert Header.unpack(frame) == (Kind.ACTION, PROTOCOL, 0, 9, 3)
    assert struct.unpack("<12f", frame[16:]) == tuple(ctrl.astype(np.float32).tolist())


@pytest.mark.parametrize("name", ["time", "qpos", "qvel", "ctrl"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2 * MAGNITUDE, -1e300])
@pytest.mark.parametrize("last", [False, True])
def test_a_bad_number_is_named_with_its_place(name, value, last):
    part = GO1.parts()[name]
    where = part.stop - 1 if last else part.start
    row = np.zeros(50)
    row[where] = value
    with pytest.raises(Rejected) as error:
        decode_state(HEAD + row.tobytes(), GO1)
    assert error.value.message.startswith(f"{name}[{where - part.start}] is ")
    expected = RejectReason.OUT_OF_RANGE if np.isfinite(value) else RejectReason.NOT_FINITE
    assert error.value.reason == expected


def outcome(frame: bytes) -> State | RejectReason:
    """What becomes of a frame; anything but these two is an error."""
    try:
        return decode_state(frame, GO1)
    except Rejected as rejection:
        return rejection.reason


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_rejected(frame):
    read = outcome(frame)
    if isinstance(read, State):
        assert len(frame) == GO1.frame_bytes
        assert np.isfinite(read.row).all()


@given(st.binary(min_size=400, max_size=400))
def test_any_doubles_behind_a_good_header_are_read_or_rejected(body):
    read = outcome(HEAD + body)
    if isinstance(read, State):
        assert np.abs(read.row).max() <= MAGNITUDE
    else:
        assert read in (RejectReason.NOT_FINITE, RejectReason.OUT_OF_RANGE)
