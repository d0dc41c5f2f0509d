"""Packages of functions: what `sam build` puts into them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.template.deployed import ROOT

UNCHECKED_HASH = 1


def test_package_has_byte_code_that_is_valid_whatever_the_time_of_its_source(tmp_path: Path) -> None:
    """PEP 552: the second word of the header is 1 for byte code that is never compared with its source."""
    command = ["make", "-s", "-C", "functions", "build-PriceOrderFunction", f"ARTIFACTS_DIR={tmp_path}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=True)
    sources = {path.stem for path in tmp_path.rglob("*.py")}
    compiled = {path.name.partition(".")[0]: path.read_bytes() for path in tmp_path.rglob("*.pyc")}
    assert compiled.keys() == sources
    assert {int.from_bytes(code[4:8], "little") for code in compiled.values()} == {UNCHECKED_HASH}
