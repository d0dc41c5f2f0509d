"""Recognition of formats by the first bytes, and of a JPEG's frame and scans without decoding."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from images.decoding.jpeg import read_frame
from images.decoding.limits import MAX_SCANS, Rejected
from images.decoding.pixels import fit
from images.decoding.sniff import sniff
from PIL import Image


def jpeg(**options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((100, 60), 80).convert("RGB").save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", "heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "avif"),
        (b"\0\0\0\x18ftypheix\0\0\0\0mif1heix", "heic"),
        (b"MM\0*\0\0\0\x08", "tiff"),
        (b"GIF87a", "gif"),
    ],
)
def test_accepted_format_is_recognised(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@given(st.binary(max_size=64))
def test_any_bytes_are_recognised_or_rejected(head: bytes) -> None:
    try:
        assert sniff(head) in ("jpeg", "png", "webp", "gif", "tiff", "heic", "avif")
    except Rejected as refused:
        assert refused.reason in ("unsupported_format", "not_an_image")


def test_jpeg_scans_are_counted() -> None:
    assert (read_frame(jpeg()).scans, read_frame(jpeg()).coefficient_bytes) == (1, 0)
    progressive = read_frame(jpeg(progressive=True))
    assert progressive.scans == 10
    # 4:2:0: units of 16 x 16 pixels hold six blocks of 64 coefficients of two bytes.
    assert progressive.coefficient_bytes == 7 * 4 * 6 * 64 * 2


def test_counting_stops_one_past_the_limit() -> None:
    data = jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")
    assert read_frame(data[:-2] + data[last:-2] * 5000 + b"\xff\xd9").scans == MAX_SCANS + 1


def test_thumbnail_in_exif_is_not_counted_as_scan() -> None:
    exif = Image.Exif()
    exif[0x010E] = "x"
    assert read_frame(jpeg(exif=exif.tobytes() + jpeg())).scans == 1


@given(st.binary(max_size=300))
def test_any_jpeg_bytes_have_a_frame_or_are_rejected(data: bytes) -> None:
    try:
        read_frame(b"\xff\xd8\xff" + data)
    except Rejected as refused:
        assert refused.reason == "broken"


@given(st.integers(1, 70_000), st.integers(1, 70_000), st.sampled_from([128, 512, 1280]))
def test_fit_keeps_proportions_and_never_enlarges(width: int, height: int, box: int) -> None:
    across, down = fit(width, height, box)
    assert 1 <= across <= min(width, box)
    assert 1 <= down <= min(height, box)
    assert max(across, down) == min(max(width, height), box)
    assert abs(across * max(width, height) - width * max(across, down)) <= max(width, height)
