"""What a decoded file was rendered as."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.images import corpus

MIB = 1024


@dataclass(frozen=True)
class Rendered:
    """The metadata the pool returned, and the folder of the thumbnails."""

    metadata: dict
    folder: Path

    def open(self, name: str = "1280.webp") -> Image.Image:
        return Image.open(self.folder / name)


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
