"""Colours, greys and transparency of decoded files, whatever describes them."""

import struct
import zlib

import pytest
from images.decoding.colours import BT_709, profile
from images.decoding.limits import Rejected
from PIL import Image

from tests.images import corpus
from tests.images.corpus import saved, scene


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
        ((200, 100, 50), [(b"cICP", bytes((1, 7, 0, 1)))], (206, 114, 68)),
        ((200, 100, 50), [(b"cICP", bytes((1, 12, 0, 1)))], (206, 113, 66)),
        ((200, 100, 50), [(b"cICP", bytes((8, 13, 0, 1)))], (222, 92, 32)),
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


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
@pytest.mark.parametrize(
    ("primaries", "transfer", "expected"),
    [
        (1, 13, (200, 100, 50)),
        (12, 13, (215, 94, 31)),
        (1, 8, (229, 168, 123)),
        (9, 13, (241, 76, 30)),
        # The curves of cameras are shown as that of sRGB; 2 is unspecified.
        *((1, transfer, (200, 100, 50)) for transfer in (1, 6, 14, 15)),
        (2, 2, (200, 100, 50)),
        (9, 2, (200, 100, 50)),
    ],
)
def test_colours_that_an_iso_media_file_names_by_numbers_are_converted(
    render, kind: str, primaries: int, transfer: int, expected: tuple[int, ...]
) -> None:
    flat = Image.new("RGB", (64, 64), (200, 100, 50))
    rendered = render(corpus.named_colours(flat, kind, primaries, transfer))
    shown = rendered.open().convert("RGB").getpixel((30, 30))
    assert all(abs(one - other) <= 4 for one, other in zip(shown, expected, strict=True)), shown
    assert rendered.metadata["icc_name"] is None


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_iso_media_in_colours_that_cannot_be_converted_is_rejected(
    render, kind: str, transfer: int, name: str
) -> None:
    with pytest.raises(Rejected, match=f"primaries 9, transfer {name}; accepted are RGB") as rejected:
        render(corpus.named_colours(Image.new("RGB", (64, 64)), kind, 9, transfer))
    assert rejected.value.reason == "unsupported_format"


def test_grey_and_transparent_avif_of_named_colours_are_converted(render) -> None:
    grey = render(corpus.named_colours(Image.new("L", (64, 64), 55), "AVIF", 12, 8))
    assert abs(grey.open().convert("L").getpixel((30, 30)) - 128) <= 4
    seen_through = render(corpus.named_colours(Image.new("RGBA", (64, 64), (55, 55, 55, 99)), "AVIF", 1, 8))
    shown = seen_through.open().getpixel((30, 30))
    assert abs(shown[0] - 128) <= 4 and abs(shown[3] - 99) <= 2


RGB, CMYK, GREY = (200, 100, 50), (0, 200, 200, 0), (200,)


@pytest.mark.parametrize("size", [(10, 10), (2000, 20)])
@pytest.mark.parametrize(
    ("photometric", "pixel", "extra_samples", "expected"),
    [
        (2, (*RGB, 0), (0,), (*RGB, 255)),
        (2, (*RGB, 0), (), (*RGB, 255)),
        (2, (*RGB, 128), (2,), (*RGB, 128)),
        (2, (100, 50, 25, 128), (1,), (*RGB, 128)),
        (2, (*RGB, 128, 0), (2, 0), (*RGB, 128)),
        (2, (100, 50, 25, 128, 0), (1, 0), (*RGB, 128)),
        (2, (*RGB, 0, 128), (0, 2), (*RGB, 128)),
        (2, (*RGB, 0, 0), (0, 0), (*RGB, 255)),
        (2, (*RGB, 0, 0, 128), (0, 0, 2), (*RGB, 128)),
        (1, (*GREY, 0), (0,), (200, 200, 200, 255)),
        (1, (*GREY, 0, 90), (0, 0), (200, 200, 200, 255)),
        (1, (*GREY, 0, 90, 70), (0, 0, 0), (200, 200, 200, 255)),
        (1, (*GREY, 0, 128), (0, 2), (200, 200, 200, 128)),
        (5, (*CMYK, 0), (0,), (255, 55, 55, 255)),
        (5, (*CMYK, 0, 9), (2, 0), (255, 55, 55, 255)),
    ],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_extra_samples_of_a_tiff_are_alpha_only_where_it_says_so(
    render,
    photometric: int,
    pixel: tuple[int, ...],
    extra_samples: tuple[int, ...],
    expected: tuple[int, ...],
    bits: int,
    size: tuple[int, int],
) -> None:
    samples = bytes(pixel) if bits == 8 else struct.pack(f"<{len(pixel)}H", *(257 * value for value in pixel))
    pixels = samples * (size[0] * size[1])
    rendered = render(
        corpus.plain_tiff(pixels, photometric, bits, len(pixel), extra_samples=extra_samples, size=size)
    )
    shown = rendered.open().convert("RGBA").getpixel((5, 5))
    assert all(abs(one - other) <= 4 for one, other in zip(shown, expected, strict=True)), shown
    assert rendered.metadata["alpha"] is (expected[3] < 255)


@pytest.mark.parametrize("kind", [1, 4, 6, 8, 9])
@pytest.mark.parametrize("tag", [258, 259, 262, 277, 338])
def test_number_of_a_tiff_is_read_whatever_its_type(render, tag: int, kind: int) -> None:
    """1 and 6 are bytes, 8 a signed short, 4 and 9 longs; libtiff reads each of them in place of a short."""
    pixels = bytes((*RGB, 128)) * 100
    rendered = render(corpus.plain_tiff(pixels, 2, 8, 4, extra_samples=(2,), types={tag: kind}))
    shown = rendered.open().convert("RGBA").getpixel((5, 5))
    assert all(abs(one - other) <= 4 for one, other in zip(shown, (*RGB, 128), strict=True)), shown


@pytest.mark.parametrize("tag", [258, 262, 277, 530])
@pytest.mark.parametrize(
    ("photometric", "pixel", "expected"),
    [(6, (128, 90, 200), (228, 89, 60)), (8, (128, 20, 236), (139, 109, 154))],
)
def test_ycbcr_and_lab_tiff_are_converted_whatever_the_type_of_a_number(
    render, photometric: int, pixel: tuple[int, ...], expected: tuple[int, ...], tag: int
) -> None:
    rendered = render(
        corpus.plain_tiff(bytes(pixel) * 100, photometric, 8, 3, subsampling=(1, 1), types={tag: 4})
    )
    shown = rendered.open().convert("RGB").getpixel((5, 5))
    assert all(abs(one - other) <= 5 for one, other in zip(shown, expected, strict=True)), shown


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


def test_grey_jpeg_with_a_profile_of_rgb_is_converted(render) -> None:
    """Linear light, which is brighter in sRGB: browsers and viewers use such a profile for grey, too."""
    linear = profile(BT_709, (1.0,))
    grey = render(saved(Image.new("L", (300, 200), 55), "JPEG", icc_profile=linear))
    assert abs(grey.open().convert("L").getpixel((150, 100)) - 128) <= 4


def test_profile_is_judged_by_its_content_and_not_its_name(render) -> None:
    profile = corpus.wide_gamut_profile()
    for encoding in ("latin-1", "utf-16-be"):
        profile = profile.replace("Display P3".encode(encoding), "sRGB (not)".encode(encoding))
    flat = Image.new("RGB", (300, 200), (200, 100, 60))
    rendered = render(saved(flat, "PNG", icc_profile=profile))
    assert rendered.metadata["icc_name"].startswith("sRGB")
    assert rendered.open("1280.jpg").getpixel((150, 100))[0] > 208


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
