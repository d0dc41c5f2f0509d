"""The first directory of a TIFF: what decides how it is decoded, and a copy without the tags that do not."""

from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from images.decoding.limits import Rejected

_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _INK_SET, _SUBSAMPLING = 258, 259, 262, 277, 332, 530
_EXTRA_SAMPLES, _SAMPLE_FORMAT, _PLANES, _SUBFILE = 338, 339, 284, 254
_TAGS = (
    *(_EXTRA_SAMPLES, _COMPRESSION, _PHOTOMETRIC, _BITS, _SAMPLES, _INK_SET, _SUBSAMPLING),
    *(_SAMPLE_FORMAT, _PLANES, _SUBFILE),
)
_TILE_WIDTH, _SUB_DIRECTORIES, _DNG_VERSION = 322, 330, 50_706
_WHOLE_NUMBERS = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 16: 8, 17: 8}
"""The bytes of a value by type. The standard stores these tags as SHORT (3); libtiff reads each of these types."""
_BYTE = 1
_READ_BY_PILLOW = {_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES}
_UNSIGNED, _SIGNED, _FLOAT, _COMPLEX = 1, 2, 3, {5, 6}
_PALETTE = 3
_FEW_BITS, _MANY_BITS, _FLOAT_BITS = {1, 2, 4}, {8, 16}, {16, 32}
_APART = 2
_COMPRESSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 32_766, 32_771, 32_773, 32_809, 32_946, 34_676, 34_677, 50_001}
"""The methods that the decoders are built with."""
_METHODS = {
    34_712: "JPEG 2000", 34_887: "LERC", 34_925: "LZMA", 34_933: "PNG", 34_934: "JPEG XR", 50_000: "ZSTD",
    50_002: "JPEG XL",
}  # fmt: skip
_OLD_JPEG, _JPEG = 6, 7
_GREY = {None, 0, 1}
_RGB, _CMYK, _YCBCR = 2, 5, 6
_LOG = {32_844, 32_845}
_OTHER_INKS = 2
_OF_PIXELS = {
    *(254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325),
    *(332, 338, 339, 347, 512, 513, 514, 519, 520, 521, 529, 530, 531, 532, 34675),
}
"""The tags without which the pixels of a TIFF, and their colours, cannot be read."""
_LAB, _LAB_SAMPLES = 8, 3
_COLOUR_SAMPLES = {2: 3, 5: 4, 6: 3, 8: 3, 32845: 3}
"""The samples of a pixel's colour by photometric interpretation; 1 of the others. What follows them is extra."""
_ALPHA = {1, 2}
"""Extra samples that are alpha, premultiplied or not; 0 is of no stated meaning, such as a saved selection."""
_MAX_ENTRIES = 4096
_MAX_VALUES = 64
_BIG = 43
_CONVERTED = {0, 1, 2, 3, 5, 6, 8, 32844, 32845}
"""White or black is zero, RGB, palette, CMYK, YCbCr, CIE L*a*b*, LogL, LogLuv: libvips converts these."""


class TiffFacts(NamedTuple):
    """The values of these tags, None without one or if the directory cannot be read.

    bits, sample_format and subsampling: of the first sample, and across. extra_samples: what each sample after the
    colours is. planes: 2 if each sample of a pixel is in a plane of its own. has_bytes: whether a number that Pillow
    reads is stored as BYTE. tags: those of the directory.
    """

    extra_samples: tuple[int, ...]
    compression: int | None
    photometric: int | None
    bits: int | None
    samples: int | None
    ink_set: int | None
    subsampling: int | None
    sample_format: int | None
    planes: int | None
    subfile: int | None
    has_bytes: bool
    tags: frozenset[int]

    @property
    def extras(self) -> int:
        """How many samples of a pixel follow those of its colour."""
        return (self.samples or 1) - self._colours

    @property
    def alpha(self) -> int | None:
        """Which of the extra samples is alpha, None if none is."""
        kinds = self.extra_samples[: self.extras]
        return next((at for at, kind in enumerate(kinds) if kind in _ALPHA), None)

    @property
    def is_grey(self) -> bool:
        """Whether a pixel's colour is one sample, white or black at zero."""
        return self.photometric in _GREY

    @property
    def is_cmyk(self) -> bool:
        return self.photometric == _CMYK

    @property
    def _colours(self) -> int:
        return _COLOUR_SAMPLES.get(self.photometric or 0, 1)

    @property
    def is_for_pillow(self) -> bool:
        """Whether libvips cannot read the pixels, or returns others, and Pillow reads them."""
        return self._is_old_jpeg or self._is_eight_bit_lab or self._is_whole_ycbcr or self._is_tiled_planes

    @property
    def _is_old_jpeg(self) -> bool:
        """Whether the pixels are JPEG as of TIFF 6.0, which libvips is built without."""
        return self.compression == _OLD_JPEG

    @property
    def _is_eight_bit_lab(self) -> bool:
        """Whether the samples are CIE L*a*b* of 8 bits, which libvips cannot read."""
        return self.photometric == _LAB and self.bits == 8

    @property
    def _is_whole_ycbcr(self) -> bool:
        """Whether each pixel has a Y, Cb and Cr of its own outside JPEG: libvips returns them as if they were RGB."""
        return (
            self.photometric == _YCBCR
            and self.compression not in (_OLD_JPEG, _JPEG)
            and self.bits == 8
            and self.subsampling == 1
        )

    @property
    def _is_single(self) -> bool:
        return self.samples in (None, 1)

    @property
    def _is_tiled_planes(self) -> bool:
        """Whether there are tiles of each colour, which libvips cannot read."""
        return self.planes == _APART and _TILE_WIDTH in self.tags

    def check(self) -> None:
        """Raise Rejected for pixels that no decoder reads, or that libvips returns as if they were others."""
        if _DNG_VERSION in self.tags or (_SUB_DIRECTORIES in self.tags and (self.subfile or 0) & 1):
            raise Rejected(
                "unsupported_format", "the file is a camera's raw picture; accepted are pictures made of it"
            )
        self._check_compression()
        self._check_colours()
        if self.photometric not in _LOG:
            self._check_samples()
        self._check_planes()
        if self.is_for_pillow and self.has_bytes:
            raise Rejected(
                "unsupported_format",
                "the file stores numbers of its directory as BYTE; accepted are SHORT and LONG",
            )

    def _check_compression(self) -> None:
        if self.compression is not None and self.compression not in _COMPRESSIONS:
            method = _METHODS.get(self.compression, f"method {self.compression}")
            accepted = "accepted are LZW, Deflate, PackBits, CCITT, JPEG and WebP"
            raise Rejected("unsupported_format", f"the file is compressed by {method}; {accepted}")

    def _check_samples(self) -> None:
        if self.sample_format == _SIGNED or self.sample_format in _COMPLEX:
            kind = "signed" if self.sample_format == _SIGNED else "complex"
            raise Rejected("unsupported_format", f"the file has {kind} samples; accepted are unsigned ones")
        if self.sample_format == _FLOAT:
            self._check_floats()
            return
        is_packed = self._is_single and (self.is_grey or self.photometric == _PALETTE)
        if self.bits not in {None, *_MANY_BITS, *(_FEW_BITS if is_packed else ())}:
            accepted = "accepted are 8 and 16, in grey and palettes also 1, 2 and 4"
            raise Rejected("unsupported_format", f"the file has samples of {self.bits} bits; {accepted}")

    def _check_floats(self) -> None:
        if self.bits not in _FLOAT_BITS or self.photometric != _RGB:
            accepted = "accepted are those of 16 and 32 bits in RGB"
            raise Rejected(
                "unsupported_format", f"the file has float samples of {self.bits} bits; {accepted}"
            )

    def _check_planes(self) -> None:
        """libvips mixes up the planes of other colours than these, and of floats of 16 bits."""
        if self.planes != _APART:
            return
        is_half = self.sample_format == _FLOAT and self.bits == 16
        is_read = self._is_single or (self.photometric in (_RGB, _CMYK) and not is_half)
        if self._is_tiled_planes:
            is_read = is_read and self.bits == 8 and not self.extras
        if not is_read:
            accepted = "accepted are those of RGB and CMYK in strips, or one for all"
            raise Rejected(
                "unsupported_format", f"the file has a plane for each sample of a pixel; {accepted}"
            )

    def _check_colours(self) -> None:
        if self._is_eight_bit_lab and self.samples != _LAB_SAMPLES:
            description = f"the file has L*a*b* of {self.samples or 1} samples of 8 bits"
            raise Rejected("unsupported_format", f"{description}; accepted are {_LAB_SAMPLES}")
        if self.photometric == _YCBCR and self.bits not in (8, None):
            raise Rejected("unsupported_format", f"the file has YCbCr of {self.bits} bits; accepted are 8")
        if self.photometric == _CMYK and self.ink_set == _OTHER_INKS:
            raise Rejected(
                "unsupported_format", "the file has other inks than CMYK; accepted are those of CMYK"
            )
        if self.photometric is not None and self.photometric not in _CONVERTED:
            sentence = f"the file has colours of photometric interpretation {self.photometric}"
            accepted = "accepted are grey, RGB, palette, CMYK, YCbCr and L*a*b*"
            raise Rejected("unsupported_format", f"{sentence}; {accepted}")
        if self.extras < 0:
            raise Rejected(
                "unsupported_format",
                f"the file has {self.samples or 1} samples a pixel; accepted are {self._colours} or more",
            )


class _Layout(NamedTuple):
    """How a TIFF stores numbers, and where its first directory is."""

    order: Literal["little", "big"]
    wide: bool
    offset: int

    @classmethod
    def of(cls, head: bytes) -> "_Layout":
        """Read the first 16 bytes. BigTIFF has offsets and counts of 8 bytes, and entries of 20."""
        order: Literal["little", "big"] = "little" if head.startswith(b"II") else "big"
        wide = int.from_bytes(head[2:4], order) == _BIG
        return cls(order, wide, int.from_bytes(head[8:16] if wide else head[4:8], order))

    @property
    def count_bytes(self) -> int:
        return 8 if self.wide else 2

    @property
    def entry_bytes(self) -> int:
        return 20 if self.wide else 12


def read_facts(path: Path) -> TiffFacts:
    """Return what the first directory says of the pixels; a directory that cannot be read is left to the decoder."""
    values: dict[int, tuple[int, ...]] = {}
    has_bytes, tags = False, set[int]()
    with path.open("rb") as file:
        layout = _Layout.of(file.read(16))
        order, entry_bytes = layout.order, layout.entry_bytes
        file.seek(min(layout.offset, 2**62))
        count = int.from_bytes(file.read(layout.count_bytes), order)
        for _ in range(min(count, _MAX_ENTRIES)):
            entry = file.read(entry_bytes)
            if len(entry) < entry_bytes:
                break
            tag, kind = (int.from_bytes(entry[at : at + 2], order) for at in (0, 2))
            tags.add(tag)
            if kind in _WHOLE_NUMBERS and tag in _TAGS and tag not in values:
                values[tag] = _whole_numbers(file, entry, layout)
                has_bytes |= kind == _BYTE and tag in _READ_BY_PILLOW

    def first(tag: int) -> int | None:
        return values[tag][0] if tag in values else None

    return TiffFacts(
        extra_samples=values.get(_EXTRA_SAMPLES, ()),
        compression=first(_COMPRESSION),
        photometric=first(_PHOTOMETRIC),
        bits=first(_BITS),
        samples=first(_SAMPLES),
        ink_set=first(_INK_SET),
        subsampling=first(_SUBSAMPLING),
        sample_format=first(_SAMPLE_FORMAT),
        planes=first(_PLANES),
        subfile=first(_SUBFILE),
        has_bytes=has_bytes,
        tags=frozenset(tags),
    )


def pixels_alone(data: bytes) -> bytes:
    """Return a TIFF with its first page alone, and no tag that its pixels do not need."""
    layout = _Layout.of(data[:16])
    order, offset, entry_bytes = layout.order, layout.offset, layout.entry_bytes
    start = offset + layout.count_bytes
    count = min(int.from_bytes(data[offset:start], order), _MAX_ENTRIES)
    entries = [data[at : at + entry_bytes] for at in range(start, start + count * entry_bytes, entry_bytes)]
    needed = [entry for entry in entries if int.from_bytes(entry[:2], order) in _OF_PIXELS]
    end = bytes(8 if layout.wide else 4)
    directory = len(needed).to_bytes(layout.count_bytes, order) + b"".join(needed) + end
    return data[:offset] + directory + data[offset + len(directory) :]


def _whole_numbers(file: BinaryIO, entry: bytes, layout: _Layout) -> tuple[int, ...]:
    """Return an entry's numbers, at least one, which are elsewhere in the file if they do not fit into it."""
    order = layout.order
    kind = int.from_bytes(entry[2:4], order)
    number, value = (entry[4:12], entry[12:20]) if layout.wide else (entry[4:8], entry[8:12])
    size = _WHOLE_NUMBERS[kind]
    end = size * max(1, min(int.from_bytes(number, order), _MAX_VALUES))
    if end > len(value):
        place = file.tell()
        file.seek(min(int.from_bytes(value, order), 2**62))
        value = file.read(end)
        file.seek(place)
    return tuple(int.from_bytes(value[at : at + size], order) for at in range(0, end, size))
