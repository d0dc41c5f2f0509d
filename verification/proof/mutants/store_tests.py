"""Run the tests of stores and workflows with one mutation: they use rows that no workflow produces.

Also a pytest plugin: `MUTANT='["condition dropped", "<place>"]' pytest -p <this module> tests`.
"""

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from verification.harness.template import ROOT

if TYPE_CHECKING:
    from verification.proof.mutants.model import Mutant

MUTANT = "MUTANT"
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


def pytest_configure() -> None:
    from local_aws.ministack.dynamodb import in_process

    from verification.proof.mutants.model import Mutant
    from verification.proof.mutants.requests import request_with, writes

    change = request_with(Mutant(*json.loads(os.environ[MUTANT])))
    shipped = in_process.request_at_once

    def changed(operation: str, body: bytes) -> Any:
        params = json.loads(body)
        # Tests of stores give tables other names: use the name in the template.
        named = [(request, request["TableName"]) for _, request in writes(operation, params)]
        for request, name in named:
            request["TableName"] = _table_of_caller(name)
        change(operation, params)
        for request, name in named:
            request["TableName"] = name
        return shipped(operation, json.dumps(params).encode())

    in_process.request_at_once = changed


def _table_of_caller(name: str) -> str:
    """Return the table (its name in the template) of the module or service that makes a request; "" for a test's own.

    name: that in the request. A test may give a module with a table of its own the service's table.
    """
    frame, callers = sys._getframe(1).f_back, []
    while frame:
        callers.append(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    services = [module for module in callers if module.partition(".")[0] in SERVICES]
    if further := next((FURTHER_TABLES[module] for module in services if module in FURTHER_TABLES), ""):
        return further
    if name.endswith("Table"):
        return name
    return f"{services[0].partition('.')[0].capitalize()}Table" if services else ""
