"""From a file to its thumbnails and what is known about it. Runs in the child that may be killed."""

import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms

from images import facts
from images.decode import Decoded, decode
from images.limits import Rejected
from images.pixels import fit, shrink, to_pillow, to_vips
from images.rules import SIZES
from images.sniff import HEAD_BYTES, sniff

_ORIENTATION = 0x0112
_PLACEHOLDER = 16
_SRGB = ImageCms.createProfile("sRGB")
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


def render(source: Path, folder: Path) -> dict[str, Any]:
    """Write the thumbnails of `source` into `folder`; answer the metadata, JSON-ready, without floats.

    Sizes are [width, height] in pixels; `outputs` names each file written, with its size, bytes, type
    and sha256. Raises Rejected when the file is no picture the shop takes.
    """
    with source.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    try:
        decoded = decode(source, kind, SIZES[0])
        upright, orientation = _upright(decoded)
        largest = _to_srgb(upright, decoded.profile)
    except (Rejected, MemoryError):
        raise
    except Exception as error:  # decoders share no class of error; each says the same of a file: broken
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Rejected("broken", f"the {kind} file cannot be decoded: {first_line[:200]}") from error
    pictures = list(_cascade(largest))
    stored = [decoded.width, decoded.height]
    return {
        "format": kind,
        "stored_size": stored,
        "displayed_size": stored[::-1] if orientation >= 5 else stored,
        "orientation": orientation,
        "frames": decoded.frames,
        "alpha": largest.mode == "RGBA",
        "icc_name": facts.profile_name(decoded.profile),
        "captured_at": facts.captured_at(decoded.exif),
        "camera": facts.camera(decoded.exif),
        "perceptual_hash": facts.perceptual_hash(pictures[-1]),
        "dominant_colour": facts.dominant_colour(pictures[-1]),
        "placeholder": _placeholder(pictures[-1]),
        "outputs": [
            output
            for size, picture in zip(SIZES, pictures, strict=True)
            for output in _write(picture, size, folder)
        ],
    }


def _upright(decoded: Decoded) -> tuple[Image.Image, int]:
    orientation = decoded.exif.get(_ORIENTATION, 1)
    if orientation not in _TURNS:
        return decoded.image, 1
    return decoded.image.transpose(_TURNS[orientation]), orientation


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as L, RGB or RGBA in sRGB; a profile that is broken or of another space is passed over."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None and alpha.getextrema()[0] == 255:
        alpha = None
    colours = image.convert(image.mode.removesuffix("A")) if image.mode in ("LA", "RGBA") else image
    if profile and not facts.is_srgb(profile):
        colours = _through_profile(colours, profile)
    if colours.mode not in ("L", "RGB"):
        colours = colours.convert("RGB")
    if alpha is None:
        return colours
    colours = colours.convert("RGB")
    colours.putalpha(alpha)
    return colours


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if theirs.profile.xcolor_space.strip() != _PROFILE_SPACES[image.mode]:
            return image
        converted = ImageCms.profileToProfile(
            image,
            theirs,
            _SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def _cascade(largest: Image.Image) -> Iterator[Image.Image]:
    picture = largest
    for size in SIZES:
        target = fit(*largest.size, size)
        if picture.size != target:
            picture = to_pillow(shrink(to_vips(picture), target, kernel="lanczos3"))
        yield picture


def _write(picture: Image.Image, size: int, folder: Path) -> Iterator[dict[str, Any]]:
    yield _saved(picture, size, folder, "webp", format="WEBP", quality=78, method=2)
    yield _saved(_on_white(picture), size, folder, "jpg", format="JPEG", quality=80)


def _saved(picture: Image.Image, size: int, folder: Path, suffix: str, **options: Any) -> dict[str, Any]:
    buffer = io.BytesIO()
    # Pillow saves what `info` carries from the original: EXIF with its GPS position, profile, comment.
    picture.info.clear()
    picture.save(buffer, **options)
    data = buffer.getvalue()
    name = f"{size}.{suffix}"
    (folder / name).write_bytes(data)
    return {
        "file": name,
        "size": size,
        "type": Image.MIME[options["format"]],
        "width": picture.width,
        "height": picture.height,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _placeholder(picture: Image.Image) -> str:
    """A data URI of some hundred bytes to show, enlarged, until a thumbnail has loaded."""
    buffer = io.BytesIO()
    tiny = picture.resize(fit(*picture.size, _PLACEHOLDER), Image.Resampling.BOX)
    tiny.save(buffer, "WEBP", quality=40, method=0)
    return f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"
