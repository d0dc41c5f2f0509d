"""Decode a file to at most the size of the largest thumbnail, in as little memory as its format allows.

libvips streams JPEG, PNG, WebP, TIFF and GIF; JPEG and WebP are scaled while they are decoded. Pillow decodes AVIF, in
half of libvips' time, and HEIC and the few TIFFs that libvips does not read. Each loader is called by name: no library
guesses a format.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pillow_heif
import pyvips
from PIL import AvifImagePlugin, Image, ImageFile, TiffImagePlugin

from images.decoding import gif, iso_media, tiff
from images.decoding.jpeg import END_OF_IMAGE, is_ended, read_frame
from images.decoding.limits import Rejected, check_jpeg, check_pixels
from images.decoding.pixels import fit, shrink, to_pillow
from images.decoding.png import PngFacts, read_facts
from images.decoding.png_faults import find_fault

# check_pixels runs before a decode and names the limit; Pillow's own check would come later.
Image.MAX_IMAGE_PIXELS = None
pillow_heif.register_heif_opener()
# Loaders that libvips marks as unsafe for untrusted input (SVG, PDF, ImageMagick) are disabled.
pyvips.block_untrusted_set(True)

_LOADERS = {
    "jpeg": pyvips.Image.jpegload,
    "png": pyvips.Image.pngload,
    "webp": pyvips.Image.webpload,
    "tiff": pyvips.Image.tiffload,
    "gif": pyvips.Image.gifload,
}
# Not Image.open, whose error does not say what is wrong with a file.
_PILLOW_FILES: dict[str, type[ImageFile.ImageFile]] = {
    "avif": AvifImagePlugin.AvifImageFile,
    "heic": pillow_heif.HeifImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
}
_MISSING_PIXELS = "premature end of data segment"
_EIGHT_BIT = {"srgb", "b-w", "cmyk"}
_UNSCALED = {"char", "uint", "int", "short", "float", "double", "complex", "dpcomplex"}
_WITH_RANGE = {"lab", "labs", "scrgb", "xyz"}
_SIXTEEN_BIT = {"rgb16", "grey16"}
_SRGB_EXPONENT = 2.2
_BRIGHTEST = 16
"""scRGB ends at 7.5. Floats far above it are of another range, such as 0 to 255, and would all be white."""


class BrokenPng(Exception):
    """The PNG cannot be decoded; str() is what is wrong with it."""


@dataclass(slots=True)
class Decoded:
    """The first frame, resized to fit, not yet rotated, its colours those of `profile`.

    width and height are those stored in the file, in pixels; exif is empty if it is malformed. named: the profile of
    colours that the file names without one; it comes before the embedded `profile`.
    """

    image: Image.Image
    width: int
    height: int
    frames: int
    profile: bytes | None
    exif: Image.Exif
    named: bytes | None = None


def decode(path: Path, kind: str, box: int) -> Decoded:
    """Decode the first frame of a sniffed file to fit `box`.

    Raises Rejected when it exceeds a limit, and the decoder's own errors when it is broken.
    """
    if kind in ("avif", "heic"):
        return _decode_whole(path, kind, box)
    if kind == "tiff":
        facts = tiff.read_facts(path)
        facts.check()
        if facts.is_for_pillow:
            return _decode_whole(path, kind, box)
        return _decode_tiff(path, box, facts)
    if kind == "png":
        return _decode_png(path, box)
    return _decode_jpeg(path, box) if kind == "jpeg" else _decode_streamed(path, kind, box)


def _decode_whole(path: Path, kind: str, box: int) -> Decoded:
    with _PILLOW_FILES[kind](path) as image:
        check_pixels(*image.size)
        profile, named = image.info.get("icc_profile"), None
        if kind != "tiff" and not profile and (points := iso_media.read_code_points(path)):
            named = points.profile()
        _forget_xmp(image)
        # Loading a TIFF turns it, and its size with it.
        image.load()
        # The plugins apply the container's rotation, or report it as the EXIF orientation.
        pixels: Image.Image = image
        if image.mode not in ("L", "RGB", "RGBA"):
            pixels = image.convert("RGBA" if image.has_transparency_data else "RGB")
        # Averaging down first takes half the time of a bicubic from full size, without a visible difference.
        target = fit(*image.size, box)
        shrunk = pixels.resize(target, Image.Resampling.BICUBIC, reducing_gap=1.5)
        frames = getattr(image, "n_frames", 1)
        return Decoded(shrunk, *image.size, frames, profile, _exif(image), named)


def _decode_jpeg(path: Path, box: int) -> Decoded:
    data = path.read_bytes()
    frame = read_frame(data)
    check_jpeg(frame)
    size = frame.width, frame.height
    target = fit(*size, box)
    factor = min(size[0] // target[0], size[1] // target[1])
    scale = next(whole for whole in (8, 4, 2, 1) if whole <= factor)

    def decoded(fail_on: str) -> Decoded:
        source = pyvips.Image.jpegload_buffer(data, access="sequential", fail_on=fail_on, shrink=scale)
        return _decoded(source, size, target, _parsed(source))

    if not is_ended(data):
        # Only the end marker may be missing.
        data += END_OF_IMAGE
        return decoded("warning")
    try:
        return decoded("warning")
    except pyvips.Error as error:
        # libjpeg warns of missing pixels, which it makes grey, and of bytes that some phones write between markers.
        if _MISSING_PIXELS in str(error):
            raise
        return decoded("error")


def _decode_png(path: Path, box: int) -> Decoded:
    try:
        return _decode_streamed(path, "png", box)
    except pyvips.Error as error:
        if fault := find_fault(path):
            raise BrokenPng(fault) from error
        raise


def _decode_tiff(path: Path, box: int, facts: tiff.TiffFacts) -> Decoded:
    """Decode a TIFF. libtiff reports a malformed tag as it does missing pixels: a file with either is read twice."""
    try:
        return _decode_streamed(path, "tiff", box, facts)
    except pyvips.Error as error:
        with TemporaryDirectory(dir=path.parent) as folder:
            copy = Path(folder) / path.name
            copy.write_bytes(tiff.pixels_alone(path.read_bytes()))
            try:
                decoded = _decode_streamed(copy, "tiff", box, facts)
            except pyvips.Error:
                raise error from None
        decoded.exif, decoded.frames = _tiff_tags(path), _tiff_pages(path)
        return decoded


def _decode_streamed(path: Path, kind: str, box: int, facts: tiff.TiffFacts | None = None) -> Decoded:
    source = _load(path, kind)
    if kind == "gif":
        source = _on_canvas(source, path)
    stored = source.width, source.height
    check_pixels(*stored)
    if facts is not None:
        _check_range(source, path, facts)
        source = _without_extras(source, facts)
    target = fit(*stored, box)
    exif = _tiff_tags(path) if kind == "tiff" else _parsed(source)
    if kind == "webp" and target != stored:
        # libwebp scales while it decodes: the full image is never in memory.
        source = _load(path, kind, scale=max(target[0] / stored[0], target[1] / stored[1]))
    return _decoded(source, stored, target, exif, read_facts(path) if kind == "png" else None)


def _check_range(source: pyvips.Image, path: Path, facts: tiff.TiffFacts) -> None:
    """Raise Rejected for samples that are taken for scRGB and cannot be: float RGB says nothing of its range."""
    if source.interpretation != "scrgb":
        return
    # Other loads: the pixels of a streamed image can be read once.
    samples = _without_extras(_load(path, "tiff"), facts)
    if (samples == samples).min() == 0:
        raise Rejected(
            "unsupported_format", "the file has samples that are not numbers (NaN); accepted are 0 to 1"
        )
    most = _without_extras(_load(path, "tiff"), facts).max()
    if not most <= _BRIGHTEST:
        raise Rejected(
            "unsupported_format", f"the file has float samples up to {most:g}; accepted are 8 and 16 bits"
        )


def _without_extras(source: pyvips.Image, facts: tiff.TiffFacts) -> pyvips.Image:
    """Return the colours of a TIFF, and its alpha if it has one. libvips takes the last of any samples for alpha.

    The alpha of CMYK is dropped: neither library converts such pixels.
    """
    if not facts.extras:
        return source
    first = source.bands - facts.extras
    colours = source[:first]
    if facts.is_grey:
        colours = colours.copy(interpretation="b-w" if source.format == "uchar" else "grey16")
    return colours if facts.alpha is None or facts.is_cmyk else colours.bandjoin(source[first + facts.alpha])


def _on_canvas(source: pyvips.Image, path: Path) -> pyvips.Image:
    """Return a GIF's first frame on the whole canvas, transparent where the frame is not.

    libnsgif reduces common screen sizes to the frame's, and libvips fills what an opaque frame does not cover with
    black.
    """
    facts = gif.read_facts(path)
    width, height = max(source.width, facts.width), max(source.height, facts.height)
    check_pixels(width, height)
    frame = facts.frame or gif.Area(0, 0, source.width, source.height)
    if source.hasalpha() or frame.left >= source.width or frame.top >= source.height:
        frame = gif.Area(0, 0, source.width, source.height)
    size = min(frame.width, source.width - frame.left), min(frame.height, source.height - frame.top)
    if size == (width, height) or 0 in size:
        return source
    pixels = source.crop(frame.left, frame.top, *size)
    shown = pixels if pixels.hasalpha() else pixels.bandjoin(255)
    background = [0] * shown.bands
    return shown.embed(frame.left, frame.top, width, height, extend="background", background=background)


def _load(path: Path, kind: str, **options: float) -> pyvips.Image:
    return _LOADERS[kind](str(path), access="sequential", fail_on="error", **options)


def _decoded(
    source: pyvips.Image,
    stored: tuple[int, int],
    target: tuple[int, int],
    exif: Image.Exif,
    png: PngFacts | None = None,
) -> Decoded:
    fields = set(source.get_fields())
    frames = source.get("n-pages") if "n-pages" in fields else 1
    profile = source.get("icc-profile-data") if "icc-profile-data" in fields else None
    named = None
    if png is not None:
        frames, named = png.frames, png.profile
        if png.gamma is not None:
            source = _without_gamma(source, png.gamma)
    pixels = to_pillow(shrink(_eight_bit(source), target, kernel="cubic"))
    return Decoded(pixels, *stored, frames, profile, exif, named)


def _without_gamma(source: pyvips.Image, gamma: float) -> pyvips.Image:
    """Return a PNG's samples as sRGB samples of 8 bits; alpha is linear in any PNG."""
    wide = source.format == "ushort"
    alpha = source[source.bands - 1] if source.hasalpha() else None
    colours = source[: source.bands - 1] if alpha is not None else source
    linear = pyvips.Image.identity(ushort=wide) / (65_535 if wide else 255)
    table = (linear ** (1 / (gamma * _SRGB_EXPONENT)) * 255).rint().cast("uchar")
    mapped = colours.maplut(table)
    if alpha is not None:
        mapped = mapped.bandjoin((alpha >> 8).cast("uchar") if wide else alpha)
    return mapped.copy(interpretation="srgb" if colours.bands > 2 else "b-w")


def _eight_bit(source: pyvips.Image) -> pyvips.Image:
    if source.format in _UNSCALED and source.interpretation not in _WITH_RANGE:
        # Nothing in such a file says which value is white.
        kind = f"{source.format} samples"
        raise Rejected("unsupported_format", f"the file has {kind}; accepted are 8 and 16 bits")
    if source.interpretation == "cmyk" and source.format == "ushort":
        return (source >> 8).cast("uchar").copy(interpretation="cmyk")
    if source.interpretation in _SIXTEEN_BIT:
        return (source >> 8).cast("uchar").copy(interpretation="srgb" if source.bands > 2 else "b-w")
    if source.interpretation in _EIGHT_BIT and source.format == "uchar":
        return source
    return source.colourspace("srgb")


def _forget_xmp(image: Image.Image) -> None:
    """Drop XMP, whose orientation Pillow takes if EXIF has none; browsers ignore it, and libvips does."""
    image.info.pop("xmp", None)


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # Pillow raises any error for a malformed block; the pixels are still good.
        return Image.Exif()


def _parsed(source: pyvips.Image) -> Image.Exif:
    exif = Image.Exif()
    try:
        if "exif-data" in source.get_fields():
            exif.load(source.get("exif-data"))
    except Exception:  # as in _exif
        return Image.Exif()
    return exif


def _tiff_tags(path: Path) -> Image.Exif:
    try:
        with Image.open(path, formats=["TIFF"]) as image:
            _forget_xmp(image)
            return image.getexif()
    except Exception:  # libvips reads TIFFs that Pillow does not; such a file has pixels and no tags.
        return Image.Exif()


def _tiff_pages(path: Path) -> int:
    try:
        with Image.open(path, formats=["TIFF"]) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # as in _tiff_tags
        return 1
