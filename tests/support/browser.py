"""A headless Chromium for tests: the one of the machine, or one from npm that brings its libraries."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tools.node import install, npm

_ROOT = Path(__file__).parents[2]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGE = _ROOT / "tests" / "browser"
_UNPACKED = _ROOT / ".tools" / "browser"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless browser; it is closed at the end."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    options: dict[str, Any] = {"executable_path": path} if path else unpacked_chromium()
    with sync_playwright() as playwright:
        # Tests run as root in containers, where Chromium's sandbox does not start.
        browser = playwright.chromium.launch(args=["--no-sandbox"], **options)
        yield browser
        browser.close()


def unpacked_chromium() -> dict[str, Any]:
    """Return the launch options of the Chromium from npm, which is installed and unpacked the first time."""
    executable = _UNPACKED / "chromium"
    if not executable.exists():
        partial = _UNPACKED.with_name(f"browser.{os.getpid()}")
        partial.mkdir(parents=True)
        if install(_PACKAGE) or npm(_PACKAGE, "run", "unpack", environment={"TMPDIR": str(partial)}):
            raise RuntimeError("the test browser could not be installed from npm; install Chromium instead")
        partial.rename(_UNPACKED)
    libraries = {
        "LD_LIBRARY_PATH": str(_UNPACKED / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(_UNPACKED / "fonts"),
    }
    return {"executable_path": executable, "env": {**os.environ, **libraries}}
