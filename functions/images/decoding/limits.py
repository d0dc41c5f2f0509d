"""Limits of an image file that are checked before it is decoded, and the error for a file that exceeds them."""

from dataclasses import dataclass

MIB = 1024 * 1024

MAX_BYTES = 50 * MIB
MAX_JPEG_PIXELS = 100_000_000
"""A JPEG is decoded at a fraction of its size, so it may be larger than an image that is decoded whole."""
MAX_PIXELS = 50_000_000
"""An AVIF reaches MAX_MEMORY first: at some 40 million, 32 with alpha."""
MAX_SCANS = 100
"""Each scan of a progressive JPEG is a pass over all its coefficients: a few bytes, seconds of work."""
MAX_COEFFICIENT_BYTES = 360 * MIB
"""libjpeg holds a progressive image's coefficients in memory, whatever size it is decoded at."""
MAX_MEMORY = 432 * MIB
"""What a decode may allocate on top of the idle child; its peak stays under 512 MiB."""
MAX_SECONDS = 20
"""Wall clock for one image, decoded, resized and encoded."""


class Rejected(Exception):
    """The file is not an acceptable image. This is a result about the file, not a failure of the service.

    reason: a code for lists and alarms, for example ``too_many_pixels``; str() is the sentence for the operator.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """The frame of a JPEG by its headers; sizes in pixels, coefficient_bytes 0 when it is sequential."""

    width: int
    height: int
    scans: int
    coefficient_bytes: int


def check_bytes(size: int) -> None:
    """Raise Rejected unless the file has 1 byte to 50 MiB."""
    if size == 0:
        raise Rejected("empty", "the file is empty")
    if size > MAX_BYTES:
        raise Rejected("too_large", f"the file has {size} bytes; at most {MAX_BYTES} are accepted")


def check_pixels(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    """Raise Rejected unless the image has 1 to `limit` pixels."""
    if width < 1 or height < 1:
        raise Rejected("broken", f"the image size is {width} x {height}")
    if width * height > limit:
        pixels = f"{width} x {height} = {width * height} pixels"
        raise Rejected("too_many_pixels", f"the image has {pixels}; at most {limit} are accepted")


def check_jpeg(frame: JpegFrame) -> None:
    """Raise Rejected when a JPEG has too many pixels or scans, or needs too much memory."""
    check_pixels(frame.width, frame.height, MAX_JPEG_PIXELS)
    if frame.scans > MAX_SCANS:
        raise Rejected("too_many_scans", f"the JPEG has over {MAX_SCANS} scans")
    if frame.coefficient_bytes > MAX_COEFFICIENT_BYTES:
        needed = f"decoding the progressive JPEG needs {frame.coefficient_bytes // MIB} MiB"
        limit = f"at most {MAX_COEFFICIENT_BYTES // MIB} are accepted"
        raise Rejected("too_much_memory", f"{needed}; {limit}: save it as baseline")
