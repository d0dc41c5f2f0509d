"""Two readers of the Amazon States Language that are not ours find nothing in what is deployed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.node import NODE, install

# One process installs the readers: a second one would take them for installed while they are not.
pytestmark = pytest.mark.xdist_group("readers")
ROOT = Path(__file__).parents[2]
DEFINITIONS = sorted((ROOT / "statemachines").glob("*.asl.json"))
READERS = ROOT / "tools" / "asl"


@pytest.fixture(scope="session")
def node() -> Path:
    """Node from the environment's own wheel, with the readers installed from their lock."""
    assert install(READERS) == 0
    return NODE


def findings(node: Path, path: Path) -> list[str]:
    done = subprocess.run([node, READERS / "validate.mjs", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[str(path)]


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda p: p.name)
def test_shipped_definition_is_clean(node: Path, path: Path) -> None:
    assert findings(node, path) == []


def unknown_target(definition: dict[str, Any]) -> None:
    definition["States"]["PriceOrder"]["Next"] = "NoSuchState"


def dead_end(definition: dict[str, Any]) -> None:
    del definition["States"]["ReserveStock"]["Next"]


def wrong_language_field(definition: dict[str, Any]) -> None:
    definition["States"]["PriceOrder"]["ResultPath"] = "$.order"


@pytest.mark.parametrize("plant", [unknown_target, dead_end, wrong_language_field])
def test_planted_fault_is_found(node: Path, tmp_path: Path, plant) -> None:
    definition = json.loads((ROOT / "statemachines" / "order_checkout.asl.json").read_text())
    plant(definition)
    broken = tmp_path / "broken.asl.json"
    broken.write_text(json.dumps(definition))
    assert findings(node, broken)
