"""Which side of a picture is up, as EXIF of any shape says."""

import struct

import pytest

from tests.images import corpus
from tests.images.corpus import saved, scene
from tests.images.rendering import assert_shows_scene

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(render, orientation: int, kind: str) -> None:
    rendered = render(corpus.turned(orientation, kind))
    assert rendered.metadata["displayed_size"] == [600, 400]
    for name in ("1280.webp", "1280.jpg", "512.webp", "128.jpg"):
        assert_shows_scene(rendered.open(name))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "AVIF"])
def test_orientation_in_xmp_is_ignored_as_in_browsers(render, kind: str) -> None:
    options = {"tiffinfo": {700: XMP}} if kind == "TIFF" else {"xmp": XMP}
    rendered = render(saved(scene(), kind, **options))
    assert (rendered.metadata["orientation"], rendered.metadata["displayed_size"]) == (1, [600, 400])
    assert_shows_scene(rendered.open("512.jpg"))


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
