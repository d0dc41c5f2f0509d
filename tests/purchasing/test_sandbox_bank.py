"""The sandbox bank pays a key once, and refuses the same key for another transfer."""

from typing import Any

from purchasing.bank import SandboxBank, TransferResult
from tillflow.store import key, unmarshal


def test_a_key_is_paid_once_and_refused_for_another_transfer(dynamodb: Any, table: str) -> None:
    bank = SandboxBank(dynamodb, table)
    paid = TransferResult(True, "tr-po-1#pay#7")
    assert bank.pay("po-1#pay#7", "acct_ok", 1200, "EUR") == paid
    assert bank.pay("po-1#pay#7", "acct_ok", 1200, "EUR") == paid
    refused = TransferResult(False, reason="idempotency_key_reused")
    assert bank.pay("po-1#pay#7", "acct_ok", 9900, "EUR") == refused
    row = dynamodb.get_item(TableName=table, Key=key("TRANSFER#po-1#pay#7", "TRANSFER"))["Item"]
    assert unmarshal(row)["amount"] == 1200
