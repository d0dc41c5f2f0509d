"""Find what is wrong with a PNG that its decoder refuses without a reason. https://www.w3.org/TR/png-3/"""

import zlib
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import NamedTuple

from images.decoding.limits import check_pixels

_SIGNATURE_BYTES = 8
_HEADER_BYTES = 13
_MAX_CHUNKS = 1_000_000
_BLOCK = 1 << 20
_KNOWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_LOWER_CASE = 0x20
_PALETTE = 3
_LONGEST_PALETTE = 768
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""The bits of a sample by colour type."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""The first column and row of each pass of an interlaced image, and the steps to the next."""


class _Chunk(NamedTuple):
    """A chunk; content is what the file has of it, is_intact whether its checksum is right."""

    kind: bytes
    content: bytes
    is_whole: bool
    is_intact: bool

    @property
    def name(self) -> str:
        return self.kind.decode("ascii", "replace")


def find_fault(path: Path) -> str | None:
    """Return what is wrong with the file, the first that is; None if that is not known. Rejected for its size."""
    kinds: list[bytes] = []
    header, packed = b"", []
    for chunk in _chunks(path):
        if fault := _fault_of(chunk, kinds):
            return fault
        if chunk.kind == b"IHDR":
            header = chunk.content
        if chunk.kind == b"IDAT":
            if header[9] == _PALETTE and b"PLTE" not in kinds:
                return "it has no palette (PLTE)"
            packed.append(chunk.content)
        kinds.append(chunk.kind)
        if chunk.kind == b"IEND":
            break
    if not kinds:
        return "it ends behind its signature"
    return _fault_of_pixels(header, packed) if packed else "it has no pixels (IDAT)"


def _chunks(path: Path) -> Iterator[_Chunk]:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                return
            length, kind = int.from_bytes(head[:4]), head[4:]
            content, checksum = file.read(min(length, size)), file.read(4)
            is_intact = int.from_bytes(checksum) == zlib.crc32(kind + content)
            yield _Chunk(kind, content, len(checksum) == 4, is_intact)


def _fault_of(chunk: _Chunk, before: list[bytes]) -> str | None:
    kind, name = chunk.kind, chunk.name
    if not (kind.isalpha() and kind.isascii()):
        return f"a chunk has the name {kind.hex(' ')}, which is not four letters"
    if not before and kind != b"IHDR":
        return f"its first chunk is {name}; expected IHDR"
    if not chunk.is_whole:
        return f"it ends within its {name} chunk"
    if kind[0] & _LOWER_CASE:
        return None
    if not chunk.is_intact:
        return f"the checksum of its {name} chunk is wrong"
    if kind not in _KNOWN:
        return f"its {name} chunk is unknown, and not one that can be skipped"
    if kind == b"IHDR":
        return "it has two IHDR chunks" if before else _fault_of_header(chunk.content)
    if kind == b"PLTE" and (len(chunk.content) % 3 or not 0 < len(chunk.content) <= _LONGEST_PALETTE):
        return f"its palette (PLTE) has {len(chunk.content)} bytes; expected 3 for each of 1 to 256 colours"
    if kind == b"IDAT" and b"IDAT" in before and before[-1] != b"IDAT":
        return f"its pixels (IDAT) are interrupted by {before[-1].decode()}"
    return None


def _fault_of_header(header: bytes) -> str | None:
    if len(header) != _HEADER_BYTES:
        return f"its IHDR chunk has {len(header)} bytes; expected {_HEADER_BYTES}"
    check_pixels(int.from_bytes(header[:4]), int.from_bytes(header[4:8]))
    depth, colour, compression, filtering, interlace = header[8:]
    if depth not in _DEPTHS.get(colour, ()):
        return f"its colour type {colour} with {depth} bits is not one of PNG"
    if compression or filtering or interlace > 1:
        return f"its methods are {compression}, {filtering} and {interlace}; expected 0, 0, and 0 or 1"
    return None


def _fault_of_pixels(header: bytes, packed: list[bytes]) -> str | None:
    expected, length = _pixel_bytes(header), 0
    unpacker = zlib.decompressobj()
    try:
        for content in packed:
            left = content
            while left and length < expected:
                length += len(unpacker.decompress(left, _BLOCK))
                left = unpacker.unconsumed_tail
    except zlib.error:
        return "its pixels (IDAT) are damaged"
    return "it does not have all of its pixels (IDAT)" if length < expected else None


def _pixel_bytes(header: bytes) -> int:
    """Return the bytes of all rows, each of which has one of its filter before the pixels."""
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    bits = header[8] * _SAMPLES[header[9]]
    total = 0
    for left, top, across, down in _PASSES if header[12] else ((0, 0, 1, 1),):
        columns, rows = ceil((width - left) / across), ceil((height - top) / down)
        if columns > 0 and rows > 0:
            total += rows * (1 + ceil(columns * bits / 8))
    return total
