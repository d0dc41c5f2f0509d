"""The lock of builds, and the record of the last one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from till import build as builds
from till.build import Build, build_lock

HOLDER = """
import sys, pathlib
from till.build import build_lock
with build_lock(pathlib.Path(sys.argv[1]), lambda: None):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_build_lock_waits_until_the_other_process_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        waits = []

        def on_wait() -> None:
            waits.append(holder.poll())
            holder.kill()

        with build_lock(tmp_path, on_wait):
            assert holder.wait() != 0
    assert waits == [None]


def test_free_build_lock_does_not_wait(tmp_path: Path) -> None:
    for _ in range(2):
        with build_lock(tmp_path / "new", lambda: pytest.fail("waits")):
            pass


@pytest.mark.parametrize("missing", [None, "template.yaml", "Common", "Api/template.yaml", "Api/Handler"])
def test_build_without_an_artefact_is_made_again(
    missing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Build(tmp_path / "state", tmp_path / "project")
    folder = build.template.parent
    (folder / "Common").mkdir(parents=True)
    (folder / "Api" / "Handler").mkdir(parents=True)
    remote = {"Properties": {"CodeUri": "s3://bucket/key"}}
    resources = {
        "Common": {"Properties": {"ContentUri": "Common"}},
        "Api": {"Properties": {"Location": "Api/template.yaml"}},
    }
    build.template.write_text(json.dumps({"Resources": resources | {"Remote": remote, "Handle": {}}}))
    nested = {"Handler": {"Properties": {"CodeUri": "Handler"}}}
    (folder / "Api" / "template.yaml").write_text(json.dumps({"Resources": nested}))
    (tmp_path / "state" / "built.json").write_text(json.dumps(build.digest))
    if missing:
        path = folder / missing
        path.rmdir() if path.is_dir() else path.unlink()
    started = []
    monkeypatch.setattr(builds, "SamProcess", lambda *arguments: started.append(arguments[2]))
    build.start()
    assert started == (["build"] if missing else [])
