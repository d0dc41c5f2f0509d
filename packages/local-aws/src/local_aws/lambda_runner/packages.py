"""Unpacked function packages and layers, stored by digest so that a sandbox starts without unpacking."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from .model import Archive


class PackageStore:
    """A folder of unpacked archives. Folders are complete when they appear: processes may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def task_root(self, code: Archive) -> Path:
        """Return the folder of a function's package, its /var/task."""
        return self._unpacked("task", [code])

    def opt(self, layers: Sequence[Archive]) -> Path | None:
        """Return the folder of a function's layers, its /opt: later layers overwrite earlier ones."""
        return self._unpacked("opt", layers) if layers else None

    def prune(self, unused_for: float) -> None:
        """Delete folders that no sandbox was started from for `unused_for` seconds. Call it while none runs."""
        for folder in self._root.glob("*/*"):
            if time.time() - folder.stat().st_mtime > unused_for:
                shutil.rmtree(folder, ignore_errors=True)

    def _unpacked(self, kind: str, archives: Sequence[Archive]) -> Path:
        name = hashlib.sha256("\n".join(archive.sha256 for archive in archives).encode()).hexdigest()[:32]
        target = self._root / kind / name
        if target.is_dir():
            os.utime(target)
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
        try:
            for archive in archives:
                _extract(archive.read(), scratch)
            scratch.chmod(0o755)
            scratch.rename(target)
        except OSError:
            # Another sandbox of the same function has unpacked it.
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return target


class PublicPaths:
    """Replaces the folders of a function's package, its layers and the runtime by those of AWS, in traces and logs."""

    def __init__(self, task_root: Path, opt: Path | None, runtimes: Sequence[Path] = ()) -> None:
        self._replacements = [(str(task_root), "/var/task")]
        if opt is not None:
            self._replacements.append((str(opt), "/opt"))
        self._replacements += [(f"{folder}/lib/python", "/var/lang/lib/python") for folder in runtimes]

    def hide_text(self, text: str) -> str:
        """Return a text with AWS's folders."""
        for folder, public in self._replacements:
            text = text.replace(folder, public)
        return text

    def hide(self, payload: bytes) -> bytes:
        """Return a payload with AWS's folders."""
        for folder, public in self._replacements:
            payload = payload.replace(folder.encode(), public.encode())
        return payload


def _extract(data: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            mode = (entry.external_attr >> 16) & 0o777
            if mode and path.is_file():
                path.chmod(mode | 0o400)
