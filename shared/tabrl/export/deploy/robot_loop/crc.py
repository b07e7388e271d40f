"""Unitree's checksum: CRC-32/MPEG-2 over 32-bit words, each from its highest bit down."""

from __future__ import annotations

import zlib

import numpy as np

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc32_of_words(data: bytes) -> int:
    """The checksum of little-endian words; bytes after the last whole word do not count.

    Polynomial 0x04C11DB7, begins with all ones, nothing is reflected or inverted. That is zlib's
    CRC-32 of the same bits in the other order, without its last inversion.
    """
    words = np.frombuffer(data, "<u4", count=len(data) // 4).astype(">u4").tobytes()
    reflected = zlib.crc32(words.translate(_REVERSED)) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


def sealed(message: bytes) -> bytes:
    """A message with its checksum in its last four bytes; see `is_sealed`."""
    return message[:-4] + crc32_of_words(_covered(message)).to_bytes(4, "little")


def is_sealed(message: bytes) -> bool:
    """Whether the checksum in the last four bytes is that of all whole words but one."""
    return int.from_bytes(message[-4:], "little") == crc32_of_words(_covered(message))


def _covered(message: bytes) -> bytes:
    return message[: 4 * (len(message) // 4 - 1)]
