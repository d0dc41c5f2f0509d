"""Resize with libvips, the fastest; convert to and from Pillow, which encodes and converts colours."""

import pyvips
from PIL import Image

# Each process decodes one image: a cache of operations would only use memory.
pyvips.cache_set_max(0)

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_BANDS = {mode: bands for bands, mode in _MODES.items()} | {"CMYK": 4}


def fit(width: int, height: int, box: int) -> tuple[int, int]:
    """Return the size that fits a square of `box` pixels, never enlarged, at least 1 x 1."""
    longest = max(width, height, box)
    across, down = ((side * box * 2 + longest) // (longest * 2) for side in (width, height))
    return max(1, across), max(1, down)


def shrink(image: pyvips.Image, target: tuple[int, int], kernel: str) -> pyvips.Image:
    """Resize to the target size; a transparent pixel's colour does not bleed into its neighbours."""
    if (image.width, image.height) == target:
        return image
    across, down = target[0] / image.width, target[1] / image.height
    if not image.hasalpha():
        return image.resize(across, vscale=down, kernel=kernel)
    return image.premultiply().resize(across, vscale=down, kernel=kernel).unpremultiply().cast("uchar")


def to_pillow(image: pyvips.Image) -> Image.Image:
    """Convert an 8-bit libvips image to L, LA, RGB, RGBA or CMYK."""
    mode = "CMYK" if image.interpretation == "cmyk" else _MODES[image.bands]
    pixels = image.write_to_memory()
    if len(pixels) != image.width * image.height * image.bands:
        raise ValueError(f"{image.format} samples are not 8 bits")
    return Image.frombytes(mode, (image.width, image.height), pixels)


def to_vips(image: Image.Image) -> pyvips.Image:
    """Convert an L, RGB or RGBA image to libvips."""
    bands = _BANDS[image.mode]
    converted = pyvips.Image.new_from_memory(image.tobytes(), *image.size, bands, "uchar")
    return converted.copy(interpretation="srgb" if bands > 2 else "b-w")
