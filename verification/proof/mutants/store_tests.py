"""Run the tests of stores and workflows with one mutation: they use rows that no workflow produces.

Also a pytest plugin: `MUTANT='["condition dropped", "<place>"]' pytest -p <this module> tests`, and with
`REQUESTS=<file>` it lists the writes of the services by the tests that make them.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any

from verification.harness.template import ROOT

if TYPE_CHECKING:
    from verification.proof.mutants.model import Mutant

MUTANT, REQUESTS = "MUTANT", "REQUESTS"
# Modules with a table of their own.
FURTHER_TABLES = {
    "payments.cards": "CardsTable",
    "payments.sandbox": "SandboxProviderTable",
    "purchasing.bank": "SandboxBankTable",
}
SERVICES = {folder.name for folder in (ROOT / "functions").iterdir() if folder.is_dir()}
OF_DOCUMENTS = "tests/tillflow/test_overtaken_changes.py"
"""Tests of the documents that several services store."""
TESTS = (*sorted(f"tests/{service}" for service in SERVICES), "tests/tillflow", "tests/workflows")


def owners_tests(mutant: "Mutant") -> str:
    """Return the tests of the service that owns the table of a changed request."""
    table = mutant.place.split()[0]
    services = {own: module.split(".")[0] for module, own in FURTHER_TABLES.items()}
    return f"tests/{services.get(table) or table.removesuffix('Table').lower()}"


def killer(mutant: "Mutant", *tests: str) -> str:
    """Return the first of the tests that fails, "" when none does."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:xdist", "-p", __name__, *tests]
    environment = {**os.environ, MUTANT: json.dumps([mutant.kind, mutant.place])}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
    assert ran.returncode == 0 or failed, ran.stdout[-2000:] + ran.stderr[-2000:]
    return failed[1] if failed else ""


def requests_of_tests() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return each kind of mutant and its place that services write in tests, with the tests."""
    with TemporaryDirectory() as folder:
        listed = Path(folder, "requests.json")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", __name__, *TESTS]
        subprocess.run(command, env={**os.environ, REQUESTS: str(listed)}, capture_output=True, check=True)
        return {(kind, place): tuple(tests) for kind, place, tests in json.loads(listed.read_text())}


def pytest_configure() -> None:
    from local_aws.ministack.dynamodb import in_process

    from verification.proof.mutants.model import Mutant
    from verification.proof.mutants.requests import changes_of, place_of, request_with, writes

    change = request_with(Mutant(*json.loads(os.environ[MUTANT]))) if MUTANT in os.environ else None
    shipped = in_process.request_at_once

    def changed(operation: str, body: bytes) -> Any:
        params = json.loads(body)
        # Tests of stores give tables other names: use the name in the template.
        named = [(kind, request, request["TableName"]) for kind, request in writes(operation, params)]
        for _, request, name in named:
            request["TableName"] = _table_of_caller(name)
        if change:
            change(operation, params)
        elif any(_calling_services()):
            for kind, request, _ in named:
                for mutation in changes_of(kind, request):
                    _made[mutation, place_of(kind, request)][_current_test()] = None
        for _, request, name in named:
            request["TableName"] = name
        return shipped(operation, json.dumps(params).encode())

    in_process.request_at_once = changed


def pytest_unconfigure() -> None:
    if listed := os.environ.get(REQUESTS):
        rows = [[kind, place, list(tests)] for (kind, place), tests in _made.items()]
        Path(listed).write_text(json.dumps(rows))


_made: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)


def _current_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]


def _calling_services() -> Iterator[str]:
    """Yield the modules of services that make a request, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] in SERVICES:
            yield module
        frame = frame.f_back


def _table_of_caller(name: str) -> str:
    """Return the table (its name in the template) of the module or service that makes a request; "" for a test's own.

    name: that in the request. A test may give a module with a table of its own the service's table.
    """
    services = list(_calling_services())
    if further := next((FURTHER_TABLES[module] for module in services if module in FURTHER_TABLES), ""):
        return further
    if name.endswith("Table"):
        return name
    return f"{services[0].partition('.')[0].capitalize()}Table" if services else ""
