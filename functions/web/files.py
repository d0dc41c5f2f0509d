"""The built files of the console. Each is stored compressed by gzip, as `console/` packs it."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

_FOLDER = Path(__file__).parent / "console"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """A file: its gzip bytes, its ETag, and whether its name changes with its content."""

    packed: bytes
    media_type: str
    etag: str
    immutable: bool

    def plain(self) -> bytes:
        """Return the content for a client that does not accept gzip."""
        return gzip.decompress(self.packed)


@cache
def console_files() -> dict[str, ConsoleFile]:
    """Return the files by their path below the console's folder, such as `assets/index-1a2b3c4d.js`."""
    paths = [path for path in _FOLDER.rglob("*.gz") if path.is_file()]
    return {path.relative_to(_FOLDER).as_posix().removesuffix(".gz"): _read(path) for path in paths}


def _read(path: Path) -> ConsoleFile:
    packed = path.read_bytes()
    media_type = _MEDIA_TYPES.get(Path(path.stem).suffix, "application/octet-stream")
    etag = f'"{sha256(packed).hexdigest()[:32]}"'
    return ConsoleFile(packed, media_type, etag, immutable=path.parent.name == "assets")
