"""Each correction of inventory is posted once; one that fails does not affect the others."""

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ledger.store import LedgerStore
from tillflow.store import unmarshal

SAMPLE = json.loads((Path(__file__).parents[2] / "events" / "post_corrections.json").read_text())
ADJUSTMENT = json.loads(SAMPLE["Records"][0]["body"])


@pytest.fixture
def ledger(dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TABLE_NAME", table)
    handler = importlib.import_module("ledger.handlers")
    monkeypatch.setattr(handler, "store", LedgerStore(dynamodb, table))
    return handler


def post(ledger: Any, *bodies: str) -> list[str]:
    """Return the ids of the messages that failed."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    response = ledger.post_corrections({"Records": records}, SimpleNamespace(aws_request_id="r"))
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def told(**changes: Any) -> str:
    return json.dumps({**ADJUSTMENT, "detail": {**ADJUSTMENT["detail"], **changes}})


def entries(dynamodb: Any, table: str) -> dict[str, Any]:
    rows = map(unmarshal, dynamodb.scan(TableName=table)["Items"])
    return {row["entry_id"]: json.loads(row["lines"]) for row in rows}


def test_redelivered_sample_is_posted_once(ledger: Any, dynamodb: Any, table: str) -> None:
    body = SAMPLE["Records"][0]["body"]
    assert post(ledger, body, body) == []
    assert post(ledger, body) == []
    assert entries(dynamodb, table) == {
        "adj-20261123T101500-5f0c1a2b#correction": [
            {"account": "5200", "name": "Inventory losses", "debit": 960, "credit": 0},
            {"account": "1200", "name": "Inventory", "debit": 0, "credit": 960},
        ]
    }


def test_correction_without_cost_is_acknowledged_without_an_entry(
    ledger: Any, dynamodb: Any, table: str
) -> None:
    assert post(ledger, told(cost=0)) == []
    assert entries(dynamodb, table) == {}


@pytest.mark.parametrize(
    ("poison", "error"),
    [
        ("no json", "JSONDecodeError"),
        ("{}", "InvalidRequest"),
        (told(cost=-1), "InvalidRequest"),
        (told(quantity=0), "InvalidRequest"),
        (told(currency="euro"), "InvalidRequest"),
        (told(business_id="adj#1"), "InvalidRequest"),
        (told(cost=961), "JournalConflict"),
    ],
)
def test_message_that_fails_is_returned_for_redelivery_alone(
    ledger: Any,
    dynamodb: Any,
    table: str,
    poison: str,
    error: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr("tillflow.queue.logger.exception", lambda _, extra: logged.append(extra))
    assert post(ledger, told(), poison, told(business_id="adj-2")) == ["1"]
    assert logged == [{"message_id": "1", "error": error}]
    assert len(entries(dynamodb, table)) == 2
