"""Read a JPEG's markers without decoding it: size, number of scans and memory of its coefficients."""

import re
from collections.abc import Sequence
from math import ceil

from images.decoding.limits import MAX_SCANS, JpegFrame, Rejected

_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HIERARCHICAL = {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF}
_BITS = 8
_PROGRESSIVE = {0xC2, 0xCA}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
END_OF_IMAGE = bytes((0xFF, _END_OF_IMAGE))
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_NEXT_SCAN = bytes((0xFF, _START_OF_SCAN))
# Within entropy-coded data ff is followed by 00, and d0..d7 restart an interval: neither ends a scan.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_COEFFICIENT_BYTES = 2
_BLOCK = 8


def read_frame(data: bytes) -> JpegFrame:
    """Return the frame of a JPEG file; scans are counted up to one more than the limit.

    Raises Rejected when there is no frame header, or the frame is of a kind that is not decoded.
    """
    frame: tuple[int, int, int] | None = None
    scans, at = 0, 2
    while scans <= MAX_SCANS:
        match = _NEXT_MARKER.search(data, at)
        if not match:
            break
        marker, at = data[match.start() + 1], match.end()
        if marker == _END_OF_IMAGE:
            break
        if marker in _STANDALONE:
            continue
        length = int.from_bytes(data[at : at + 2])
        if marker in _FRAMES and frame is None:
            frame = _frame(data[at + 2 : at + length], marker)
        at += max(length, 2)
        if marker == _START_OF_SCAN:
            scans += 1
            # Most files have one scan: a search for a second one is faster than the loop.
            if data.find(_NEXT_SCAN, at) < 0:
                break
    if frame is None:
        raise Rejected("broken", "the JPEG has no frame header")
    width, height, coefficient_bytes = frame
    return JpegFrame(width, height, scans, coefficient_bytes)


def is_ended(data: bytes) -> bool:
    """Return whether the picture has its end marker. What cameras add behind it has any bytes, those of markers too."""
    if data.rfind(END_OF_IMAGE) > data.rfind(_NEXT_SCAN):
        return True
    at = 2
    while match := _NEXT_MARKER.search(data, at):
        marker, at = data[match.start() + 1], match.end()
        if marker == _END_OF_IMAGE:
            return True
        if marker not in _STANDALONE:
            at += max(int.from_bytes(data[at : at + 2]), 2)
    return False


def _frame(header: bytes, marker: int) -> tuple[int, int, int]:
    if len(header) < 6 or len(header) < 6 + 3 * header[5]:
        raise Rejected("broken", "the JPEG's frame header is truncated")
    if marker in _HIERARCHICAL:
        raise Rejected(
            "unsupported_format", "the JPEG is hierarchical; accepted are baseline and progressive"
        )
    if header[0] != _BITS:
        raise Rejected(
            "unsupported_format", f"the JPEG has samples of {header[0]} bits; accepted are {_BITS}"
        )
    height, width, components = int.from_bytes(header[1:3]), int.from_bytes(header[3:5]), header[5]
    samplings = [header[7 + 3 * n] for n in range(components)]
    needed = _coefficient_bytes(width, height, samplings) if marker in _PROGRESSIVE else 0
    return width, height, needed


def _coefficient_bytes(width: int, height: int, samplings: Sequence[int]) -> int:
    across, down = [s >> 4 for s in samplings], [s & 15 for s in samplings]
    if not samplings or 0 in across or 0 in down:
        raise Rejected("broken", "the JPEG has a component with sampling factor 0")
    # A unit of max(h) x max(v) blocks has h x v blocks of each component.
    units = ceil(width / (_BLOCK * max(across))) * ceil(height / (_BLOCK * max(down)))
    blocks = sum(h * v for h, v in zip(across, down, strict=True))
    return units * blocks * _BLOCK * _BLOCK * _COEFFICIENT_BYTES
