"""Hostile and awkward pictures, each made here, in memory, from nothing."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import pillow_heif
import pyvips
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

pillow_heif.register_heif_opener()

QUADRANTS = {"top left": (220, 30, 30), "top right": (30, 200, 40), "bottom left": (40, 60, 220)}
GREY = (128, 128, 128)
UPRIGHT = (600, 400)
_INVERSE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(size: tuple[int, int] = UPRIGHT, mode: str = "RGB") -> Image.Image:
    """Three coloured quadrants and a grey one, so that a turn or a mirror shows."""
    width, height = size
    image = Image.new("RGB", size, GREY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), QUADRANTS["top left"])
    draw.rectangle((width // 2, 0, width, height // 2 - 1), QUADRANTS["top right"])
    draw.rectangle((0, height // 2, width // 2 - 1, height), QUADRANTS["bottom left"])
    return image.convert(mode)


@cache
def photo(width: int, height: int) -> Image.Image:
    """Something like a photograph: noise of five scales, so that files and work are of real size."""
    image = None
    # Detail halves from one scale to the next finer, as it does in pictures of the world.
    for seed, (scale, weight) in enumerate(((8, 1), (32, 0.4), (128, 0.25), (512, 0.15), (2048, 0.08))):
        across, down = min(scale, width), max(1, min(scale, width) * height // width)
        noise = Image.frombytes("RGB", (across, down), random.Random(seed).randbytes(across * down * 3))
        layer = noise.resize((width, height), Image.Resampling.BICUBIC)
        image = layer if image is None else Image.blend(image, layer, weight)
    assert image is not None
    return image


# A photograph takes a second to encode instead of ten; what is tested is the decoder.
_FAST: dict[str, dict[str, Any]] = {"HEIF": {"enc_params": {"preset": "ultrafast"}}, "AVIF": {"speed": 10}}


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **_FAST.get(kind, {}) | options)
    return buffer.getvalue()


def exif(orientation: int = 1, **tags: Any) -> bytes:
    """An EXIF block with a camera, a time and a GPS position."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F], block[0x0110] = "Apple", "Apple iPhone 15"
    block.get_ifd(0x8769).update({0x9003: "2026:11:20 09:14:03", 0x9011: "+01:00"})
    block.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0)})
    block.update(tags)
    return block.tobytes()


def raw_orientation(kind: int, count: int, value: bytes) -> bytes:
    """An EXIF block whose only tag is the orientation, of any type: 2 text, 3 short, 5 rational, 7 undefined."""
    inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(">I", 8 + 2 + 12 + 4)
    entry = struct.pack(">HHI", 0x0112, kind, count) + inline
    data = b"" if len(value) <= 4 else value
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4) + data


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """The scene stored as a camera held some way stores it: upright only when its EXIF is obeyed."""
    turn = _INVERSE[orientation]
    image = scene() if turn is None else scene().transpose(turn)
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    return saved(image, kind, exif=exif(orientation), **options)


def sixteen_bit_png(width: int = 300, height: int = 200, colour: bool = True) -> bytes:
    """A 16-bit PNG, RGB or grey, of one colour: 0xc0a0 red or grey."""
    pixel = struct.pack(">HHH", 0xC0A0, 0x2020, 0x2020) if colour else struct.pack(">H", 0xC0A0)
    return png(width, height, 16, 2 if colour else 0, (b"\0" + pixel * width) * height)


def png(
    width: int, height: int, depth: int, kind: int, scanlines: bytes, *more: tuple[bytes, bytes]
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), *more, (b"IDAT", zlib.compress(scanlines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def gamma_png(gamma: int, colour: tuple[int, ...], depth: int = 8, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG of one colour, RGB or RGBA, with a gAMA chunk."""
    samples = b"".join(struct.pack(">H", value * 257) if depth == 16 else bytes((value,)) for value in colour)
    chunks = (*more, (b"gAMA", struct.pack(">I", gamma)))
    return png(300, 200, depth, 2 if len(colour) == 3 else 6, (b"\0" + samples * 300) * 200, *chunks)


def coloured_png(colour: tuple[int, ...], *chunks: tuple[bytes, bytes]) -> bytes:
    """An RGB PNG of one colour with chunks that say what its samples mean."""
    return png(300, 200, 8, 2, (b"\0" + bytes(colour) * 300) * 200, *chunks)


def named_colours(image: Image.Image, kind: str, primaries: int, transfer: int, **options: Any) -> bytes:
    """An AVIF or HEIC whose colr box has these numbers of H.273."""
    data = bytearray(saved(image, kind, quality=100, **options))
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def gif_frame(canvas: tuple[int, int], at: tuple[int, int], size: int = 100) -> bytes:
    """A red GIF frame at a place of a larger canvas."""
    data = bytearray(saved(Image.new("RGB", (size, size), (200, 30, 30)), "GIF"))
    data[6:10] = struct.pack("<HH", *canvas)
    frame = data.index(b"\x2c", 13 + 3 * (2 << (data[10] & 7)) if data[10] & 0x80 else 13)
    data[frame + 1 : frame + 5] = struct.pack("<HH", *at)
    return bytes(data)


def vips_tiff(mode: str, wide: bool = False, **options: Any) -> bytes:
    """The scene as a TIFF of libvips, which writes kinds that Pillow does not; `wide` is 16 bits a sample."""
    image = scene(mode=mode)
    space = "cmyk" if mode == "CMYK" else "srgb"
    pixels = pyvips.Image.new_from_memory(image.tobytes(), *image.size, len(mode), "uchar")
    if wide:
        pixels = (pixels.cast("ushort") * 257).cast("ushort")
    return bytes(pixels.copy(interpretation=space).tiffsave_buffer(**options))


_TIFF_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}


def plain_tiff(
    pixels: bytes,
    photometric: int,
    bits: int,
    bands: int = 1,
    sample_format: int = 1,
    *,
    extra_samples: tuple[int, ...] = (),
    size: tuple[int, int] = (10, 10),
    subsampling: tuple[int, ...] = (),
    types: Mapping[int, int] = MappingProxyType({}),
    more: Mapping[int, tuple[int, ...]] = MappingProxyType({}),
) -> bytes:
    """A TIFF, uncompressed in one strip, with the tags that say how its samples are read.

    types: of tags whose numbers are not of the type that the standard says. more: other tags, or other values, () for
    none.
    """
    short, long = 3, 4
    repeated = bands if bands > 2 else 1
    tags = [
        (256, long, size[:1]), (257, long, size[1:]), (258, short, (bits,) * repeated), (259, short, (1,)),
        (262, short, (photometric,)), (273, long, (0,)), (277, short, (bands,)), (278, long, size[1:]),
        (279, long, (len(pixels),)), *([(338, short, extra_samples)] if extra_samples else []),
        (339, short, (sample_format,) * repeated), *([(530, short, subsampling)] if subsampling else []),
    ]  # fmt: skip
    tags = [entry for entry in tags if entry[0] not in more]
    tags = sorted((*tags, *((tag, short, values) for tag, values in more.items() if values)))
    tags = [(tag, types.get(tag, kind), values) for tag, kind, values in tags]
    packed = {tag: struct.pack(f"<{len(values)}{_TIFF_TYPES[kind]}", *values) for tag, kind, values in tags}
    start = 8 + 2 + 12 * len(tags) + 4
    strip = start + sum(len(value) for value in packed.values() if len(value) > 4)
    arrays, entries = b"", b""
    for tag, kind, values in tags:
        inline = packed[tag]
        if tag == 273 and tag not in more:
            inline = struct.pack("<I", strip)
        elif len(inline) > 4:
            inline, arrays = struct.pack("<I", start + len(arrays)), arrays + inline
        entries += struct.pack("<HHI", tag, kind, len(values)) + inline.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + arrays + pixels


def floats(value: float) -> bytes:
    """The samples of 10 x 10 pixels of three equal floats."""
    return struct.pack("<f", value) * 300


def old_jpeg_tiff() -> bytes:
    """A TIFF with old-style JPEG compression (6): its tags point to a JPEG stream."""
    jpeg = saved(scene((64, 48)), "JPEG", quality=95, subsampling=0)
    scan = jpeg.index(b"\xff\xda")
    short, long = 3, 4
    tags = [
        (256, long, 64), (257, long, 48), (258, short, 8), (259, short, 6), (262, short, 6),
        (273, long, scan), (277, short, 3), (278, long, 48), (279, long, len(jpeg) - scan),
        (513, long, 0), (514, long, len(jpeg)), (530, short, 0x0001_0001),
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(tags) + 4
    bits, stream = start, start + 6
    entries = b""
    for tag, kind, value in tags:
        count = {258: 3, 530: 2}.get(tag, 1)
        inline = {258: bits, 273: stream + scan, 513: stream}.get(tag, value)
        entries += struct.pack("<HHII", tag, kind, count, inline)
    return (
        b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + struct.pack("<3H", 8, 8, 8) + jpeg
    )


def png_bomb(side: int = 13_300) -> bytes:
    """RGBA of side x side zeros: under a megabyte that wants 700 of memory."""
    compressor = zlib.compressobj(9)
    row = b"\0" * (1 + 4 * side)
    packed = b"".join(compressor.compress(row) for _ in range(side)) + compressor.flush()
    return _png_of(side, side, packed)


def lying_png(side: int = 60_000) -> bytes:
    """A PNG that says it is huge and has next to no data."""
    return _png_of(side, side, zlib.compress(b"\0" * 100))


def _png_of(width: int, height: int, packed: bytes) -> bytes:
    return png_of(struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0), packed)


def png_of(header: bytes, packed: bytes) -> bytes:
    """A PNG of a header's and the pixels' content."""
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def scan_bomb(scans: int = 2000, side: int = 4000) -> bytes:
    """A progressive JPEG with one scan repeated: each a pass over every coefficient."""
    data = saved(Image.new("RGB", (side, side), "white"), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def many_frame_gif(frames: int) -> bytes:
    """A GIF of so many 1 x 1 frames."""
    head = b"GIF89a" + struct.pack("<HH", 64, 64) + b"\x80\0\0" + b"\xff\0\0\0\0\xff"
    frame = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    return head + frame * frames + b";"


def animated(kind: str) -> bytes:
    """Three frames; the first is the scene."""
    frames = [scene((300, 200)), Image.new("RGB", (300, 200), "black"), Image.new("RGB", (300, 200), "white")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def apng_with_frames(stated: int, is_intact: bool = True) -> bytes:
    """The animated scene of three frames with another count in its acTL, whose checksum is wrong if not intact."""
    data = bytearray(animated("PNG"))
    at = data.index(b"acTL")
    data[at + 4 : at + 8] = struct.pack(">I", stated)
    check = zlib.crc32(data[at : at + 12])
    data[at + 12 : at + 16] = struct.pack(">I", check if is_intact else check ^ 1)
    return bytes(data)


def wide_gamut_profile() -> bytes:
    """A profile as Display P3 has it: its primaries, D65, the sRGB curve near enough as gamma 2.2."""
    return _matrix_profile(
        ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)), "Display P3"
    )


def _matrix_profile(columns: tuple[tuple[float, ...], ...], name: str) -> bytes:
    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = name.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(8 + 3 + 67)
    tags = {
        b"desc": description + bytes(-len(description) % 4),
        b"wtpt": xyz((0.9642, 1.0, 0.82491)),
        b"rXYZ": xyz(columns[0]),
        b"gXYZ": xyz(columns[1]),
        b"bXYZ": xyz(columns[2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
        b"cprt": b"text\0\0\0\0none" + bytes(4),
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data
    head = bytearray(128)
    head[0:4] = struct.pack(">I", at + len(body))
    head[8:12], head[12:24], head[36:40] = b"\x02\x10\0\0", b"mntrRGB XYZ ", b"acsp"
    head[68:80] = b"".join(map(fixed, (0.9642, 1.0, 0.82491)))
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def png_chunk_bomb(name: bytes) -> bytes:
    """The scene with a text or profile chunk of 300 kB that inflates to 300 MB."""
    head = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[name]
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    data, after_header = saved(scene(), "PNG"), 33
    length, check = struct.pack(">I", len(head + packed)), struct.pack(">I", zlib.crc32(name + head + packed))
    return data[:after_header] + length + name + head + packed + check + data[after_header:]


def many_page_tiff(pages: int) -> bytes:
    """The scene, and after it pages of one pixel."""
    small = [Image.new("RGB", (1, 1))] * (pages - 1)
    return saved(scene(), "TIFF", save_all=True, append_images=small)


def png_with_chunk(name: bytes, data: bytes) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add(name, data)
    return saved(scene(), "PNG", pnginfo=info)


def truncated(make: Callable[[], bytes], share: float = 0.5) -> bytes:
    data = make()
    return data[: int(len(data) * share)]
