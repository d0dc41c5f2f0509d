"""Packages of functions: what `sam build` puts into them."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import botocore
from botocore.regions import EndpointResolver
from local_aws.settings import PRELOADED_MODULES

from tests.template.deployed import ROOT, source

UNCHECKED_HASH = 1
LAYER = "AWS::Serverless::LayerVersion"
MODELS = Path(botocore.__file__).parent / "data"

# Imports what fork servers import, defines a model as functions do, and prints what pydantic has imported for it.
DEFINE_A_MODEL = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
before = set(sys.modules)
from typing import Annotated
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, TypeAdapter
class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    quantity: Annotated[StrictInt, AfterValidator(abs)] = Field(gt=0)
TypeAdapter(list[Line])
print(*(name for name in set(sys.modules) - before if name.startswith("pydantic")))
"""


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


def test_common_layer_has_the_endpoints_of_these_services_alone(tmp_path: Path) -> None:
    name, prefix = "sesv2", "email"
    model = tmp_path / name / "2019-09-27" / "service-2.json"
    model.parent.mkdir(parents=True)
    model.write_bytes(gzip.decompress((MODELS / name / "2019-09-27" / "service-2.json.gz").read_bytes()))
    original = tmp_path / "original.json"
    original.write_bytes((MODELS / "endpoints.json").read_bytes())
    (tmp_path / "endpoints.json").hardlink_to(original)
    subprocess.run([sys.executable, ROOT / "layers/common/endpoints.py", tmp_path], check=True)
    assert original.read_bytes() == (MODELS / "endpoints.json").read_bytes()
    data = json.loads((tmp_path / "endpoints.json").read_text())
    assert {service for partition in data["partitions"] for service in partition["services"]} == {prefix}
    whole, partial = (
        EndpointResolver(json.loads((MODELS / "endpoints.json").read_text())),
        EndpointResolver(data),
    )
    for region in ("eu-central-1", "us-gov-west-1", "cn-north-1"):
        assert partial.construct_endpoint(prefix, region) == whole.construct_endpoint(prefix, region)
    assert 'endpoints.py "$(MODELS)"' in (ROOT / "layers/common/Makefile").read_text()


def test_model_is_defined_with_preloaded_modules() -> None:
    command = [sys.executable, "-c", DEFINE_A_MODEL, *PRELOADED_MODULES]
    imported = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert imported == ["pydantic.plugin._loader"]


def test_every_layer_is_built_with_byte_code() -> None:
    layers = {name: layer for name, layer in source()["Resources"].items() if layer["Type"] == LAYER}
    assert layers
    for layer in layers.values():
        assert layer["Metadata"]["BuildMethod"] == "makefile"
        makefile = ROOT / layer["Properties"]["ContentUri"] / "Makefile"
        assert "compileall -q --invalidation-mode unchecked-hash" in makefile.read_text()


def test_no_build_of_a_layer_changes_the_packages_of_the_project() -> None:
    """uv links files of its cache by default, and a build that changes one changes it everywhere."""
    makefiles = list((ROOT / "layers").glob("*/Makefile"))
    installs = [line for one in makefiles for line in one.read_text().splitlines() if "pip install" in line]
    assert len(installs) == len(makefiles)
    assert all("--link-mode copy" in line for line in installs)
