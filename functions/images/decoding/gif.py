"""Read where a GIF's first frame is on its canvas, without decoding it. https://www.w3.org/Graphics/GIF/spec-gif89a.txt"""

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEADER_BYTES = 13
_DESCRIPTOR_BYTES = 8
_EXTENSION, _IMAGE = b"\x21", b"\x2c"
_HAS_COLOUR_TABLE, _TABLE_SIZE = 0x80, 0x07
_MAX_BLOCKS = 100_000
"""Blocks before the first frame that are read; those of real files are some ten."""


class Area(NamedTuple):
    """A part of the canvas, in pixels."""

    left: int
    top: int
    width: int
    height: int


class GifFacts(NamedTuple):
    """The size of the canvas as the header states it, and the first frame; None if there is none to be read."""

    width: int
    height: int
    frame: Area | None


def read_facts(path: Path) -> GifFacts:
    """Return the canvas and the place of the first frame; a file that cannot be read is left to the decoder."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES).ljust(_HEADER_BYTES, b"\0")
        if header[10] & _HAS_COLOUR_TABLE:
            file.seek(3 * (2 << (header[10] & _TABLE_SIZE)), 1)
        width, height = struct.unpack_from("<HH", header, 6)
        return GifFacts(width, height, _first_frame(file))


def _first_frame(file: BinaryIO) -> Area | None:
    for _ in range(_MAX_BLOCKS):
        introducer = file.read(1)
        if introducer == _IMAGE:
            descriptor = file.read(_DESCRIPTOR_BYTES)
            whole = len(descriptor) == _DESCRIPTOR_BYTES
            return Area(*struct.unpack("<4H", descriptor)) if whole else None
        if introducer != _EXTENSION:
            return None
        file.seek(1, 1)
        for _ in range(_MAX_BLOCKS):
            length = file.read(1)
            if length in (b"", b"\0"):
                break
            file.seek(length[0], 1)
    return None
