"""The packages of the consoles and of readers: who installs them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tools import node


def test_packages_are_installed_once_when_two_need_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second `npm ci` would remove the packages that the first one has installed."""
    (tmp_path / "package-lock.json").write_text("{}")
    runs: list[tuple[str, ...]] = []
    both_run = threading.Barrier(2)

    def npm(folder: Path, *arguments: str) -> int:
        runs.append(arguments)
        with suppress(threading.BrokenBarrierError):
            both_run.wait(timeout=0.3)
        (folder / "node_modules").mkdir(exist_ok=True)
        (folder / "node_modules" / ".package-lock.json").write_text("{}")
        return 0

    monkeypatch.setattr(node, "npm", npm)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(node.install, [tmp_path, tmp_path])) == [0, 0]
    assert [arguments[0] for arguments in runs] == ["ci"]
