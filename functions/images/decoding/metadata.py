"""Metadata of an image; a value is None when the file does not have it or it is not plausible."""

import io
import string
from datetime import datetime
from itertools import product

from PIL import Image, ImageCms

_EXIF_BLOCK = 0x8769
_MAKE, _MODEL = 0x010F, 0x0110
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011
_PRINTABLE = set(string.printable) - set("\t\n\r\x0b\x0c")
_LONGEST_NAME = 80
_COLOURS = 8
_OPAQUE = 128
_SAME_LEVELS = 2
_LEVELS = (0, 64, 128, 192, 255)
_SAMPLES = Image.frombytes(
    "RGB",
    (len(_LEVELS) ** 3, 1),
    bytes(level for colour in product(_LEVELS, repeat=3) for level in colour),
)
SRGB = ImageCms.createProfile("sRGB")


def whole_number(exif: Image.Exif, tag: int) -> int:
    """Return the whole number of a tag, 0 without one. A file may store it as any type, or as none that can be read."""
    try:
        value = exif.get(tag)
        # A single BYTE is read as bytes.
        first = (
            value[0] if isinstance(value, tuple) or (isinstance(value, bytes) and len(value) == 1) else value
        )
        number = float(str(first))
        return int(number) if number.is_integer() else 0
    except Exception:  # Pillow raises any error for a malformed tag.
        return 0


def captured_at(exif: Image.Exif) -> str | None:
    """Return when the image was taken: ISO 8601, with the zone if the camera wrote it."""
    taken = _block(exif).get(_TAKEN)
    offset = _block(exif).get(_TAKEN_OFFSET)
    for text, pattern in ((f"{taken}{offset}", "%Y:%m:%d %H:%M:%S%z"), (str(taken), "%Y:%m:%d %H:%M:%S")):
        try:
            return datetime.strptime(text.strip("\0 "), pattern).isoformat()
        except ValueError:
            continue
    return None


def camera(exif: Image.Exif) -> str | None:
    """Return make and model without repeating the make, at most 80 printable characters."""
    make, model = (_text(exif, tag) for tag in (_MAKE, _MODEL))
    name = model if make and model.lower().startswith(make.lower()) else f"{make} {model}"
    return name.strip()[:_LONGEST_NAME] or None


def profile_name(profile: bytes | None) -> str | None:
    """Return the name in a colour profile, at most 80 printable characters."""
    if not profile:
        return None
    try:
        description = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return None
    return _printable(description)[:_LONGEST_NAME] or None


def is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Return whether an RGB profile is sRGB by its content: converting sample colours changes none of them visibly.

    Its name proves nothing: a linear profile can be called sRGB.
    """
    converted = ImageCms.profileToProfile(_SAMPLES, profile, SRGB, outputMode="RGB")
    if converted is None:
        return False
    pairs = zip(_SAMPLES.tobytes(), converted.tobytes(), strict=True)
    return all(abs(before - after) <= _SAME_LEVELS for before, after in pairs)


def perceptual_hash(image: Image.Image) -> str:
    """Return a difference hash, 64 bits in hex: whether each of 8 x 8 cells is darker than its right neighbour."""
    cells = image.convert("RGB").convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for at in range(72):
        if at % 9 < 8:
            bits = bits << 1 | (cells[at] < cells[at + 1])
    return f"{bits:016x}"


def dominant_colour(image: Image.Image) -> str:
    """Return the most frequent of eight colours as #rrggbb, of the opaque pixels if there are any."""
    colours = image.convert("RGB")
    if image.mode == "RGBA":
        opaque = [
            colour
            for colour, alpha in zip(_pixels(colours), image.getchannel("A").tobytes(), strict=True)
            if alpha >= _OPAQUE
        ]
        if opaque:
            colours = Image.frombytes("RGB", (len(opaque), 1), b"".join(opaque))
    palette = colours.quantize(_COLOURS, Image.Quantize.FASTOCTREE)
    histogram = palette.histogram()
    index = histogram.index(max(histogram))
    red, green, blue = (palette.getpalette() or [])[3 * index : 3 * index + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _pixels(image: Image.Image) -> list[bytes]:
    data = image.tobytes()
    return [data[at : at + 3] for at in range(0, len(data), 3)]


def _block(exif: Image.Exif) -> dict[int, object]:
    try:
        return dict(exif.get_ifd(_EXIF_BLOCK))
    except Exception:  # Pillow raises any error for a malformed block
        return {}


def _text(exif: Image.Exif, tag: int) -> str:
    try:
        return _printable(exif.get(tag))
    except Exception:  # Pillow raises any error for a malformed tag.
        return ""


def _printable(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(c for c in text if c in _PRINTABLE).strip()
