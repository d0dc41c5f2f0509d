"""The wheel, installed alone in a fresh environment."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent
UV = shutil.which("uv") or str(PACKAGE.parent.parent / ".tools" / "uv" / "bin" / "uv")


@pytest.mark.skipif(not Path(UV).exists(), reason="needs uv")
def test_wheel_alone_gives_command_plugin_and_types(tmp_path: Path) -> None:
    def uv(*arguments: str) -> None:
        subprocess.run([UV, *arguments], check=True, capture_output=True)

    uv("build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(PACKAGE))
    [wheel] = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    uv("venv", "--quiet", str(environment))
    uv("pip", "install", "--quiet", "--python", str(environment), str(wheel), "pytest", "mypy")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(environment / "bin" / command[0]), *command[1:]],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )

    definition = tmp_path / "pass.asl.json"
    definition.write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}')
    assert run("stepfunctions-local", "validate", str(definition)).stdout.endswith("valid\n")
    (tmp_path / "test_plugin.py").write_text(
        "def test_wait(virtual_engine):\n"
        "    wait = {'StartAt': 'W', 'States': {'W': {'Type': 'Wait', 'Seconds': 86400, 'End': True}}}\n"
        "    assert virtual_engine().run(wait).elapsed == 86400\n"
    )
    tested = run("python", "-m", "pytest", "-q", "test_plugin.py")
    assert "1 passed" in tested.stdout, tested.stdout
    (tmp_path / "typed.py").write_text(
        "from stepfunctions_local.testing import VirtualEngine\nelapsed: str = VirtualEngine().run({}).elapsed\n"
    )
    typed = run("python", "-m", "mypy", "typed.py")
    assert 'expression has type "float", variable has type "str"' in typed.stdout, typed.stdout
