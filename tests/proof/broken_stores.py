"""The stores' own tests, on stores that are broken in one place: of races within a service no workflow may know.

A pytest plugin too: `MUTANT='["condition dropped", "<place>"]' pytest -p tests.proof.broken_stores tests/stores`.
"""

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import botocore.client

if TYPE_CHECKING:
    from tests.proof.mutants import Mutant

MUTANT = "MUTANT"
# Modules with a table that is not their service's.
SANDBOXES = {"payments.sandbox": "SandboxProviderTable", "purchasing.bank": "SandboxBankTable"}
SERVICES = {"billing", "cases", "images", "inventory", "ledger", "payments", "purchasing", "replenishment"}


def killer(mutant: "Mutant") -> str:
    """The test that goes red, "" when none does."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:xdist", "-p", __name__, "tests/stores"]
    environment = {**os.environ, MUTANT: json.dumps([mutant.kind, mutant.place])}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
    assert ran.returncode == 0 or failed, ran.stdout[-2000:] + ran.stderr[-2000:]
    return failed[1] if failed else ""


def pytest_configure() -> None:
    from tests.proof.mutants import Mutant, request_with

    change = request_with(Mutant(*json.loads(os.environ[MUTANT])))
    shipped = botocore.client.BaseClient._make_api_call

    def changed(client: Any, operation: str, params: dict[str, Any]) -> Any:
        table = _table_of_caller()
        if client.meta.service_model.service_name != "dynamodb" or not table:
            return shipped(client, operation, params)
        params = json.loads(json.dumps(params))
        names = _named(params, table)
        change(operation, params)
        for request, name in names:
            request["TableName"] = name
        return shipped(client, operation, params)

    botocore.client.BaseClient._make_api_call = changed  # type: ignore[method-assign]


def _named(params: dict[str, Any], table: str) -> list[tuple[dict[str, Any], str]]:
    """Each request of one with the table's name in the template; and the names they had, to be given back."""
    actions = params.get("TransactItems")
    requests = [request for action in actions for request in action.values()] if actions else [params]
    names = [(request, request["TableName"]) for request in requests if "TableName" in request]
    for request, _ in names:
        request["TableName"] = table
    return names


def _table_of_caller() -> str:
    """The table, by its name in the template, of the service that makes a request; "" for the tests' own."""
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] in SERVICES:
            return SANDBOXES.get(module, f"{module.partition('.')[0].capitalize()}Table")
    return ""
