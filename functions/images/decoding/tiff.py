"""The first directory of a TIFF: what decides how it is decoded, and a copy without the tags that do not."""

from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from images.decoding.limits import Rejected

_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _INK_SET, _SUBSAMPLING = 258, 259, 262, 277, 332, 530
_EXTRA_SAMPLES = 338
_TAGS = (_EXTRA_SAMPLES, _COMPRESSION, _PHOTOMETRIC, _BITS, _SAMPLES, _INK_SET, _SUBSAMPLING)
_WHOLE_NUMBERS = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 16: 8, 17: 8}
"""The bytes of a value by type. The standard stores these tags as SHORT (3); libtiff reads each of these types."""
_OLD_JPEG, _JPEG = 6, 7
_GREY = {None, 0, 1}
_CMYK, _YCBCR = 5, 6
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

    bits and subsampling: of the first sample, and across. extra_samples: what each sample after the colours is.
    """

    extra_samples: tuple[int, ...]
    compression: int | None
    photometric: int | None
    bits: int | None = None
    samples: int | None = None
    ink_set: int | None = None
    subsampling: int | None = None

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
    def is_old_jpeg(self) -> bool:
        """Whether the pixels are JPEG as of TIFF 6.0, which libvips is built without."""
        return self.compression == _OLD_JPEG

    @property
    def is_eight_bit_lab(self) -> bool:
        """Whether the samples are CIE L*a*b* of 8 bits, which libvips cannot read."""
        return self.photometric == _LAB and self.bits == 8

    @property
    def is_whole_ycbcr(self) -> bool:
        """Whether each pixel has a Y, Cb and Cr of its own outside JPEG: libvips returns them as if they were RGB."""
        return (
            self.photometric == _YCBCR
            and self.compression not in (_OLD_JPEG, _JPEG)
            and self.bits == 8
            and self.subsampling == 1
        )

    def check_colours(self) -> None:
        """Raise Rejected for colours that no decoder reads, or whose samples libvips returns as if they were RGB."""
        if self.is_eight_bit_lab and self.samples != _LAB_SAMPLES:
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
            if kind in _WHOLE_NUMBERS and tag in _TAGS and tag not in values:
                values[tag] = _whole_numbers(file, entry, layout)
    firsts = (values[tag][0] if tag in values else None for tag in _TAGS[1:])
    return TiffFacts(values.get(_EXTRA_SAMPLES, ()), *firsts)


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
