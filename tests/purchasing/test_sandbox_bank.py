"""The bank to test against keeps its word: a key is paid once, whatever is said under it later."""

from typing import Any

from purchasing.bank import SandboxBank, Transferred
from tillflow.store import key, unmarshal


def test_a_key_is_paid_once_with_what_was_first_said(dynamodb: Any, table: str) -> None:
    bank = SandboxBank(dynamodb, table)
    paid = Transferred(True, "tr-po-1#pay#7")
    assert bank.pay("po-1#pay#7", "acct_ok", 1200, "EUR") == paid
    assert bank.pay("po-1#pay#7", "acct_ok", 9900, "EUR") == paid
    row = dynamodb.get_item(TableName=table, Key=key("TRANSFER#po-1#pay#7", "TRANSFER"))["Item"]
    assert unmarshal(row)["amount"] == 1200
