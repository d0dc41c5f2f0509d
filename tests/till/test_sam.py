"""`sam` of `make run` and `till up` reads and writes YAML by libyaml."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.deployed import ROOT
from till.sam import SamProcess

# sam changes classes of PyYAML when it is imported, so a process of its own.
ROUND_TRIP = """
import sys, yaml
from tools.template import document
from till.sam_cli import use_libyaml
use_libyaml()
from samcli.yamlhelper import CfnDumper, yaml_dump, yaml_parse
assert issubclass(CfnDumper, yaml.CSafeDumper)
template = document.read(open(sys.argv[1]).read())
assert yaml_parse(yaml_dump(template)) == template
assert yaml_parse("Account: '012345678901'\\nDay: 2026-11-30\\nArn: !GetAtt Queue.Arn") == {
    "Account": "012345678901", "Day": "2026-11-30", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}
}
"""


def test_templates_are_the_same_after_sam_has_written_and_read_them() -> None:
    subprocess.run([sys.executable, "-c", ROUND_TRIP, ROOT / "template.yaml"], cwd=ROOT, check=True)


def test_sam_of_a_build_uses_libyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: commands.append(command))
    SamProcess(tmp_path, ROOT, "build", ["--cached"], {})
    (command,) = commands
    assert command[command.index("till.sam_cli") - 1 :][:3] == ["-m", "till.sam_cli", "build"]
