"""The actions of a transaction that are evaluated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core import iam_actions

from local_aws.ministack.policies import authorize_transactions_once


def test_each_action_on_a_table_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam_actions, "dynamodb_transaction_checks", iam_actions.dynamodb_transaction_checks)

    def item(kind: str, table: str) -> dict[str, Any]:
        return {kind: {"TableName": table}}

    items = [item("Put", "orders"), item("Put", "orders"), item("Update", "orders"), item("Put", "stock")]
    body = json.dumps({"TransactItems": [*items, items[0]]}).encode()
    authorize_transactions_once()
    checks = iam_actions.dynamodb_transaction_checks(
        "dynamodb:TransactWriteItems", body, "us-east-1", "000000000000"
    )
    prefix = "arn:aws:dynamodb:us-east-1:000000000000:table"
    assert checks == [
        ("dynamodb:PutItem", f"{prefix}/orders"),
        ("dynamodb:UpdateItem", f"{prefix}/orders"),
        ("dynamodb:PutItem", f"{prefix}/stock"),
    ]
