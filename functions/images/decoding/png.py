"""Read a PNG's chunks without decoding it: the number of its frames, and its colours."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from images.decoding.colours import BT_709, SRGB_CURVE, Chromaticities, CodePoints, profile

_SIGNATURE_BYTES = 8
_MAX_CHUNKS = 1000
"""Chunks before the pixels that are read; those of real files are some ten."""
_SMALL = 64
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
    for kind, data in _chunks(path):
        chunks.setdefault(kind, data)
    control = chunks.get(b"acTL", b"")
    frames = max(1, int.from_bytes(control[:4])) if len(control) >= 4 else 1
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


def _chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks before the pixels: type and first bytes."""
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            length, kind = int.from_bytes(head[:4]), head[4:]
            if len(head) < 8 or kind == b"IDAT":
                return
            data = file.read(min(length, _SMALL))
            yield kind, data
            file.seek(length - len(data) + 4, 1)
