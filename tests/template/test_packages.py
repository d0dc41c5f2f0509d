"""Packages of functions: what `sam build` puts into them."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.template.deployed import ROOT, source

UNCHECKED_HASH = 1
LAYER = "AWS::Serverless::LayerVersion"


def test_package_has_byte_code_that_is_valid_whatever_the_time_of_its_source(tmp_path: Path) -> None:
    """PEP 552: the second word of the header is 1 for byte code that is never compared with its source."""
    command = ["make", "-s", "-C", "functions", "build-PriceOrderFunction", f"ARTIFACTS_DIR={tmp_path}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=True)
    sources = {path.stem for path in tmp_path.rglob("*.py")}
    compiled = {path.name.partition(".")[0]: path.read_bytes() for path in tmp_path.rglob("*.pyc")}
    assert compiled.keys() == sources
    assert {int.from_bytes(code[4:8], "little") for code in compiled.values()} == {UNCHECKED_HASH}


def test_common_layer_has_the_models_of_exactly_the_services_that_functions_call() -> None:
    (services,) = re.findall(
        r"^SERVICES := (.*)$", (ROOT / "layers/common/Makefile").read_text(), re.MULTILINE
    )
    folders = (ROOT / "functions", ROOT / "layers/common/tillflow")
    sources = [path.read_text() for folder in folders for path in folder.rglob("*.py")]
    called = {name for source in sources for name in re.findall(r"client\(\"([a-z0-9-]+)\"\)", source)}
    assert set(services.split()) == called


def test_every_layer_is_built_with_byte_code() -> None:
    layers = {name: layer for name, layer in source()["Resources"].items() if layer["Type"] == LAYER}
    assert layers
    for layer in layers.values():
        assert layer["Metadata"]["BuildMethod"] == "makefile"
        makefile = ROOT / layer["Properties"]["ContentUri"] / "Makefile"
        assert "compileall -q --invalidation-mode unchecked-hash" in makefile.read_text()
