"""Draw pictures in the terminal: as pixels where it supports a protocol for them, else as half blocks.

The environment names the terminal: a query of the terminal would consume input of the user.
Sources: https://sw.kovidgoyal.net/kitty/graphics-protocol/, https://iterm2.com/documentation-images.html
"""

from __future__ import annotations

import io
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from PIL import Image

_UPPER_HALF = "▀"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KITTY_CHUNK = 4096
_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
_ITERM_PROGRAMS = ("iTerm.app", "WezTerm", "mintty")


def draw(
    console: Console, picture: Image.Image, columns: int, environ: Mapping[str, str] = os.environ
) -> None:
    """Print a picture `columns` wide, on a white background."""
    from PIL import Image

    rgba = picture.convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    pixels = _pixels(on_white, columns, environ)
    if pixels:
        console.file.write(f"{pixels}\n")
        console.file.flush()
    else:
        console.print(_half_blocks(on_white, columns))


def swatch(colour: str) -> Text:
    """Return two cells of a colour such as `#a0522d`; empty if it is not one."""
    return Text("  ", f"on {colour}") if _COLOUR.fullmatch(colour) else Text()


def _pixels(picture: Image.Image, columns: int, environ: Mapping[str, str]) -> str | None:
    """Return the escape sequence of the terminal's graphics protocol; None if no protocol is known."""
    if "TMUX" in environ:  # it does not pass these sequences on
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
    """Return a picture with two pixels, one above the other, in each character."""
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
