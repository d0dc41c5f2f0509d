"""What a layer carries is what was tested: the versions of uv.lock, all that they need included."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = {package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}


def needed(names: list[str]) -> set[str]:
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names += [dependency["name"] for dependency in LOCKED[name].get("dependencies", ())]
    return found


@pytest.mark.parametrize("layer", ["common", "documents", "imaging", "stripe"])
def test_a_layer_is_pinned_to_the_lock(layer: str) -> None:
    group = LOCKED["tillflow"]["dev-dependencies"][f"layer-{layer}"]
    lines = (ROOT / "layers" / layer / "requirements.txt").read_text().splitlines()
    pinned = {re.split(r"[ ;]", line)[0] for line in lines}
    wanted = {f"{name}=={LOCKED[name]['version']}" for name in needed([entry["name"] for entry in group])}
    assert pinned == wanted, "run `make layers`"
