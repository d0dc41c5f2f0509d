"""The port to the bank that pays suppliers, and a sandbox implementation for tests and local use.

A transfer has an idempotency key: the bank makes it once and returns its first response again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tillflow.store import AlreadyApplied, key, marshal, put_new, read_row, write


@dataclass(frozen=True, slots=True)
class TransferResult:
    """A definite response: accepted with the bank's `reference`, or refused for a `reason`."""

    accepted: bool
    reference: str = ""
    reason: str = ""


class ResponseLost(Exception):
    """The bank's response was lost; the money may have moved. Look the transfer up by its key."""


class Bank(Protocol):
    def pay(self, key: str, account: str, amount: int, currency: str) -> TransferResult:
        """Transfer an amount to an account, once per key. Raise ResponseLost."""

    def look_up(self, key: str) -> TransferResult | None:
        """Return the result of a transfer, None if there is none. Raise ResponseLost."""


type Fault = Literal["refuse", "lost_before", "lost_after", "silent"]

TEST_ACCOUNTS: Mapping[str, Fault | None] = {
    "acct_ok": None,
    "acct_closed": "refuse",
    "acct_timeout_before_effect": "lost_before",
    "acct_timeout_after_effect": "lost_after",
    "acct_silent": "silent",
}
"""The sandbox's accounts. `lost_*` lose the first response, before or after the transfer; `silent` loses that and
the first lookups too."""

SILENT_LOOK_UPS = 3


class SandboxBank:
    """A bank on a DynamoDB table of its own.

    TRANSFER#<key>  TRANSFER  the transfer: account, amount, currency
    CALLS#<key>     CALLS     number of payments and lookups requested
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def pay(self, effect_key: str, account: str, amount: int, currency: str) -> TransferResult:
        """Transfer the amount; a key that was used for another transfer is refused."""
        if account not in TEST_ACCOUNTS:
            return TransferResult(False, reason="no_such_account")
        fault = TEST_ACCOUNTS[account]
        first = self._count(effect_key, "calls") == 1
        if fault == "refuse":
            return TransferResult(False, reason="account_closed")
        if first and fault == "lost_before":
            raise ResponseLost(effect_key)
        if not self._transfer(effect_key, account, amount, currency):
            return TransferResult(False, reason="idempotency_key_reused")
        if first and fault in ("lost_after", "silent"):
            raise ResponseLost(effect_key)
        return TransferResult(True, f"tr-{effect_key}")

    def look_up(self, effect_key: str) -> TransferResult | None:
        row = self._row(effect_key)
        silent = row and TEST_ACCOUNTS[row["account"]] == "silent"
        if silent and self._count(effect_key, "look_ups") <= SILENT_LOOK_UPS:
            raise ResponseLost(effect_key)
        return TransferResult(True, f"tr-{effect_key}") if row else None

    def _transfer(self, effect_key: str, account: str, amount: int, currency: str) -> bool:
        """Write the transfer; return False if the key has another one."""
        transfer = {"key": effect_key, "account": account, "amount": amount, "currency": currency}
        row = {"pk": f"TRANSFER#{effect_key}", "sk": "TRANSFER", **transfer}
        try:
            write(self._client, put_new(self._table, row, AlreadyApplied), f"transfer {effect_key}")
        except AlreadyApplied as applied:
            return bool(applied.result == row)
        return True

    def _row(self, effect_key: str) -> dict[str, Any]:
        return read_row(self._client, self._table, f"TRANSFER#{effect_key}", "TRANSFER")

    def _count(self, effect_key: str, counter: str) -> int:
        counted = self._client.update_item(
            TableName=self._table,
            Key=key(f"CALLS#{effect_key}", "CALLS"),
            UpdateExpression="ADD #counter :one",
            ExpressionAttributeNames={"#counter": counter},
            ExpressionAttributeValues=marshal({":one": 1}),
            ReturnValues="UPDATED_NEW",
        )
        return int(counted["Attributes"][counter]["N"])
