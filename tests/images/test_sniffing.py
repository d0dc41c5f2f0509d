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


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\x0a\x31\x41", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"\xff\xd8\xff\xf7", "JPEG-LS"),
        (b"II\xbc\x01", "JPEG XR"),
        (b"\0\0\1\0\1\0", "ICO"),
        (b"v/1\1", "OpenEXR"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\n<!DOCTYPE HTML><html><svg/>", "HTML"),
        (b"<html lang='de'>", "HTML"),
    ],
)
def test_picture_or_page_of_another_format_is_named(head: bytes, name: str) -> None:
    with pytest.raises(Rejected, match=f"the file is {name}; accepted are") as refused:
        sniff(head)
    assert refused.value.reason == "unsupported_format"


@pytest.mark.parametrize(
    "head",
    [
        b"II*\0\x10\0\0\0CR\2\0",
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"FUJIFILMCCD-RAW 0201",
        b"IIRO\x08\0\0\0",
    ],
)
def test_raw_picture_of_a_camera_is_named(head: bytes) -> None:
    with pytest.raises(
        Rejected, match="the file is a camera's raw picture; accepted are pictures made of it"
    ):
        sniff(head)


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
        assert refused.reason in ("broken", "unsupported_format")


@given(st.integers(1, 70_000), st.integers(1, 70_000), st.sampled_from([128, 512, 1280]))
def test_fit_keeps_proportions_and_never_enlarges(width: int, height: int, box: int) -> None:
    across, down = fit(width, height, box)
    assert 1 <= across <= min(width, box)
    assert 1 <= down <= min(height, box)
    assert max(across, down) == min(max(width, height), box)
    assert abs(across * max(width, height) - width * max(across, down)) <= max(width, height)
