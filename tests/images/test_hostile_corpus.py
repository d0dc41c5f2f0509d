"""Decoding of a corpus of awkward and hostile files, in the child process and within its limits."""

import gzip
import io
import struct
import zlib
from pathlib import Path

import pytest
import pyvips
from images.decoding import decode, limits  # noqa: F401 - decode disables loaders when it is imported
from images.decoding import render as rendering
from images.decoding.limits import Rejected
from PIL import Image, ImageChops, ImageStat

from tests.images import corpus
from tests.images.corpus import saved, scene
from tests.images.rendering import assert_shows_scene


def difference(left: Image.Image, right: Image.Image) -> float:
    """Return the mean difference of two images, in levels of 255."""
    assert left.size == right.size
    both = ImageChops.difference(left.convert("RGB"), right.convert("RGB"))
    return max(ImageStat.Stat(both).mean)


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
    "ycbcr tiff": (lambda: saved(scene().convert("YCbCr"), "TIFF"), "tiff"),
    "deflated ycbcr tiff": (
        lambda: saved(scene().convert("YCbCr"), "TIFF", compression="tiff_adobe_deflate"),
        "tiff",
    ),
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


@pytest.mark.parametrize("progressive", [False, True])
def test_film_behind_a_jpeg_does_not_hide_its_end(render, progressive: bool) -> None:
    """Phones add one to a picture, and some write bytes before a marker, of which the decoder warns."""
    data = saved(scene(), "JPEG", progressive=progressive, quality=95)
    tables = data.index(b"\xff\xdb")
    film = b"\0\0\0\x18ftypmp42" + b"\1\xff\xda\2" * 20
    rendered = render(data[:tables] + bytes(3) + data[tables:] + film)
    assert_shows_scene(rendered.open("1280.webp"))
    with pytest.raises(Rejected, match="premature end of data segment"):
        render(saved(corpus.photo(900, 600), "JPEG", progressive=progressive)[:-400] + film)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("progressive", [False, True])
def test_end_marker_does_not_make_up_for_missing_pixels(render, share: float, progressive: bool) -> None:
    data = saved(corpus.photo(900, 600), "JPEG", progressive=progressive, quality=90)
    start = data.index(b"\xff\xda")
    cut = start + int((len(data) - start) * share)
    with pytest.raises(Rejected, match="premature end of data segment"):
        render(data[:cut] + b"\xff\xd9")


def test_malformed_tag_has_the_cause_alone(render) -> None:
    with pytest.raises(Rejected) as rejected:
        render(corpus.plain_tiff(bytes(300), 2, 8, 3, more={284: (9,)}))
    assert str(rejected.value) == 'the tiff file cannot be decoded: Bad value 9 for "PlanarConfiguration" tag'


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "AVIF", "HEIF"])
def test_reason_has_the_cause_and_no_local_path(render, kind: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as rejected:
        render(corpus.truncated(lambda: saved(corpus.photo(900, 600), kind)))
    sentence = str(rejected.value)
    assert "cannot identify" not in sentence, sentence
    assert "unable to write" not in sentence and "unable to call" not in sentence, sentence
    assert "vips" not in sentence.lower(), sentence
    assert str(tmp_path) not in sentence and "upload.jpg" not in sentence, sentence


def test_reason_says_so_when_the_decoder_gives_no_cause(monkeypatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise pyvips.Error("unable to call pngload")

    monkeypatch.setattr(rendering, "decode", refuse)
    source = tmp_path / "upload.png"
    source.write_bytes(saved(scene(), "PNG"))
    with pytest.raises(Rejected, match="the png file cannot be decoded: the decoder gives no cause"):
        rendering.render(source, tmp_path)


@pytest.mark.parametrize("canvas", [(640, 480), (800, 600), (1024, 768), (2500, 2100), (600, 400)])
def test_gif_is_as_large_as_its_canvas(render, canvas: tuple[int, int]) -> None:
    rendered = render(corpus.gif_frame(canvas, at=(200, 200)))
    assert rendered.metadata["displayed_size"] == list(canvas)
    scale = rendered.open().size[0] / canvas[0]
    inside = rendered.open("1280.webp").convert("RGB").getpixel((int(250 * scale), int(250 * scale)))
    assert inside[0] > 180 and inside[1] < 50


@pytest.mark.parametrize("canvas", [(320, 240), (640, 480), (301, 200)])
def test_gif_is_transparent_where_its_first_frame_is_not(render, canvas: tuple[int, int]) -> None:
    rendered = render(corpus.gif_frame(canvas, at=(200, 60)))
    assert rendered.metadata["alpha"] is True
    shown = rendered.open().convert("RGBA")
    assert shown.getpixel((250, 100))[3] == 255 and shown.getpixel((250, 100))[0] > 180
    assert [shown.getpixel(place)[3] for place in ((10, 10), (150, 100), (250, 30))] == [0, 0, 0]
    assert min(rendered.open("1280.jpg").getpixel((10, 10))) > 250


@pytest.mark.parametrize(
    ("stated", "is_intact", "frames"), [(2**32 - 1, True, 3), (2, True, 2), (0, True, 1), (3, False, 1)]
)
def test_frames_of_an_apng_are_those_that_it_has(render, stated: int, is_intact: bool, frames: int) -> None:
    rendered = render(corpus.apng_with_frames(stated, is_intact))
    assert rendered.metadata["frames"] == frames
    assert_shows_scene(rendered.open())


def test_gif_with_a_canvas_beyond_the_limit_is_rejected(render) -> None:
    with pytest.raises(Rejected) as rejected:
        render(corpus.gif_frame((65_535, 65_535), at=(0, 0)))
    assert rejected.value.reason == "too_many_pixels"


def test_tiff_with_3000_pages_is_rendered(render) -> None:
    rendered = render(corpus.many_page_tiff(3000))
    assert rendered.metadata["frames"] == 3000
    assert_shows_scene(rendered.open())


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("tag", [{274: 0}, {274: 9}, {296: 60_000}])
def test_malformed_tag_of_a_tiff_does_not_cost_its_picture(render, tag: dict[int, int], big: bool) -> None:
    camera = {271: "Acme"}
    rendered = render(
        saved(
            scene(), "TIFF", tiffinfo={**camera, **tag}, save_all=True, append_images=[scene()], big_tiff=big
        )
    )
    assert_shows_scene(rendered.open("1280.webp"))
    shown = {name: rendered.metadata[name] for name in ("orientation", "frames", "camera")}
    assert shown == {"orientation": 1, "frames": 2, "camera": "Acme"}


def test_malformed_tag_does_not_hide_missing_pixels(render) -> None:
    damaged = saved(corpus.photo(900, 600), "TIFF", tiffinfo={274: 9})[:-5_000]
    with pytest.raises(Rejected, match="tiff file cannot be decoded"):
        render(damaged)


def frame_of(**values: int) -> bytes:
    """The scene as a JPEG with other values in its frame header: its marker, the bits of a sample."""
    data = bytearray(saved(scene(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4] = values.get("marker", 0xC0), values.get("bits", 8)
    return bytes(data)


_FORMAT = "unsupported_format"
REJECTED = {
    "jpeg of 12 bits": (lambda: frame_of(bits=12), _FORMAT),
    "hierarchical jpeg": (lambda: frame_of(marker=0xC5), _FORMAT),
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
    "tiff of other inks": (lambda: saved(scene().convert("CMYK"), "TIFF", tiffinfo={332: 2}), _FORMAT),
    "16-bit ycbcr tiff": (lambda: corpus.plain_tiff(bytes(600), 6, 16, 3), _FORMAT),
    "rgb tiff of 2 samples": (lambda: corpus.plain_tiff(bytes(200), 2, 8, 2), _FORMAT),
    "cmyk tiff of 3 samples": (lambda: corpus.plain_tiff(bytes(300), 5, 8, 3), _FORMAT),
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


def test_png_whose_passes_need_too_much_memory_is_named(render) -> None:
    """49 MP, interlaced, of 8 bytes a pixel: libpng holds all of it."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(50_000_000)) for _ in range(8)) + packer.flush()
    header = struct.pack(">IIBBBBB", 7000, 7000, 16, 6, 0, 0, 1)
    with pytest.raises(Rejected, match="decoding the image needs over 432 MiB") as rejected:
        render(corpus.png_of(header, packed))
    assert rejected.value.reason == "too_much_memory"


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


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "CANON EOS R5", "CANON EOS R5"),
        ("samsung", "SM-G998B", "samsung SM-G998B"),
        ("Acme", "", "Acme"),
        ("", "One", "One"),
    ],
)
def test_camera_names_its_make_once(render, make: str, model: str, camera: str) -> None:
    block = Image.Exif()
    block[0x010F], block[0x0110] = make, model
    assert render(saved(scene(), "JPEG", exif=block.tobytes())).metadata["camera"] == camera


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
