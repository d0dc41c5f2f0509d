"""Read a PNG's chunks without decoding it: the number of its frames, and its colours."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from images.decoding.colours import BT_709, SRGB_CURVE, Chromaticities, CodePoints, profile

_SIGNATURE_BYTES = 8
_MAX_CHUNKS = 1000
"""Chunks before the pixels that are read; those of real files are some ten."""
_MAX_ANIMATION_CHUNKS = 1_000_000
"""Chunks from the pixels on that are read: a tenth of a second for each 100,000."""
_SMALL = 64
_CONTROL_BYTES = 8
_CHECKSUM_BYTES = 4
_SRGB_GAMMA = 45_455
_SAME_GAMMA = 0.05
_LEAST_GAMMA, _MOST_GAMMA = 20_000, 300_000
"""Others are mistakes: they would make any image black or white."""
_SAME_PLACE = 0.005
_CHROMATICITIES_BYTES = 32
_HEADER_BYTES = 13
_COLOUR = 2


@dataclass(frozen=True, slots=True)
class PngFacts:
    """gamma: the exponent of the stored samples, None if they are sRGB or have a profile.

    profile: of the colours that other chunks than iCCP name, in place of the one in iCCP.
    """

    frames: int = 1
    gamma: float | None = None
    profile: bytes | None = None


def read_facts(path: Path) -> PngFacts:
    """Return what libvips does not report of a PNG: frames of an animation (acTL), cICP, gAMA and cHRM.

    The first of cICP, iCCP, sRGB, and gAMA with cHRM says what the colours are. Rejected for a cICP whose colours
    cannot be converted, unless the file has an iCCP or sRGB for decoders that do not support it.
    """
    chunks: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        for kind, data in _chunks(file):
            chunks.setdefault(kind, data)
        frames = _frames(file, chunks)
    has_fallback = b"iCCP" in chunks or b"sRGB" in chunks
    points = _code_points(chunks.get(b"cICP", b""))
    if points and (points.is_known or not has_fallback):
        return PngFacts(frames, profile=points.profile())
    gamma = None if has_fallback else _gamma(chunks.get(b"gAMA", b""))
    primaries = None if has_fallback or not _is_colour(chunks) else _primaries(chunks.get(b"cHRM", b""))
    if primaries:
        curve = SRGB_CURVE if gamma is None else (1 / gamma,)
        if space := profile(primaries, curve):
            return PngFacts(frames, profile=space)
    return PngFacts(frames, gamma)


def _is_colour(chunks: Mapping[bytes, bytes]) -> bool:
    header = chunks.get(b"IHDR", b"")
    return len(header) == _HEADER_BYTES and bool(header[9] & _COLOUR)


def _code_points(data: bytes) -> CodePoints | None:
    """Return the content of cICP, None if it is malformed or leaves the colours to the other chunks."""
    if len(data) != 4 or data[3] > 1:
        return None
    points = CodePoints(data[0], data[1], data[2], data[3] == 1)
    return None if points.says_nothing else points


def _gamma(data: bytes) -> float | None:
    """Return the exponent of gAMA; None for that of sRGB, and for one that is not plausible."""
    gamma = int.from_bytes(data) if len(data) == 4 else 0
    if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA or abs(gamma / _SRGB_GAMMA - 1) <= _SAME_GAMMA:
        return None
    return gamma / 100_000


def _primaries(data: bytes) -> Chromaticities | None:
    """Return the chromaticities of cHRM; None for those of sRGB, and for a malformed chunk."""
    if len(data) != _CHROMATICITIES_BYTES:
        return None
    x, y, *others = (one / 100_000 for one in struct.unpack(">8I", data))
    read = (x, y, *others)
    if all(abs(one - other) <= _SAME_PLACE for one, other in zip(read, BT_709, strict=True)):
        return None
    return x, y, others[0], others[1], others[2], others[3], others[4], others[5]


def _frames(file: BinaryIO, chunks: Mapping[bytes, bytes]) -> int:
    """Return the frames of an animation, 1 without one. acTL can state any number: the frames (fcTL) are counted."""
    control = chunks.get(b"acTL", b"")
    if len(control) != _CONTROL_BYTES:
        return 1
    stated, counted = int.from_bytes(control[:4]), int(b"fcTL" in chunks)
    for kind in _kinds(file):
        counted += kind == b"fcTL"
        if counted >= stated:
            break
    return max(1, min(stated, counted))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of the chunks before the pixels that are small enough to be of interest, and intact."""
    file.seek(_SIGNATURE_BYTES)
    for _ in range(_MAX_CHUNKS):
        head = file.read(8)
        length, kind = int.from_bytes(head[:4]), head[4:]
        if len(head) < 8 or kind == b"IDAT":
            file.seek(-len(head), 1)
            return
        data = file.read(min(length, _SMALL))
        if length > _SMALL:
            file.seek(length - len(data) + _CHECKSUM_BYTES, 1)
            yield kind, data
        # Decoders drop such a chunk with a wrong checksum.
        elif int.from_bytes(file.read(_CHECKSUM_BYTES)) == zlib.crc32(kind + data):
            yield kind, data


def _kinds(file: BinaryIO) -> Iterator[bytes]:
    """Yield the types of the chunks from the current place on."""
    for _ in range(_MAX_ANIMATION_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        yield head[4:]
        file.seek(int.from_bytes(head[:4]) + _CHECKSUM_BYTES, 1)
