"""Pictures in the terminal, by its graphics protocol."""

import io
import re
from base64 import b64decode

import pytest
from PIL import Image
from rich.console import Console

from till.drawing import draw


def drawn(environ: dict[str, str], picture: Image.Image | None = None, columns: int = 4) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=40)
    draw(console, picture or Image.effect_noise((90, 60), 80).convert("RGB"), columns, environ)
    return console.file.getvalue()


def test_kitty_gets_png_in_chunks() -> None:
    output = drawn({"TERM": "xterm-kitty"})
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", output)
    assert [head for head, _ in chunks] == ["a=T,f=100,c=4,m=1", *["m=1"] * (len(chunks) - 2), "m=0"]
    assert max(len(chunk) for _, chunk in chunks) == 4096
    assert Image.open(io.BytesIO(b64decode("".join(chunk for _, chunk in chunks)))).size == (90, 60)


@pytest.mark.parametrize("program", ["iTerm.app", "WezTerm"])
def test_iterm_gets_png(program: str) -> None:
    [(columns, data)] = re.findall(
        r"\x1b\]1337;File=inline=1;width=(\d+):([^\a]*)\a", drawn({"TERM_PROGRAM": program})
    )
    assert columns == "4"
    assert Image.open(io.BytesIO(b64decode(data))).size == (90, 60)


@pytest.mark.parametrize(
    "environ", [{"TERM": "xterm-256color"}, {"TERM": "xterm-kitty", "TMUX": "/tmp/t,1,0"}]
)
def test_other_terminals_get_half_blocks(environ: dict[str, str]) -> None:
    picture = Image.new("RGB", (4, 4), "red")
    picture.paste("blue", (0, 2, 4, 4))
    lines = drawn(environ, picture).splitlines()
    assert [line.count("▀") for line in lines] == [4, 4]
    assert "38;2;255;0;0;48;2;255;0;0m▀" in lines[0]
    assert "38;2;0;0;255;48;2;0;0;255m▀" in lines[1]


def test_transparent_pixels_are_white() -> None:
    assert "38;2;255;255;255;48;2;255;255;255m▀" in drawn({}, Image.new("RGBA", (4, 4), (0, 0, 0, 0)))
