"""Decoding of a corpus of awkward and hostile files, in the child process and within its limits."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pyvips
from images.decoding import decode, limits  # noqa: F401 - decode disables loaders when it is imported
from images.decoding.limits import Rejected
from images.decoding.pool import DecoderPool
from PIL import Image, ImageChops, ImageStat

from tests.images import corpus
from tests.images.corpus import saved, scene

MIB = 1024


@dataclass(frozen=True)
class Rendered:
    """The metadata the pool returned, and the folder of the thumbnails."""

    metadata: dict
    folder: Path

    def open(self, name: str = "1280.webp") -> Image.Image:
        return Image.open(self.folder / name)


@pytest.fixture(scope="session")
def pool() -> Iterator[DecoderPool]:
    started = DecoderPool()
    yield started
    started.close()


@pytest.fixture
def render(pool: DecoderPool, tmp_path: Path) -> Callable[[bytes], Rendered]:
    def run(data: bytes, **limit: float) -> Rendered:
        source = tmp_path / "upload.jpg"  # the name does not matter
        source.write_bytes(data)
        metadata = pool.render(source, tmp_path, **limit)
        assert metadata["peak_kib"] < 512 * MIB
        return Rendered(metadata, tmp_path)

    return run


def difference(left: Image.Image, right: Image.Image) -> float:
    """Return the mean difference of two images, in levels of 255."""
    assert left.size == right.size
    both = ImageChops.difference(left.convert("RGB"), right.convert("RGB"))
    return max(ImageStat.Stat(both).mean)


def assert_shows_scene(image: Image.Image) -> None:
    width, height = image.size
    colours = image.convert("RGB")
    wanted = {
        (width // 4, height // 4): corpus.QUADRANTS["top left"],
        (3 * width // 4, height // 4): corpus.QUADRANTS["top right"],
        (width // 4, 3 * height // 4): corpus.QUADRANTS["bottom left"],
        (3 * width // 4, 3 * height // 4): corpus.GREY,
    }
    for place, expected in wanted.items():
        actual = colours.getpixel(place)
        assert max(abs(a - b) for a, b in zip(actual, expected, strict=True)) < 12, (place, actual, expected)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(render, orientation: int, kind: str) -> None:
    rendered = render(corpus.turned(orientation, kind))
    assert rendered.metadata["displayed_size"] == [600, 400]
    for name in ("1280.webp", "1280.jpg", "512.webp", "128.jpg"):
        assert_shows_scene(rendered.open(name))


ACCEPTED = {
    "baseline jpeg": (lambda: saved(scene(), "JPEG", quality=95), "jpeg"),
    "progressive jpeg": (lambda: saved(scene(), "JPEG", progressive=True, quality=95), "jpeg"),
    "cmyk jpeg": (lambda: saved(scene(mode="CMYK"), "JPEG", quality=95), "jpeg"),
    "palette png": (lambda: saved(scene().quantize(16), "PNG"), "png"),
    "interlaced-size webp": (lambda: saved(scene(), "WEBP", quality=95), "webp"),
    "lossless webp": (lambda: saved(scene(), "WEBP", lossless=True), "webp"),
    "gif": (lambda: saved(scene(), "GIF"), "gif"),
    "tiff": (lambda: saved(scene(), "TIFF"), "tiff"),
    "lzw tiff": (lambda: saved(scene(), "TIFF", compression="tiff_lzw"), "tiff"),
    "cmyk tiff": (lambda: saved(scene(mode="CMYK"), "TIFF"), "tiff"),
    "avif": (lambda: saved(scene(), "AVIF", quality=95), "avif"),
    "heic": (lambda: saved(scene(), "HEIF", quality=95), "heic"),
    "animated gif": (lambda: corpus.animated("GIF"), "gif"),
    "animated webp": (lambda: corpus.animated("WEBP"), "webp"),
    "animated avif": (lambda: corpus.animated("AVIF"), "avif"),
    "animated png": (lambda: corpus.animated("PNG"), "png"),
    "srgb profile": (lambda: saved(scene(), "JPEG", icc_profile=corpus.srgb_profile(), quality=95), "jpeg"),
    "malformed icc jpeg": (lambda: saved(scene(), "JPEG", icc_profile=b"\xff" * 500, quality=95), "jpeg"),
    "malformed icc png": (lambda: saved(scene(), "PNG", icc_profile=b"\0" * 200), "png"),
    "profile of another space": (
        lambda: saved(scene(mode="CMYK"), "JPEG", icc_profile=corpus.srgb_profile(), quality=95),
        "jpeg",
    ),
    "malformed exif jpeg": (lambda: saved(scene(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "jpeg"),
    "malformed exif png": (lambda: corpus.png_with_chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"), "png"),
    "png text bomb": (lambda: corpus.png_chunk_bomb(b"zTXt"), "png"),
    "png international text bomb": (lambda: corpus.png_chunk_bomb(b"iTXt"), "png"),
    "png profile bomb": (lambda: corpus.png_chunk_bomb(b"iCCP"), "png"),
    "jpeg in tiff": (lambda: saved(scene(), "TIFF", compression="jpeg", quality=95), "tiff"),
    "stereo jpeg": (
        lambda: saved(scene(), "MPO", save_all=True, append_images=[scene()], quality=95),
        "jpeg",
    ),
    "jpeg with a pdf behind it": (lambda: saved(scene(), "JPEG", quality=95) + b"%PDF-1.7", "jpeg"),
    "old-style jpeg in tiff": (corpus.old_jpeg_tiff, "tiff"),
    "big tiff": (lambda: corpus.vips_tiff("RGB", bigtiff=True), "tiff"),
    "16-bit cmyk tiff": (lambda: corpus.vips_tiff("CMYK", wide=True), "tiff"),
    "jpeg without end marker": (lambda: saved(scene(), "JPEG", quality=95)[:-2], "jpeg"),
    "progressive jpeg without end marker": (
        lambda: saved(scene(), "JPEG", progressive=True, quality=95)[:-2],
        "jpeg",
    ),
    "jpeg with half of its end marker": (lambda: saved(scene(), "JPEG", quality=95)[:-1], "jpeg"),
    "orientation out of range": (lambda: saved(scene(), "JPEG", exif=corpus.exif(99)), "jpeg"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted_file_is_rendered_unchanged(render, name: str) -> None:
    make, kind = ACCEPTED[name]
    rendered = render(make())
    assert rendered.metadata["format"] == kind
    assert_shows_scene(rendered.open("1280.webp"))
    assert_shows_scene(rendered.open("512.jpg"))


def test_frames_are_counted_and_the_first_is_rendered(render) -> None:
    for kind in ("GIF", "WEBP", "AVIF", "PNG"):
        rendered = render(corpus.animated(kind))
        assert rendered.metadata["frames"] == 3
        assert_shows_scene(rendered.open())


@pytest.mark.parametrize("cut", [3, 4, 12, 400])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_without_its_last_pixels_is_rejected_with_the_cause(render, cut: int, progressive: bool) -> None:
    data = saved(corpus.photo(900, 600), "JPEG", progressive=progressive)
    with pytest.raises(Rejected) as rejected:
        render(data[:-cut])
    assert "premature end of data segment" in str(rejected.value)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "GIF"])
def test_reason_has_the_cause_and_no_local_path(render, kind: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as rejected:
        render(corpus.truncated(lambda: saved(corpus.photo(900, 600), kind)))
    sentence = str(rejected.value)
    assert "unable to write" not in sentence and "unable to call" not in sentence, sentence
    assert str(tmp_path) not in sentence and "upload.jpg" not in sentence, sentence


@pytest.mark.parametrize("canvas", [(640, 480), (800, 600), (1024, 768), (2500, 2100), (600, 400)])
def test_gif_is_as_large_as_its_canvas(render, canvas: tuple[int, int]) -> None:
    rendered = render(corpus.gif_frame(canvas, at=(200, 200)))
    assert rendered.metadata["displayed_size"] == list(canvas)
    scale = rendered.open().size[0] / canvas[0]
    inside = rendered.open("1280.webp").convert("RGB").getpixel((int(250 * scale), int(250 * scale)))
    assert inside[0] > 180 and inside[1] < 50


def test_gif_with_a_canvas_beyond_the_limit_is_rejected(render) -> None:
    with pytest.raises(Rejected) as rejected:
        render(corpus.gif_frame((65_535, 65_535), at=(0, 0)))
    assert rejected.value.reason == "too_many_pixels"


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour", [(55, 90, 30), (55, 90, 30, 100)])
def test_linear_png_is_shown_as_bright_as_its_gamma_says(render, depth: int, colour: tuple[int, ...]) -> None:
    image = render(corpus.gamma_png(100_000, colour, depth)).open().convert("RGBA")
    shown = image.getpixel((150, 100))
    assert max(abs(a - b) for a, b in zip(shown, (128, 159, 96), strict=False)) < 6
    assert shown[3] == (colour[3] if len(colour) == 4 else 255)


# Display P3 and Adobe RGB. The profile of the corpus has gamma 2.2 in place of the curve of sRGB.
P3, ADOBE = bytes((12, 13, 0, 1)), (31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000)
CHRM = struct.pack(">8I", *ADOBE)
SRGB_CHRM = struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)


def iccp(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"profile\0\0" + zlib.compress(profile)


@pytest.mark.parametrize(
    ("colour", "chunks", "expected"),
    [
        ((200, 100, 50), [(b"cICP", P3)], (215, 94, 33)),
        ((128, 128, 128), [(b"cICP", P3)], (128, 128, 128)),
        ((55, 90, 30), [(b"cICP", bytes((1, 8, 0, 1)))], (128, 160, 96)),
        (
            (200, 100, 50),
            [(b"cICP", bytes((1, 13, 0, 1))), iccp(corpus.wide_gamut_profile())],
            (200, 100, 50),
        ),
        ((200, 100, 50), [(b"cICP", bytes((2, 2, 0, 1))), iccp(corpus.wide_gamut_profile())], (216, 93, 23)),
        ((200, 100, 50), [(b"cICP", bytes((9, 16, 0, 1))), iccp(corpus.wide_gamut_profile())], (216, 93, 23)),
        ((200, 100, 50), [(b"cICP", b"\1\r\0")], (200, 100, 50)),
        ((200, 100, 50), [(b"cHRM", CHRM)], (229, 99, 43)),
        ((200, 100, 50), [(b"cHRM", CHRM), (b"sRGB", b"\0")], (200, 100, 50)),
        ((200, 100, 50), [(b"cHRM", CHRM[:31])], (200, 100, 50)),
        ((200, 100, 50), [(b"cHRM", bytes(32))], (200, 100, 50)),
        ((200, 100, 50), [(b"cHRM", SRGB_CHRM)], (200, 100, 50)),
        ((55, 90, 30), [(b"cHRM", SRGB_CHRM), (b"gAMA", struct.pack(">I", 100_000))], (128, 160, 96)),
        ((147, 32, 8), [(b"cHRM", CHRM), (b"gAMA", struct.pack(">I", 100_000))], (229, 99, 43)),
    ],
)
def test_colours_that_a_png_names_by_numbers_are_converted(
    render, colour: tuple[int, ...], chunks: list[tuple[bytes, bytes]], expected: tuple[int, ...]
) -> None:
    rendered = render(corpus.coloured_png(colour, *chunks))
    shown = rendered.open().convert("RGB").getpixel((100, 100))
    assert all(abs(one - other) <= 4 for one, other in zip(shown, expected, strict=True)), shown
    if not any(name == b"iCCP" for name, _ in chunks):
        assert rendered.metadata["icc_name"] is None


def test_grey_png_in_linear_light_is_converted(render) -> None:
    linear = render(corpus.png(300, 200, 8, 0, (b"\0" + b"\x37" * 300) * 200, (b"cICP", bytes((1, 8, 0, 1)))))
    assert abs(linear.open().convert("L").getpixel((100, 100)) - 128) <= 3


@pytest.mark.parametrize("wide", [False, True])
def test_lab_tiff_is_converted(render, wide: bool) -> None:
    """L* 50, a* 20, b* -20."""
    samples = bytes((0, 128, 0, 20, 0, 236)) if wide else bytes((128, 20, 236))
    shown = render(corpus.plain_tiff(samples * 100, 8, 16 if wide else 8, 3)).open().convert("RGB")
    assert all(abs(a - b) <= 5 for a, b in zip(shown.getpixel((5, 5)), (139, 109, 154), strict=True))


@pytest.mark.parametrize(
    ("gamma", "more"),
    [(45_455, ()), (45_000, ()), (100_000, ((b"sRGB", b"\0"),)), (0, ()), (1, ()), (2**31 - 1, ())],
)
def test_gamma_of_srgb_or_of_none_changes_nothing(
    render, gamma: int, more: tuple[tuple[bytes, bytes], ...]
) -> None:
    rendered = render(corpus.gamma_png(gamma, (55, 90, 30), 8, *more))
    shown = rendered.open().convert("RGB").getpixel((150, 100))
    assert max(abs(a - b) for a, b in zip(shown, (55, 90, 30), strict=True)) < 4


def test_grey_with_alpha_keeps_grey_and_alpha(render) -> None:
    rendered = render(saved(Image.new("LA", (300, 200), (128, 100)), "PNG"))
    grey, _, _, alpha = rendered.open().getpixel((150, 100))
    assert abs(grey - 128) < 3
    assert alpha == 100


def test_tiff_with_3000_pages_is_rendered(render) -> None:
    rendered = render(corpus.many_page_tiff(3000))
    assert rendered.metadata["frames"] == 3000
    assert_shows_scene(rendered.open())


@pytest.mark.parametrize("colour", [True, False])
def test_sixteen_bit_png_is_reduced_to_eight_bits(render, colour: bool) -> None:
    rendered = render(corpus.sixteen_bit_png(colour=colour))
    red, green, _ = rendered.open().convert("RGB").getpixel((150, 100))
    assert abs(red - 0xC0) < 6
    assert abs(green - (0x20 if colour else 0xC0)) < 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_display_p3_is_converted_to_srgb(render, kind: str) -> None:
    """P3's (200, 100, 60) is sRGB's (216, 95, 44): more saturated where the profile is obeyed."""
    flat = Image.new("RGB", (300, 200), (200, 100, 60))
    rendered = render(saved(flat, kind, icc_profile=corpus.wide_gamut_profile(), quality=100))
    red, green, blue = rendered.open("1280.jpg").getpixel((150, 100))
    assert red > 208
    assert green < 100
    assert blue < 54
    assert rendered.metadata["icc_name"] == "Display P3"


def test_profile_is_judged_by_its_content_and_not_its_name(render) -> None:
    profile = corpus.wide_gamut_profile()
    for encoding in ("latin-1", "utf-16-be"):
        profile = profile.replace("Display P3".encode(encoding), "sRGB (not)".encode(encoding))
    flat = Image.new("RGB", (300, 200), (200, 100, 60))
    rendered = render(saved(flat, "PNG", icc_profile=profile))
    assert rendered.metadata["icc_name"].startswith("sRGB")
    assert rendered.open("1280.jpg").getpixel((150, 100))[0] > 208


@pytest.mark.parametrize(
    ("exif", "orientation"),
    [
        ((3, 1, b"\0\6"), 6),
        ((4, 1, b"\0\0\0\6"), 6),
        ((1, 1, b"\6"), 6),
        ((5, 1, struct.pack(">II", 6, 1)), 6),
        ((5, 1, struct.pack(">II", 6, 0)), 1),
        ((5, 1, struct.pack(">II", 13, 2)), 1),
        ((2, 2, b"6\0"), 6),
        ((7, 2, b"\x06\x07"), 1),
        ((12, 1, struct.pack(">d", 6.0)), 6),
        ((3, 2, b"\0\6\0\7"), 6),
        ((3, 0, b""), 1),
    ],
)
def test_orientation_of_any_type_is_read_or_ignored(
    render, exif: tuple[int, int, bytes], orientation: int
) -> None:
    rendered = render(saved(scene(), "JPEG", exif=corpus.raw_orientation(*exif)))
    assert rendered.metadata["orientation"] == orientation


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_alpha_is_kept_in_webp_and_white_in_jpeg(render, kind: str) -> None:
    image = Image.new("RGBA", (300, 200), (250, 0, 0, 0))
    image.paste((0, 0, 250, 255), (0, 0, 150, 200))
    rendered = render(saved(image, kind))
    assert rendered.metadata["alpha"] is True
    webp, jpeg = rendered.open("1280.webp"), rendered.open("1280.jpg")
    assert webp.mode == "RGBA"
    assert webp.getpixel((250, 100))[3] == 0
    assert webp.getpixel((50, 100))[3] == 255
    assert min(jpeg.getpixel((250, 100))) > 245
    assert jpeg.getpixel((50, 100))[2] > 235
    colour = int(rendered.metadata["dominant_colour"].removeprefix("#"), 16)
    assert colour & 0xFF > 240
    assert colour >> 8 < 0x0A0A


def test_palette_transparency_is_kept(render) -> None:
    image = Image.new("P", (300, 200), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (0, 0, 150, 200))
    rendered = render(saved(image, "PNG", transparency=0))
    assert rendered.open().getpixel((250, 100))[3] == 0


def test_opaque_alpha_channel_is_dropped(render) -> None:
    assert render(saved(scene(mode="RGBA"), "PNG")).metadata["alpha"] is False


_FORMAT = "unsupported_format"
REJECTED = {
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
    "svg after xml": (lambda: b"<?xml version='1.0'?>\n<!-- x --><svg/>", "unsupported_format"),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported_format"),
    "gzipped svg": (lambda: gzip.compress(b"<svg/>"), "unsupported_format"),
    "dos eps": (lambda: b"\xc5\xd0\xd3\xc6" + bytes(100), "unsupported_format"),
    "pdf": (lambda: b"%PDF-1.7\n", "unsupported_format"),
    "bmp": (lambda: saved(scene(), "BMP"), "unsupported_format"),
    "mp4": (lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "unsupported_format"),
    "float tiff": (lambda: saved(Image.new("F", (30, 20), 0.5), "TIFF"), "unsupported_format"),
    "signed 8-bit tiff": (lambda: corpus.plain_tiff(bytes((200, 100)) * 50, 1, 8, sample_format=2), _FORMAT),
    "float tiff of 0 to 255": (lambda: corpus.plain_tiff(corpus.floats(128), 2, 32, 3, 3), _FORMAT),
    "float tiff with infinity": (
        lambda: corpus.plain_tiff(corpus.floats(float("inf")), 2, 32, 3, 3),
        _FORMAT,
    ),
    "icc lab tiff": (lambda: corpus.plain_tiff(bytes((136, 208, 195)) * 100, 9, 8, 3), _FORMAT),
    "itu lab tiff": (lambda: corpus.plain_tiff(bytes((136, 208, 195)) * 100, 10, 8, 3), _FORMAT),
    "lab tiff of 1 sample": (lambda: corpus.plain_tiff(bytes(100), 8, 8), _FORMAT),
    "lab tiff with alpha": (lambda: corpus.plain_tiff(bytes(400), 8, 8, 4), _FORMAT),
    "png in PQ": (lambda: corpus.coloured_png((9, 9, 9), (b"cICP", bytes((9, 16, 0, 1)))), _FORMAT),
    "png in HLG": (lambda: corpus.coloured_png((9, 9, 9), (b"cICP", bytes((9, 18, 0, 1)))), _FORMAT),
    "png of narrow range": (lambda: corpus.coloured_png((9, 9, 9), (b"cICP", bytes((1, 13, 0, 0)))), _FORMAT),
    "png in YCbCr": (lambda: corpus.coloured_png((9, 9, 9), (b"cICP", bytes((1, 13, 1, 1)))), _FORMAT),
    "raw camera tiff": (lambda: corpus.plain_tiff(bytes(100), 32_803, 8), _FORMAT),
    "32-bit integer tiff": (lambda: saved(Image.new("I", (30, 20), 70_000), "TIFF"), "unsupported_format"),
    "text": (lambda: b"hello, this is not a picture", "not_an_image"),
    "jpeg magic alone": (lambda: b"\xff\xd8\xff", "broken"),
    "png magic alone": (lambda: b"\x89PNG\r\n\x1a\n", "broken"),
    "gif magic alone": (lambda: b"GIF89a", "broken"),
    "webp magic alone": (lambda: b"RIFF\0\0\0\0WEBPVP8 ", "broken"),
    "tiff magic alone": (lambda: b"II*\0", "broken"),
    "avif magic alone": (lambda: b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "broken"),
    "heic magic alone": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "broken"),
    "png bomb": (corpus.png_bomb, "too_many_pixels"),
    "png that lies": (corpus.lying_png, "too_many_pixels"),
    "scan bomb": (corpus.scan_bomb, "too_many_scans"),
    "tiff in a loop": (lambda: b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "broken"),
}
for _kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF", "HEIF"):
    REJECTED[f"truncated {_kind}"] = (
        lambda kind=_kind: corpus.truncated(lambda: saved(corpus.photo(900, 600), kind)),
        "broken",
    )


@pytest.mark.parametrize("name", REJECTED)
def test_rejected_file_has_reason(render, name: str) -> None:
    make, reason = REJECTED[name]
    with pytest.raises(Rejected) as rejected:
        render(make())
    assert rejected.value.reason == reason, str(rejected.value)


def test_libvips_svg_loader_is_blocked() -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.svgload_buffer(svg)
    with pytest.raises(pyvips.Error, match="known format"):
        pyvips.Image.new_from_buffer(svg, "")


@pytest.mark.parametrize("size", [0, limits.MAX_BYTES + 1])
def test_file_size_is_checked_before_download(size: int) -> None:
    with pytest.raises(Rejected):
        limits.check_bytes(size)


def test_too_many_pixels_are_rejected_in_each_format(render) -> None:
    """One pixel row over 50 MP (100 of a JPEG): refused by the header, in formats that can say so cheaply."""
    strips = {
        "JPEG": (10_000, 10_001),
        "PNG": (10_000, 5_001),
        "GIF": (10_000, 5_001),
        "TIFF": (10_000, 5_001),
        "WEBP": (10_000, 5_001),
    }
    for kind, size in strips.items():
        with pytest.raises(Rejected) as rejected:
            render(saved(Image.new("L" if kind != "WEBP" else "RGB", size), kind))
        assert rejected.value.reason == "too_many_pixels", kind


def test_gif_with_100000_frames_is_rendered(render) -> None:
    rendered = render(corpus.many_frame_gif(100_000))
    assert rendered.metadata["frames"] == 100_000
    assert rendered.metadata["stored_size"] == [64, 64]


def test_file_extension_is_ignored(render) -> None:
    assert render(saved(scene(), "PNG")).metadata["format"] == "png"  # stored as upload.jpg


def test_progressive_jpeg_is_rejected_by_the_memory_of_its_coefficients(render) -> None:
    """4:4:4 at 8192 x 8192: 67 MP, six bytes a pixel whatever size it is decoded at."""
    data = saved(Image.new("RGB", (8192, 8192), "white"), "JPEG", progressive=True, subsampling=0)
    with pytest.raises(Rejected) as rejected:
        render(data)
    assert rejected.value.reason == "too_much_memory"


def test_largest_accepted_images_stay_within_memory(render) -> None:
    """100 MP baseline and the largest progressive JPEG, 50 MP of the others: peak asserted by `render`."""
    render(saved(Image.new("RGB", (10_000, 10_000), "white"), "JPEG"))
    render(saved(Image.new("RGB", (9_900, 10_000), "white"), "JPEG", progressive=True))
    for kind in ("PNG", "TIFF", "WEBP", "GIF"):
        render(saved(Image.new("RGB", (8_000, 6_250), "white"), kind))


def test_slow_decode_is_killed_and_the_next_succeeds(render) -> None:
    big = saved(corpus.photo(3000, 2000), "PNG", compress_level=1)
    with pytest.raises(Rejected) as rejected:
        render(big, seconds=0.02)
    assert rejected.value.reason == "too_slow"
    assert render(saved(scene(), "PNG")).metadata["format"] == "png"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_decode_beyond_memory_limit_is_rejected_and_the_next_succeeds(render, kind: str) -> None:
    with pytest.raises(Rejected) as rejected:
        render(saved(corpus.photo(3000, 2000), kind), memory=2 * 1024 * 1024)
    assert rejected.value.reason in ("too_much_memory", "decoder_crashed", "broken"), str(rejected.value)
    assert render(saved(scene(), "PNG")).metadata["format"] == "png"


def test_thumbnails_have_no_metadata_of_the_original(render) -> None:
    data = saved(
        scene(), "JPEG", exif=corpus.exif(6), icc_profile=corpus.wide_gamut_profile(), comment=b"secret"
    )
    rendered = render(data)
    for output in rendered.metadata["outputs"]:
        image = rendered.open(output["file"])
        assert not image.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()
        assert b"secret" not in (rendered.folder / output["file"]).read_bytes()


def test_metadata_of_the_file_is_returned(render) -> None:
    metadata = render(saved(scene(), "JPEG", exif=corpus.exif(6))).metadata
    assert metadata["captured_at"] == "2026-11-20T09:14:03+01:00"
    assert metadata["camera"] == "Apple iPhone 15"
    assert (metadata["stored_size"], metadata["displayed_size"]) == ([600, 400], [400, 600])
    assert len(metadata["perceptual_hash"]) == 16
    assert metadata["placeholder"].startswith("data:image/webp;base64,")


def test_copy_in_another_format_and_size_has_a_similar_hash(render) -> None:
    image = corpus.photo(1200, 800)
    first = int(render(saved(image, "JPEG", quality=90)).metadata["perceptual_hash"], 16)
    copy = int(render(saved(image.resize((600, 400)), "PNG")).metadata["perceptual_hash"], 16)
    other = int(
        render(saved(image.transpose(Image.Transpose.ROTATE_180), "PNG")).metadata["perceptual_hash"], 16
    )
    assert (first ^ copy).bit_count() <= 4
    assert (first ^ other).bit_count() > 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_thumbnails_are_close_to_a_lanczos_reference(render, kind: str) -> None:
    """The reference is one Lanczos step from the full decode; its own encoding sets what can be reached."""
    data = saved(corpus.photo(3000, 2000), kind, **({"quality": 92} if kind in ("JPEG", "WEBP") else {}))
    rendered = render(data)
    with Image.open(rendered.folder / "upload.jpg") as full:
        for name, size in (("1280.webp", (1280, 853)), ("512.jpg", (512, 341)), ("128.webp", (128, 85))):
            reference = full.convert("RGB").resize(size, Image.Resampling.LANCZOS)
            webp = name.endswith("webp")
            encoded = saved(reference, "WEBP" if webp else "JPEG", quality=78 if webp else 80)
            reachable = difference(Image.open(io.BytesIO(encoded)), reference)
            assert difference(rendered.open(name), reference) < 1.25 * reachable + 0.5, name


def test_small_image_is_not_enlarged(render) -> None:
    rendered = render(saved(scene((60, 40)), "PNG"))
    assert {(o["width"], o["height"]) for o in rendered.metadata["outputs"]} == {(60, 40)}


def test_very_narrow_image_keeps_one_pixel(render) -> None:
    rendered = render(saved(Image.new("RGB", (20_000, 3), "red"), "PNG"))
    assert {(o["width"], o["height"]) for o in rendered.metadata["outputs"]} == {
        (1280, 1),
        (512, 1),
        (128, 1),
    }
