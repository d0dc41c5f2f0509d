"""A picture in the terminal: in its own pixels where the terminal can, else in half blocks.

Which terminal it is comes from the environment: asking the terminal itself would read, and lose, what is typed.
Sources: https://sw.kovidgoyal.net/kitty/graphics-protocol/, https://iterm2.com/documentation-images.html
"""

import io
import os
from base64 import b64encode
from collections.abc import Mapping

from PIL import Image
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

_UPPER_HALF = "▀"
_KITTY_CHUNK = 4096
_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
_ITERM_PROGRAMS = ("iTerm.app", "WezTerm", "mintty")


def draw(
    console: Console, picture: Image.Image, columns: int, environ: Mapping[str, str] = os.environ
) -> None:
    """Print a picture `columns` wide, on white where it is transparent."""
    seen = picture.convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    pixels = _pixels(on_white, columns, environ)
    if pixels:
        console.file.write(f"{pixels}\n")
        console.file.flush()
    else:
        console.print(_half_blocks(on_white, columns))


def _pixels(picture: Image.Image, columns: int, environ: Mapping[str, str]) -> str | None:
    """The sequence that shows a picture by the terminal's own protocol; None when it is not known to have one."""
    if "TMUX" in environ:  # it passes neither on
        return None
    if environ.get("TERM") in _KITTY_TERMS:
        data = _png(picture)
        chunks = [data[at : at + _KITTY_CHUNK] for at in range(0, len(data), _KITTY_CHUNK)]
        heads = [f"a=T,f=100,c={columns},"] + [""] * (len(chunks) - 1)
        more = [1] * (len(chunks) - 1) + [0]
        parts = zip(heads, more, chunks, strict=True)
        return "".join(f"\x1b_G{head}m={flag};{chunk}\x1b\\" for head, flag, chunk in parts)
    if environ.get("TERM_PROGRAM") in _ITERM_PROGRAMS:
        return f"\x1b]1337;File=inline=1;width={columns}:{_png(picture)}\a"
    return None


def _png(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def _half_blocks(picture: Image.Image, columns: int) -> Segments:
    """Each character is two pixels, one above the other."""
    width = min(columns, picture.width)
    height = max(2, round(picture.height * width / picture.width))
    height += height % 2
    data = picture.resize((width, height)).tobytes()
    colours = [Color.from_rgb(*data[at : at + 3]) for at in range(0, len(data), 3)]
    segments = []
    for upper in range(0, len(colours), 2 * width):
        for at in range(upper, upper + width):
            segments.append(Segment(_UPPER_HALF, Style(color=colours[at], bgcolor=colours[at + width])))
        segments.append(Segment.line())
    return Segments(segments)
