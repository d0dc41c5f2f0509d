"""Cases of different workflows have different ids, also when their business ids are equal."""

import json
import re
from itertools import combinations
from pathlib import Path

DEFINITIONS = Path(__file__).parents[2] / "statemachines"
BUSINESS_ID = re.compile(r"^\{% (\$[\w.]+) & ")


def case_ids(definition: str) -> set[str]:
    """Return what every case id of a definition has after the business id."""
    steps = set(re.findall(r'"step": "(\w+)"', definition))
    endings = set()
    for expression in re.findall(r'"case_id": "([^"]+)"', definition):
        parts = expression.removeprefix("{% ").removesuffix(" %}").split(" & ")
        literal = "".join(part.strip("'") for part in parts[1:] if part.startswith("'"))
        assert BUSINESS_ID.match(expression), expression
        endings |= {literal + step for step in steps} if parts[-1].endswith(".step") else {literal}
    return endings


def test_cases_of_two_workflows_have_different_ids() -> None:
    found = {path.name: case_ids(path.read_text()) for path in sorted(DEFINITIONS.glob("*.asl.json"))}
    opening = {path.name for path in DEFINITIONS.glob("*.json") if "OpenCaseFunctionArn" in path.read_text()}
    assert opening == {name for name, endings in found.items() if endings}
    for (one, first), (other, second) in combinations(found.items(), 2):
        assert not first & second, f"{one} and {other}: {json.dumps(sorted(first & second))}"
