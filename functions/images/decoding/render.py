"""Render a file: write its thumbnails and return its metadata. Runs in a child process with limits."""

import hashlib
import io
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyvips
from PIL import Image, ImageCms

from images.decoding import metadata
from images.decoding.decode import Decoded, decode
from images.decoding.limits import Rejected
from images.decoding.pixels import fit, shrink, to_pillow, to_vips
from images.decoding.sniff import HEAD_BYTES, sniff
from images.documents import Output, Rendering
from images.recipe import SIZES

_ORIENTATION = 0x0112
_PLACEHOLDER = 16
_LONGEST_CAUSE = 300
_OUT_OF_MEMORY = "out of memory"
"""The words of libvips, libheif and libavif, none of which has an error of its own for this."""
_AFTER_NAME = re.compile(r"^\w+: (source input: )?")
_PROFILE_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def render(source: Path, folder: Path) -> Rendering:
    """Write the thumbnails of `source` into `folder`; return its metadata, without floats.

    Raises Rejected when the file is not an acceptable image.
    """
    with source.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    try:
        decoded = decode(source, kind, SIZES[0])
        upright, orientation = _upright(decoded)
        largest = _to_srgb(upright, decoded.profile, decoded.named)
    except (Rejected, MemoryError):
        raise
    except Exception as error:  # Decoders have no common class of errors; any of them means a broken file.
        if _OUT_OF_MEMORY in str(error).lower():
            raise MemoryError from error
        raise Rejected("broken", f"the {kind} file cannot be decoded: {_cause(error, source)}") from error
    thumbnails = list(_cascade(largest))
    stored = [decoded.width, decoded.height]
    return {
        "format": kind,
        "stored_size": stored,
        "displayed_size": stored[::-1] if orientation >= 5 else stored,
        "orientation": orientation,
        "frames": decoded.frames,
        "alpha": largest.mode == "RGBA",
        "icc_name": metadata.profile_name(decoded.profile),
        "captured_at": metadata.captured_at(decoded.exif),
        "camera": metadata.camera(decoded.exif),
        "perceptual_hash": metadata.perceptual_hash(thumbnails[-1]),
        "dominant_colour": metadata.dominant_colour(thumbnails[-1]),
        "placeholder": _placeholder(thumbnails[-1]),
        "outputs": [
            output
            for size, image in zip(SIZES, thumbnails, strict=True)
            for output in _write(image, size, folder)
        ],
    }


def _cause(error: Exception, source: Path) -> str:
    """Return a decoder's message.

    libvips says in the first line what it did, in the others, if any, what is wrong, each after the name of a function;
    those of vips__ functions only say that they failed.
    """
    text = str(error).replace(str(source), "the file").replace(source.name, "the file")
    causes = [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(error, pyvips.Error):
        causes = [_AFTER_NAME.sub("", line) for line in causes[1:] if not line.startswith("vips__")]
    return "; ".join(dict.fromkeys(causes))[:_LONGEST_CAUSE] or "the decoder gives no cause"


def _upright(decoded: Decoded) -> tuple[Image.Image, int]:
    orientation = metadata.whole_number(decoded.exif, _ORIENTATION)
    if orientation not in _TURNS:
        return decoded.image, 1
    return decoded.image.transpose(_TURNS[orientation]), orientation


def _to_srgb(image: Image.Image, profile: bytes | None, named: bytes | None) -> Image.Image:
    """Convert to L, RGB or RGBA in sRGB; a profile that is broken or for another colour space is ignored.

    named: the profile in place of an embedded one.
    """
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None and alpha.getextrema()[0] == 255:
        alpha = None
    colours = image.convert(image.mode.removesuffix("A")) if image.mode in ("LA", "RGBA") else image
    if used := named or profile:
        colours = _through_profile(colours, used)
    if colours.mode not in ("L", "RGB"):
        colours = colours.convert("RGB")
    if alpha is None:
        return colours
    colours = colours.convert("RGB")
    colours.putalpha(alpha)
    return colours


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if image.mode == "L" and space == "RGB":
            image = image.convert("RGB")
        if space != _PROFILE_SPACES[image.mode]:
            return image
        if image.mode == "RGB" and metadata.is_srgb(source):
            return image
        converted = ImageCms.profileToProfile(
            image,
            source,
            metadata.SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def _cascade(largest: Image.Image) -> Iterator[Image.Image]:
    image = largest
    for size in SIZES:
        target = fit(*largest.size, size)
        if image.size != target:
            image = to_pillow(shrink(to_vips(image), target, kernel="lanczos3"))
        yield image


def _write(image: Image.Image, size: int, folder: Path) -> Iterator[Output]:
    yield _saved(image, size, folder, "webp", format="WEBP", quality=78, method=2)
    yield _saved(_on_white(image), size, folder, "jpg", format="JPEG", quality=80)


def _saved(image: Image.Image, size: int, folder: Path, suffix: str, **options: Any) -> Output:
    buffer = io.BytesIO()
    # Pillow would save the metadata of the original: EXIF with the GPS position, profile, comment.
    image.info.clear()
    image.save(buffer, **options)
    data = buffer.getvalue()
    name = f"{size}.{suffix}"
    (folder / name).write_bytes(data)
    return {
        "file": name,
        "size": size,
        "type": Image.MIME[options["format"]],
        "width": image.width,
        "height": image.height,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _placeholder(image: Image.Image) -> str:
    """Return a data URI of some hundred bytes to show enlarged until a thumbnail has loaded."""
    buffer = io.BytesIO()
    tiny = image.resize(fit(*image.size, _PLACEHOLDER), Image.Resampling.BOX)
    tiny.save(buffer, "WEBP", quality=40, method=0)
    return f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"
