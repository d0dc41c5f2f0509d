"""TIFFs by how they store their samples: decoded as they are, or refused by what they are."""

import struct

import pytest
from images.decoding.limits import Rejected

from tests.images import corpus

SIZE = (16, 16)
RED, GREEN, BLUE, ALPHA = (bytes((level,)) * 256 for level in (200, 100, 50, 128))


def planes(samples: tuple[bytes, ...], photometric: int, *, tiled: bool = False, rows: int = 4) -> bytes:
    """A TIFF of 16 x 16 pixels with a plane for each sample, in strips of some rows or in a tile each."""
    each = 256 if tiled else 16 * rows
    places = 256 * len(samples) // each

    def layout(start: int) -> dict[int, tuple[int, ...]]:
        offsets, lengths = tuple(start + each * at for at in range(places)), (each,) * places
        if tiled:
            return {322: (16,), 323: (16,), 324: offsets, 325: lengths, 273: (), 278: (), 279: ()}
        return {273: offsets, 278: (rows,), 279: lengths}

    def made(start: int) -> bytes:
        more = {284: (2,), **layout(start)}
        extra = (0,) * (len(samples) == 2)
        return corpus.plain_tiff(
            b"".join(samples), photometric, 8, len(samples), size=SIZE, extra_samples=extra, more=more
        )

    return made(len(made(0)) - 256 * len(samples))


def refused(render, data: bytes) -> str:
    with pytest.raises(Rejected) as rejected:
        render(data)
    assert rejected.value.reason == "unsupported_format", str(rejected.value)
    return str(rejected.value)


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize(
    ("photometric", "samples", "expected"),
    [
        (2, (RED, GREEN, BLUE), (200, 100, 50)),
        (5, (bytes(256), RED, RED, bytes(256)), (255, 55, 55)),
        (1, (GREEN,), (100, 100, 100)),
    ],
)
def test_planes_of_a_colour_each_are_decoded(
    render, photometric: int, samples: tuple[bytes, ...], expected: tuple[int, ...], tiled: bool
) -> None:
    shown = render(planes(samples, photometric, tiled=tiled)).open().convert("RGB").getpixel((8, 8))
    assert all(abs(one - other) <= 4 for one, other in zip(shown, expected, strict=True)), shown


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize(
    ("photometric", "samples"),
    [(1, (GREEN, ALPHA)), (0, (GREEN, ALPHA)), (8, (RED, GREEN, BLUE)), (6, (RED, GREEN, BLUE))],
)
def test_planes_that_libvips_mixes_up_are_refused(
    render, photometric: int, samples: tuple[bytes, ...], tiled: bool
) -> None:
    sentence = refused(render, planes(samples, photometric, tiled=tiled))
    assert sentence == (
        "the file has a plane for each sample of a pixel; "
        "accepted are those of RGB and CMYK in strips, or one for all"
    )


def test_tile_of_a_plane_with_16_bits_is_refused(render) -> None:
    """Pillow would show all of them as white."""
    tile = {273: (), 278: (), 279: (), 284: (2,), 322: (16,), 323: (16,), 324: (8,), 325: (512,)}
    refused(render, corpus.plain_tiff(bytes(512), 1, 16, size=SIZE, more=tile))


@pytest.mark.parametrize(
    ("photometric", "bits", "bands", "sample_format", "cause"),
    [
        (1, 10, 1, 1, "samples of 10 bits"),
        (2, 12, 3, 1, "samples of 12 bits"),
        (2, 4, 3, 1, "samples of 4 bits"),
        (1, 32, 1, 1, "samples of 32 bits"),
        (1, 64, 1, 1, "samples of 64 bits"),
        (2, 8, 3, 2, "signed samples"),
        (1, 16, 1, 2, "signed samples"),
        (1, 64, 1, 6, "complex samples"),
        (2, 64, 3, 3, "float samples of 64 bits"),
        (1, 32, 1, 3, "float samples of 32 bits"),
        (5, 32, 4, 3, "float samples of 32 bits"),
    ],
)
def test_samples_that_cannot_be_shown_are_named(
    render, photometric: int, bits: int, bands: int, sample_format: int, cause: str
) -> None:
    data = corpus.plain_tiff(bytes(100 * bands * bits // 8), photometric, bits, bands, sample_format)
    assert refused(render, data).startswith(f"the file has {cause}; accepted are ")


@pytest.mark.parametrize(
    ("method", "name"), [(50_000, "ZSTD"), (34_712, "JPEG 2000"), (50_013, "method 50013")]
)
def test_method_of_compression_is_named(render, method: int, name: str) -> None:
    sentence = refused(render, corpus.plain_tiff(bytes(300), 2, 8, 3, more={259: (method,)}))
    assert sentence.startswith(f"the file is compressed by {name}; accepted are LZW, ")


@pytest.mark.parametrize("place", [0, 150, 299])
def test_samples_that_are_not_numbers_are_refused(render, place: int) -> None:
    samples = [0.5] * 300
    samples[place] = float("nan")
    sentence = refused(render, corpus.plain_tiff(struct.pack("<300f", *samples), 2, 32, 3, 3))
    assert sentence == "the file has samples that are not numbers (NaN); accepted are 0 to 1"


def test_extra_samples_of_floats_can_have_any_value(render) -> None:
    """A depth, for example: only what is shown has to be in the range of colours."""
    pixels = struct.pack("<4f", 0.5, 0.25, 0.125, 1000) * 100
    shown = render(corpus.plain_tiff(pixels, 2, 32, 4, 3, extra_samples=(0,))).open().convert("RGB")
    assert all(abs(a - b) <= 4 for a, b in zip(shown.getpixel((5, 5)), (188, 137, 99), strict=True))


@pytest.mark.parametrize("tag", [258, 259, 262, 277])
@pytest.mark.parametrize("photometric", [6, 8])
def test_number_that_pillow_cannot_read_is_named(render, photometric: int, tag: int) -> None:
    subsampling = (1, 1) if photometric == 6 else ()
    data = corpus.plain_tiff(bytes(300), photometric, 8, 3, subsampling=subsampling, types={tag: 1})
    assert refused(render, data).startswith(
        "the file stores numbers of its directory as BYTE; accepted are SHORT"
    )


@pytest.mark.parametrize("more", [{50_706: (1, 4, 0, 0)}, {254: (1,), 330: (8,)}])
def test_raw_picture_of_a_camera_is_refused_in_place_of_its_preview(
    render, more: dict[int, tuple[int, ...]]
) -> None:
    sentence = refused(render, corpus.plain_tiff(bytes(300), 2, 8, 3, more=more))
    assert sentence == "the file is a camera's raw picture; accepted are pictures made of it"


def test_pages_of_a_pyramid_do_not_make_a_raw_picture(render) -> None:
    assert render(corpus.plain_tiff(bytes(300), 2, 8, 3, more={254: (0,), 330: (8,)}))
