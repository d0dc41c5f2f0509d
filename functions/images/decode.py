"""From a file to a picture of at most the largest thumbnail, in as little memory as its format allows.

libvips streams JPEG, PNG, WebP, TIFF and GIF, the first and third scaled as they are decoded. AVIF and HEIC
are Pillow's: twice as fast there, or not in libvips at all. Every loader is called by name: nothing here
guesses a format.
"""

from dataclasses import dataclass
from pathlib import Path

import pillow_heif
import pyvips
from PIL import Image

from images.jpeg import read_frame
from images.limits import check_jpeg, check_pixels
from images.pixels import fit, shrink, to_pillow

# The limits are ours and checked before a decode; Pillow's would come later and say less.
Image.MAX_IMAGE_PIXELS = None
pillow_heif.register_heif_opener()
# Every loader is called by name; those that were never hardened (SVG, PDF, ImageMagick's) are not there at all.
pyvips.block_untrusted_set(True)

_LOADERS = {
    "jpeg": pyvips.Image.jpegload,
    "png": pyvips.Image.pngload,
    "webp": pyvips.Image.webpload,
    "tiff": pyvips.Image.tiffload,
    "gif": pyvips.Image.gifload,
}
_PILLOW_NAMES = {"avif": "AVIF", "heic": "HEIF"}
_EIGHT_BIT = {"srgb", "b-w", "cmyk"}
_SIXTEEN_BIT = {"rgb16", "grey16"}


@dataclass(slots=True)
class Decoded:
    """The first frame, shrunk to fit, neither turned nor converted: colours are still those of `profile`.

    width and height are the stored ones, in pixels; exif is what could be read, {} of a malformed one.
    """

    image: Image.Image
    width: int
    height: int
    frames: int
    profile: bytes | None
    exif: Image.Exif


def decode(path: Path, kind: str, box: int) -> Decoded:
    """Decode the first frame of a sniffed file to fit `box`.

    Raises Rejected when it is over a limit, and the decoder's own errors when it is broken.
    """
    if kind in _PILLOW_NAMES:
        return _decode_whole(path, _PILLOW_NAMES[kind], box)
    return _decode_jpeg(path, box) if kind == "jpeg" else _decode_streamed(path, kind, box)


def _decode_whole(path: Path, name: str, box: int) -> Decoded:
    with Image.open(path, formats=[name]) as image:
        check_pixels(*image.size)
        # Both plugins turn what the container says to turn, or hand it over as the EXIF orientation.
        pixels: Image.Image = image
        if image.mode not in ("L", "RGB", "RGBA"):
            pixels = image.convert("RGBA" if image.has_transparency_data else "RGB")
        # Halving by averaging first costs half of a bicubic from full size and no visible difference.
        target = fit(*image.size, box)
        shrunk = pixels.resize(target, Image.Resampling.BICUBIC, reducing_gap=1.5)
        frames = getattr(image, "n_frames", 1)
        return Decoded(shrunk, *image.size, frames, image.info.get("icc_profile"), _exif(image))


def _decode_jpeg(path: Path, box: int) -> Decoded:
    frame = read_frame(path.read_bytes())
    check_jpeg(frame)
    target = fit(frame.width, frame.height, box)
    factor = min(frame.width // target[0], frame.height // target[1])
    source = _load(path, "jpeg", shrink=next(whole for whole in (8, 4, 2, 1) if whole <= factor))
    return _decoded(source, (frame.width, frame.height), target, _parsed(source))


def _decode_streamed(path: Path, kind: str, box: int) -> Decoded:
    source = _load(path, kind)
    stored = source.width, source.height
    check_pixels(*stored)
    target = fit(*stored, box)
    exif = _tiff_tags(path) if kind == "tiff" else _parsed(source)
    if kind == "webp" and target != stored:
        # libwebp scales as it decodes: the full picture never exists.
        source = _load(path, kind, scale=max(target[0] / stored[0], target[1] / stored[1]))
    return _decoded(source, stored, target, exif)


def _load(path: Path, kind: str, **options: float) -> pyvips.Image:
    return _LOADERS[kind](str(path), access="sequential", fail_on="error", **options)


def _decoded(
    source: pyvips.Image, stored: tuple[int, int], target: tuple[int, int], exif: Image.Exif
) -> Decoded:
    fields = set(source.get_fields())
    frames = source.get("n-pages") if "n-pages" in fields else 1
    profile = source.get("icc-profile-data") if "icc-profile-data" in fields else None
    pixels = to_pillow(shrink(_eight_bit(source), target, kernel="cubic"))
    return Decoded(pixels, *stored, frames, profile, exif)


def _eight_bit(source: pyvips.Image) -> pyvips.Image:
    if source.interpretation in _SIXTEEN_BIT:
        return (source >> 8).cast("uchar").copy(interpretation="srgb" if source.bands > 2 else "b-w")
    if source.interpretation in _EIGHT_BIT and source.format == "uchar":
        return source
    return source.colourspace("srgb")


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # Pillow lets whatever a malformed block provokes through; the picture is still good.
        return Image.Exif()


def _parsed(source: pyvips.Image) -> Image.Exif:
    exif = Image.Exif()
    try:
        if "exif-data" in source.get_fields():
            exif.load(source.get("exif-data"))
    except Exception:  # as above
        return Image.Exif()
    return exif


def _tiff_tags(path: Path) -> Image.Exif:
    try:
        with Image.open(path, formats=["TIFF"]) as image:
            return image.getexif()
    except Exception:  # libvips reads TIFFs Pillow does not; then there is nothing but the pixels.
        return Image.Exif()
