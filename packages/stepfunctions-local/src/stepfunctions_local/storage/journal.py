"""The journal: commits that are not in the database yet, one entry per line.

A commit is one append, at a tenth of the cost of a transaction that touches a dozen pages; the database takes many
entries at once. A line is the CRC-32 of an entry, a space, and the entry as JSON with a `number`. A kill may truncate
the last line: its commit was not acknowledged, and the line is ignored.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..history import json_value


class Journal:
    """The journal file of a store. With `power_safe` an entry survives a power failure."""

    def __init__(self, path: Path, power_safe: bool):
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._power_safe = power_safe
        if power_safe:
            _sync_folder(path.parent)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries in order, up to the first incomplete line."""
        with self._path.open("rb") as lines:
            for line in lines:
                checksum, _, entry = line.removesuffix(b"\n").partition(b" ")
                if not line.endswith(b"\n") or checksum != _checksum(entry):
                    return
                yield json_value(entry)

    def append(self, entry: bytes) -> None:
        """Make an entry durable. After an OSError the line may be incomplete, and nothing may follow it."""
        line = b"%b %b\n" % (_checksum(entry), entry)
        while line:
            line = line[os.write(self._file, line) :]
        if self._power_safe:
            os.fdatasync(self._file)

    def clear(self) -> None:
        """Delete all entries: the database has them."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        os.close(self._file)


def _sync_folder(folder: Path) -> None:
    """Sync a folder's directory entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _checksum(entry: bytes) -> bytes:
    return b"%08x" % zlib.crc32(entry)
