"""Executions of an earlier release end on the code of this one as they would have ended before the update.

tests/releases has the definitions of each release whose executions can still run. docs/deploy.md has the rule.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.released_definitions import RELEASES, released
from verification.proof.case import Case
from verification.proof.families import SCENARIOS
from verification.proof.prover import Prover, prover

# Scenarios of features that a release did not have, by release and name.
NEWER: dict[str, set[str]] = {
    "0.1.0": {
        name
        for name in SCENARIOS
        if name.endswith(
            ("by Stripe", "on account", "a return comes first", "the cardholder confirms at the bank")
        )
    },
}
CASES = [
    (folder, scenario.name)
    for folder in RELEASES
    for scenario in SCENARIOS.values()
    if scenario.workflow in released(folder).workflows()
    and scenario.name not in NEWER.get(folder.name, set())
]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda folder: folder.name)
def release(request: pytest.FixtureRequest) -> Iterator[tuple[Path, Prover]]:
    with prover(released(request.param)) as built:
        yield request.param, built


@pytest.mark.parametrize("name", sorted({name for _, name in CASES}))
def test_execution_of_a_released_definition_ends_on_the_present_code(
    release: tuple[Path, Prover], name: str
) -> None:
    folder, built = release
    if (folder, name) not in CASES:
        pytest.skip("the release has no such workflow or scenario")
    assert built.prove(Case(SCENARIOS[name])).violations == []


def test_releases_are_recorded() -> None:
    assert RELEASES and CASES
