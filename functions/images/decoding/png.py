"""Read a PNG's chunks without decoding it: the number of its frames, and its gamma."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SIGNATURE_BYTES = 8
_MAX_CHUNKS = 1000
"""Chunks before the pixels that are read; those of real files are some ten."""
_SMALL = 64
_SRGB_GAMMA = 45_455
_SAME_GAMMA = 0.05
_LEAST_GAMMA, _MOST_GAMMA = 20_000, 300_000
"""Others are mistakes: they would make any image black or white."""


@dataclass(frozen=True, slots=True)
class PngFacts:
    """gamma: the exponent of the stored samples, None if they are sRGB or have a profile."""

    frames: int = 1
    gamma: float | None = None


def read_facts(path: Path) -> PngFacts:
    """Return what libvips does not report of a PNG: frames of an animation (acTL) and gamma (gAMA)."""
    frames, gamma, has_space = 1, None, False
    for kind, data in _chunks(path):
        if kind == b"acTL" and len(data) >= 4:
            frames = max(1, int.from_bytes(data[:4]))
        elif kind == b"gAMA" and len(data) == 4:
            gamma = int.from_bytes(data)
        elif kind in (b"iCCP", b"sRGB", b"cICP"):
            has_space = True
    plausible = gamma is not None and _LEAST_GAMMA <= gamma <= _MOST_GAMMA
    if gamma is None or not plausible or has_space or abs(gamma / _SRGB_GAMMA - 1) <= _SAME_GAMMA:
        return PngFacts(frames)
    return PngFacts(frames, gamma / 100_000)


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
