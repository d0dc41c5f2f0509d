"""The examples of docs/api.md, pasted into a shell in their order as a reader would, on a deployed shop."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployed_shop import BIN, Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
PATIENCE_SECONDS = 30
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<fenced>.*?)^```$|(?:^    [^\n]*\n)+", re.M | re.S)


@dataclass(frozen=True)
class Example:
    """A block of code of the page. line: where it begins."""

    line: int
    language: str
    code: str

    @property
    def command(self) -> str:
        """What is pasted: a block of Python into the interpreter, again for a while if a workflow is on its way."""
        if self.language == "shell":
            return self.code
        # A status that ends the example is that of a document which its workflow has yet to write.
        return (
            f"until python -c {_quoted(self.code)}; do\n"
            f"  [ $SECONDS -lt {PATIENCE_SECONDS} ] || exit 1; sleep 0.2\ndone\n"
        )


def examples() -> list[Example]:
    text = DOCUMENT.read_text()
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["fenced"] is None:
            code = re.sub(r"^    ", "", match[0], flags=re.M)
            found.append(Example(line, "shell", code))
        else:
            found.append(Example(line, match["language"], match["fenced"]))
    return found


def _quoted(code: str) -> str:
    return "'" + code.replace("'", "'\\''") + "'"


@pytest.fixture
def get(shop: Deployed) -> Iterator[Any]:
    """Read from the API as the operator; the limits of discounts are as before when the test has ended."""
    yield lambda path: json.loads(shop.till("api", "GET", path))
    shop.till(
        "api", "PUT", "/settings/discount-limits/cashier", "--data", '{"percent": "100", "amounts": {}}'
    )


def test_examples_work_as_they_are_pasted(shop: Deployed, get: Any) -> None:
    assert {example.language for example in examples()} == {"shell", "python"}
    script = "".join(
        f"echo '== line {example.line}' >&2; SECONDS=0\n{example.command}" for example in examples()
    )
    environment = shop.environment | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    for number in (1, 2):
        order = get(f"/orders/ord-2026-11-28-till-1-000{number}")
        assert order["status"] == "PAID", order
    assert get("/customers/cus-1")["name"] == "Ada"
    assert get("/settings/discount-limits")["cashier"]["percent"] == "10"
    (attempt,) = get("/purchase-orders/po-2026-11-28-0002")["attempts"]
    assert attempt["state"] == "ACKNOWLEDGED"
