"""The port to the bank that pays suppliers, and a sandbox of one to test against.

A transfer carries a key, and the bank does a key once: asked again it gives the first answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from botocore.exceptions import ClientError
from tillflow.store import key, marshal, unmarshal


@dataclass(frozen=True, slots=True)
class Transferred:
    """A definite answer: accepted with the bank's `reference`, or refused for a `reason`."""

    accepted: bool
    reference: str = ""
    reason: str = ""


class AnswerLost(Exception):
    """No usable answer came: the money may have moved. Look it up by its key."""


class Bank(Protocol):
    def pay(self, key: str, account: str, amount: int, currency: str) -> Transferred: ...

    def look_up(self, key: str) -> Transferred | None:
        """What became of a transfer; None when the bank never had one. Raises AnswerLost."""


type Fault = Literal["refuse", "lost_before", "lost_after", "silent"]

TEST_ACCOUNTS: Mapping[str, Fault | None] = {
    "acct_ok": None,
    "acct_closed": "refuse",
    "acct_timeout_before_effect": "lost_before",
    "acct_timeout_after_effect": "lost_after",
    "acct_silent": "silent",
}
"""The sandbox's accounts. `lost_*` lose the first answer, before or after the transfer; `silent` also does not
say what became of it the first times it is asked."""

SILENT_LOOK_UPS = 3


class SandboxBank:
    """A bank on a DynamoDB table of its own.

    TRANSFER#<key>  TRANSFER  account, amount, currency: this was paid, once
    CALLS#<key>     CALLS     how often it was asked to pay, and asked about
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def pay(self, effect_key: str, account: str, amount: int, currency: str) -> Transferred:
        if account not in TEST_ACCOUNTS:
            return Transferred(False, reason="no_such_account")
        fault = TEST_ACCOUNTS[account]
        first = self._count(effect_key, "calls") == 1
        if fault == "refuse":
            return Transferred(False, reason="account_closed")
        if first and fault == "lost_before":
            raise AnswerLost(effect_key)
        self._transfer(effect_key, account, amount, currency)
        if first and fault in ("lost_after", "silent"):
            raise AnswerLost(effect_key)
        return Transferred(True, f"tr-{effect_key}")

    def look_up(self, effect_key: str) -> Transferred | None:
        answer = self._client.get_item(
            TableName=self._table, Key=key(f"TRANSFER#{effect_key}", "TRANSFER"), ConsistentRead=True
        )
        row = unmarshal(answer.get("Item"))
        silent = row and TEST_ACCOUNTS[row["account"]] == "silent"
        if silent and self._count(effect_key, "look_ups") <= SILENT_LOOK_UPS:
            raise AnswerLost(effect_key)
        return Transferred(True, f"tr-{effect_key}") if row else None

    def _transfer(self, effect_key: str, account: str, amount: int, currency: str) -> None:
        row = {
            "pk": f"TRANSFER#{effect_key}",
            "sk": "TRANSFER",
            "key": effect_key,
            "account": account,
            "amount": amount,
            "currency": currency,
        }
        try:
            self._client.put_item(
                TableName=self._table, Item=marshal(row), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def _count(self, effect_key: str, what: str) -> int:
        counted = self._client.update_item(
            TableName=self._table,
            Key=key(f"CALLS#{effect_key}", "CALLS"),
            UpdateExpression="ADD #what :one",
            ExpressionAttributeNames={"#what": what},
            ExpressionAttributeValues=marshal({":one": 1}),
            ReturnValues="UPDATED_NEW",
        )
        return int(counted["Attributes"][what]["N"])
