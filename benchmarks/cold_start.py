"""CPU time that a function of a sale needs to import its code in a new process: `python -m benchmarks.cold_start`.

Packages are built as `sam build` builds them, and imported with what AWS's runtime ships. Of several runs the least is
printed; the time until the process itself is started, and for the download of the package, is not in it.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from verification.harness.template import ENVIRONMENT, ROOT, Template

RUNS = 5
_MEASURE = """
import resource, sys
sys.path[:0] = sys.argv[2:]
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
begin = cpu()
__import__(sys.argv[1])
print(cpu() - begin)
"""


def main() -> None:
    """Print a table of the functions of a sale."""
    template = Template.read()
    runtime = next((ROOT / ".tools" / "lambda-runtime" / "lib").glob("python3*/site-packages"))
    sale = [
        name
        for name, properties in template.of_type("AWS::Serverless::Function").items()
        if "DeploymentPreference" in properties
    ]
    print("| function | import CPU, ms | without byte code, ms |\n|---|---|---|")
    with TemporaryDirectory() as folder:
        layer = Path(folder, "layer")
        build("layers/common", "CommonLayer", layer)
        build("layers/stripe", "StripeLayer", layer)
        for name in sale:
            function = template.functions[name]
            build("functions", name, Path(folder, name))
            module = function.handler.rpartition(".")[0]
            paths = [str(Path(folder, name)), str(layer / "python"), str(runtime)]
            compiled = least(module, paths, function.environment)
            for path in (Path(folder, name), layer):
                hide_byte_code(path, hidden=True)
            source = least(module, paths, function.environment)
            hide_byte_code(layer, hidden=False)
            print(f"| {name} | {compiled:.0f} | {source:.0f} |", flush=True)
        paths = [str(layer / "python"), str(runtime)]
        print(f"| botocore.session alone | {least('botocore.session', paths, {}):.0f} | |")
        print(f"| pydantic alone | {least('pydantic', paths, {}):.0f} | |")


def build(folder: str, name: str, target: Path) -> None:
    """Run the Makefile that `sam build` runs for a function or layer."""
    target.mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["make", "-s", "-C", folder, f"build-{name}", f"ARTIFACTS_DIR={target}"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=True, stderr=subprocess.DEVNULL)


def hide_byte_code(folder: Path, *, hidden: bool) -> None:
    """Rename the folders of byte code, so that it is not found, or back."""
    before, after = ("__pycache__", "hidden") if hidden else ("hidden", "__pycache__")
    for path in list(folder.rglob(before)):
        path.rename(path.with_name(after))


def least(module: str, paths: list[str], environment: dict[str, str]) -> float:
    """Return the least CPU time of several imports, in milliseconds."""
    # Without the site packages of this interpreter: optional ones, which no function has, would be imported too.
    command = [sys.executable, "-I", "-S", "-B", "-c", _MEASURE, module, *paths]
    seconds = [
        float(subprocess.run(command, env=ENVIRONMENT | environment, check=True, capture_output=True).stdout)
        for _ in range(RUNS)
    ]
    return 1000 * min(seconds)


if __name__ == "__main__":
    main()
