"""The journal: what commits wrote and the database does not have yet, an entry a line.

A commit is one append here, at a tenth of what a transaction costs that touches a dozen pages; the database takes up
many entries at once. A line is the CRC-32 of an entry, a space, and the entry, JSON with a `number`. A kill may tear
the last line: whoever waited for that was not answered, and it is left out.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..history import json_value


class Journal:
    """The file beside a store's database. With `power_safe` an entry outlives the machine's loss of power."""

    def __init__(self, path: Path, power_safe: bool):
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._power_safe = power_safe
        if power_safe:
            _sync_folder(path.parent)

    def entries(self) -> Iterator[dict[str, Any]]:
        """The entries in order, up to the first line that is torn."""
        with self._path.open("rb") as lines:
            for line in lines:
                checksum, _, entry = line.removesuffix(b"\n").partition(b" ")
                if not line.endswith(b"\n") or checksum != _checksum(entry):
                    return
                yield json_value(entry)

    def append(self, entry: bytes) -> None:
        """Make an entry durable. Raises OSError; the line may then be torn, and nothing may follow it."""
        line = b"%b %b\n" % (_checksum(entry), entry)
        while line:
            line = line[os.write(self._file, line) :]
        if self._power_safe:
            os.fdatasync(self._file)

    def clear(self) -> None:
        """Forget all entries: the database has them."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        os.close(self._file)


def _sync_folder(folder: Path) -> None:
    """Make durable that the folder has the files it has."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _checksum(entry: bytes) -> bytes:
    return b"%08x" % zlib.crc32(entry)
