"""Recognise the format of a file by its first bytes: an allow-list. Its name does not matter."""

from images.decoding.limits import Rejected

HEAD_BYTES = 4096
"""The number of first bytes that `sniff` may read."""

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_REFUSED = {
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"<svg": "SVG",
    b"<?xml": "XML",
    b"BM": "BMP",
    b"8BPS": "Photoshop",
    b"\x1f\x8b": "gzip",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"II\xbc": "JPEG XR",
    b"\0\0\1\0": "ICO",
    b"v/1\1": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"#?RGBE": "Radiance HDR",
    b"qoif": "QOI",
    b"icns": "ICNS",
    b"DDS ": "DDS",
    b"gimp xcf": "GIMP",
    b"\x8aMNG": "MNG",
    b"\x8bJNG": "JNG",
}
_HTML = (b"<!doctype html", b"<html")
_CAMERA_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_CANON_RAW, _CANON_BRAND = b"CR", b"crx "
_JPEG_LS = b"\xff\xd8\xff\xf7"
_ACCEPTED = "accepted are JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF"


def sniff(head: bytes) -> str:
    """Return the format of a file by its first HEAD_BYTES: jpeg, png, webp, gif, tiff, heic or avif.

    Raises Rejected for anything else; the message names formats that can contain programs (SVG, EPS, PDF).
    """
    if head.startswith(b"\xff\xd8\xff") and not head.startswith(_JPEG_LS):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):  # the latter two are BigTIFF
        if head[8:10] == _CANON_RAW:
            raise _raw()
        return "tiff"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    raise _refusal(head)


def _iso_media(head: bytes) -> str:
    # The major brand may be the general `mif1`; the codec is then among the compatible brands.
    end = min(int.from_bytes(head[:4]), len(head))
    brands = {head[at : at + 4] for at in (8, *range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    if brands & _HEIC_BRANDS:
        return "heic"
    if _CANON_BRAND in brands:
        raise _raw()
    raise Rejected("unsupported_format", f"the file is ISO media without a still picture; {_ACCEPTED}")


def _refusal(head: bytes) -> Rejected:
    if head.startswith(_CAMERA_RAW):
        return _raw()
    if head.startswith(_JPEG_LS):
        return Rejected("unsupported_format", f"the file is JPEG-LS; {_ACCEPTED}")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:20].lower().startswith(_HTML):
        return Rejected("unsupported_format", f"the file is HTML; {_ACCEPTED}")
    if b"<svg" in head:
        return Rejected("unsupported_format", f"the file is SVG; {_ACCEPTED}")
    for magic, name in _REFUSED.items():
        if text.startswith(magic):
            return Rejected("unsupported_format", f"the file is {name}; {_ACCEPTED}")
    return Rejected("not_an_image", f"the file begins with {head[:8].hex(' ')}; {_ACCEPTED}")


def _raw() -> Rejected:
    return Rejected(
        "unsupported_format", "the file is a camera's raw picture; accepted are pictures made of it"
    )
