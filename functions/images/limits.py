"""What a picture may be before anything decodes it, and the refusal that names what it was instead."""

from dataclasses import dataclass

MIB = 1024 * 1024

MAX_BYTES = 50 * MIB
MAX_JPEG_PIXELS = 100_000_000
"""A JPEG is decoded at a fraction of its size, so it may be larger than what is decoded whole."""
MAX_PIXELS = 50_000_000
"""An AVIF meets MAX_MEMORY first: at some 40 million, 32 with alpha."""
MAX_SCANS = 100
"""Each scan of a progressive JPEG is a pass over all its coefficients: a few bytes, seconds of work."""
MAX_COEFFICIENT_BYTES = 360 * MIB
"""libjpeg keeps a progressive picture's coefficients in memory whatever size it is decoded at."""
MAX_MEMORY = 432 * MIB
"""What a decode may allocate on top of the idle child, which keeps its peak under 512 MiB."""
MAX_SECONDS = 20
"""Wall clock for one picture, decoded, shrunk and encoded."""


class Rejected(Exception):
    """The file is not a picture the shop takes: a verdict on the file, not a fault of the service.

    reason: a code for lists and alarms, e.g. ``too_many_pixels``; str() is the sentence for the operator.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """What a JPEG's headers say of its one frame; sizes in pixels, coefficient_bytes 0 when sequential."""

    width: int
    height: int
    scans: int
    coefficient_bytes: int


def check_bytes(size: int) -> None:
    """Rejected unless the file holds 1 byte to 50 MiB."""
    if size == 0:
        raise Rejected("empty", "the file has no bytes; expected a picture")
    if size > MAX_BYTES:
        raise Rejected("too_large", f"the file has {size} bytes; expected at most {MAX_BYTES}")


def check_pixels(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Rejected unless the picture has 1 to `most` pixels."""
    if width < 1 or height < 1:
        raise Rejected("broken", f"the picture is {width} x {height}; expected at least one pixel")
    if width * height > most:
        pixels = f"{width} x {height} = {width * height} pixels"
        raise Rejected("too_many_pixels", f"the picture has {pixels}; expected at most {most}")


def check_jpeg(frame: JpegFrame) -> None:
    """Rejected when a JPEG has too many pixels, scans, or too much to keep in memory."""
    check_pixels(frame.width, frame.height, MAX_JPEG_PIXELS)
    if frame.scans > MAX_SCANS:
        raise Rejected("too_many_scans", f"the JPEG has over {MAX_SCANS} scans; expected at most that")
    if frame.coefficient_bytes > MAX_COEFFICIENT_BYTES:
        needs = f"needs {frame.coefficient_bytes // MIB} MiB to decode"
        most = f"expected at most {MAX_COEFFICIENT_BYTES // MIB}"
        raise Rejected("too_much_memory", f"the progressive JPEG {needs}; {most}: save it as baseline")
