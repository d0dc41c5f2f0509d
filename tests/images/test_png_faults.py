"""What a broken PNG is refused with: what is wrong with it."""

import struct
import zlib
from collections.abc import Callable

import pytest
from images.decoding.limits import Rejected

from tests.images import corpus
from tests.images.corpus import saved, scene

ROWS = (b"\0" + bytes(40)) * 30


def chunk(name: bytes, data: bytes, check: int | None = None) -> bytes:
    right = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", right if check is None else check)


def header(
    depth: int = 8, colour: int = 0, width: int = 40, methods: tuple[int, int, int] = (0, 0, 0)
) -> bytes:
    return struct.pack(">IIBBBBB", width, 30, depth, colour, *methods)


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


IHDR, IEND = chunk(b"IHDR", header()), chunk(b"IEND", b"")
IDAT = chunk(b"IDAT", zlib.compress(ROWS))
PALETTE_HEADER = chunk(b"IHDR", header(colour=3))
TEXT = chunk(b"tEXt", b"a\0b")

FAULTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "checksum of the header": (
        lambda: png(chunk(b"IHDR", header(), 1), IDAT, IEND),
        "the checksum of its IHDR chunk is wrong",
    ),
    "checksum of the palette": (
        lambda: png(PALETTE_HEADER, chunk(b"PLTE", bytes(768), 1), IDAT, IEND),
        "the checksum of its PLTE chunk is wrong",
    ),
    "checksum of the pixels": (
        lambda: png(IHDR, chunk(b"IDAT", zlib.compress(ROWS), 1), IEND),
        "the checksum of its IDAT chunk is wrong",
    ),
    "no palette": (lambda: png(PALETTE_HEADER, IDAT, IEND), "it has no palette (PLTE)"),
    "part of a colour": (
        lambda: png(PALETTE_HEADER, chunk(b"PLTE", bytes(100)), IDAT, IEND),
        "its palette (PLTE) has 100 bytes; expected 3 for each of 1 to 256 colours",
    ),
    "depth": (
        lambda: png(chunk(b"IHDR", header(4, 2)), IDAT, IEND),
        "its colour type 2 with 4 bits is not one of PNG",
    ),
    "method": (
        lambda: png(chunk(b"IHDR", header(methods=(0, 0, 2))), IDAT, IEND),
        "its methods are 0, 0 and 2; expected 0, 0, and 0 or 1",
    ),
    "short header": (
        lambda: png(chunk(b"IHDR", header()[:12]), IDAT, IEND),
        "its IHDR chunk has 12 bytes; expected 13",
    ),
    "header second": (lambda: png(TEXT, IHDR, IDAT, IEND), "its first chunk is tEXt; expected IHDR"),
    "two headers": (lambda: png(IHDR, IHDR, IDAT, IEND), "it has two IHDR chunks"),
    "no pixels": (lambda: png(IHDR, IEND), "it has no pixels (IDAT)"),
    "pixels apart": (
        lambda: png(IHDR, chunk(b"IDAT", zlib.compress(ROWS)[:10]), TEXT, IDAT, IEND),
        "its pixels (IDAT) are interrupted by tEXt",
    ),
    "too few pixels": (
        lambda: png(IHDR, chunk(b"IDAT", zlib.compress(ROWS[:-100])), IEND),
        "it does not have all of its pixels (IDAT)",
    ),
    "damaged pixels": (
        lambda: png(IHDR, chunk(b"IDAT", b"\x78\x9c" + b"\xff" * 50), IEND),
        "its pixels (IDAT) are damaged",
    ),
    "interlaced, too few pixels": (
        lambda: png(
            chunk(b"IHDR", header(methods=(0, 0, 1))), chunk(b"IDAT", zlib.compress(ROWS[:-100])), IEND
        ),
        "it does not have all of its pixels (IDAT)",
    ),
    "unknown critical chunk": (
        lambda: png(IHDR, chunk(b"ABCD", b"x"), IDAT, IEND),
        "its ABCD chunk is unknown, and not one that can be skipped",
    ),
    "name of no letters": (
        lambda: png(IHDR, chunk(b"\0\0\0\0", b""), IDAT, IEND),
        "a chunk has the name 00 00 00 00, which is not four letters",
    ),
    "longer than the file": (
        lambda: png(IHDR, struct.pack(">I", 2**31) + b"tEXt"),
        "it ends within its tEXt chunk",
    ),
    "half": (
        lambda: corpus.truncated(lambda: saved(corpus.photo(300, 200), "PNG")),
        "it ends within its IDAT chunk",
    ),
    "signature alone": (lambda: png(), "it ends behind its signature"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_a_png_is_named(render, name: str) -> None:
    make, fault = FAULTS[name]
    with pytest.raises(Rejected) as rejected:
        render(make())
    assert (rejected.value.reason, str(rejected.value)) == (
        "broken",
        f"the png file cannot be decoded: {fault}",
    )


@pytest.mark.parametrize(
    ("width", "reason", "sentence"),
    [
        (0, "broken", "the image size is 0 x 30"),
        (
            2**31 - 1,
            "too_many_pixels",
            "the image has 2147483647 x 30 = 64424509410 pixels; at most 50000000",
        ),
    ],
)
def test_size_that_is_not_decoded_is_named(render, width: int, reason: str, sentence: str) -> None:
    with pytest.raises(Rejected) as rejected:
        render(png(chunk(b"IHDR", header(width=width)), IDAT, IEND))
    assert (rejected.value.reason, str(rejected.value)[: len(sentence)]) == (reason, sentence)


def test_fault_that_is_not_known_has_the_message_of_the_decoder(render) -> None:
    with pytest.raises(Rejected, match="the png file cannot be decoded: libpng read error"):
        render(png(IHDR, chunk(b"IDAT", zlib.compress((b"\x09" + bytes(40)) * 30)), IEND))


def test_missing_end_and_bytes_behind_it_are_accepted(render) -> None:
    data = saved(scene(), "PNG")
    for accepted in (data[:-12], data + b"more"):
        assert render(accepted).metadata["displayed_size"] == [600, 400]
