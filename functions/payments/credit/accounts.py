"""Accounts of customers who buy on account, one for each currency; see rows.py for the rows.

available = credit limit - reserved - owed. An authorisation reserves an amount, its capture makes it owed; a payment or
a refund reduces what is owed, below zero if the customer had paid before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tillflow.customers import CustomerMerged
from tillflow.errors import RecordChanged, StoreContention, check_same
from tillflow.merges import not_merged, survivor_of
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    put_new,
    read_row,
    retry_on_conflict,
    transact,
    unmarshal,
)
from tillflow.times import iso_utc
from tillflow.versions import version_of

from payments.book import Refusal
from payments.credit.models import Account, SetCreditLimit, SettleAccount, WalletEntry
from payments.credit.rows import ACCOUNT, account_key, customer_wallet, settlement_key
from payments.credit.wallets import Wallets

_LIMIT_VERSION = "limit_version"
"""The attribute that counts the changes of a limit; sales change other attributes of the row."""


class Accounts:
    """Accounts in the payments table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._wallets = Wallets(client, table)

    def set_limit(self, request: SetCreditLimit, version: int | None = None) -> Account:
        """Set the credit limit of a customer in a currency. What is owed stays, above the limit too.

        RecordChanged if the limit is not at `version`; None for any. CustomerMerged.
        """
        retry_on_conflict(lambda: self._set_limit(request, version))
        return self.account(request.customer_id, request.currency)

    def account(self, customer_id: str, currency: str) -> Account:
        """Return an account; one without a limit has a limit of zero."""
        return _account(currency, self._row(*account_key(customer_id, currency)))

    def account_at(self, customer_id: str, currency: str) -> tuple[Account, int]:
        """Return an account, and the version of its limit."""
        row = self._row(*account_key(customer_id, currency))
        return _account(currency, row), version_of(row, _LIMIT_VERSION)

    def accounts(self, customer_id: str) -> list[Account]:
        """Return the accounts of a customer."""
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :customer",
            ExpressionAttributeValues=marshal({":customer": account_key(customer_id, "")[0]}),
            ConsistentRead=True,
        )
        rows = [unmarshal(row) for row in page["Items"]]
        return [_account(row["sk"].removeprefix(ACCOUNT), row) for row in rows]

    def reserve(self, customer_id: str, currency: str, amount: int) -> Action:
        """Return the action of an authorisation; the Refusal `credit_limit_exceeded` or `no_credit_account`."""
        return self._change(
            customer_id,
            currency,
            {"available": -amount, "reserved": amount, "owed": 0},
            ("available >= :least", {":least": amount}),
            lambda row: Refusal("credit_limit_exceeded" if row else "no_credit_account"),
        )

    def change(self, customer_id: str, currency: str, *, reserved: int = 0, owed: int = 0) -> Action:
        """Return the action that changes what is reserved and owed.

        The survivor of a merge may have no account yet: it gets one with a limit of zero.
        """
        changes = {"available": -reserved - owed, "reserved": reserved, "owed": owed, "credit_limit": 0}
        return self._change(customer_id, currency, changes)

    def settle(self, request: SettleAccount, now: datetime) -> None:
        """Reduce what is owed by a payment, and add what is left of it to the customer's credit; once per payment id.

        IdempotencyConflict for another request under the id.
        """
        pk, sk = settlement_key(request.payment_id)
        marker = {"pk": pk, "sk": sk, **request.model_dump(mode="json")}
        put = put_new(self._table, {**marker, "settled_at": iso_utc(now)}, AlreadyApplied)
        what = f"settling payment {request.payment_id}"

        def settle() -> None:
            owner = survivor_of(self._client, self._table, request.customer_id)
            actions = [
                put,
                not_merged(self._table, owner),
                self.change(owner, request.currency, owed=-request.allocated),
                *self._credited(request, owner, now),
            ]
            transact(self._client, actions, what)

        try:
            retry_on_conflict(settle)
        except AlreadyApplied as applied:
            stored = {name: applied.result.get(name) for name in marker}
            check_same(f"payment {request.payment_id}", stored, marker)

    def _credited(self, request: SettleAccount, owner: str, now: datetime) -> Sequence[Action]:
        if not request.overpayment:
            return []
        entry = WalletEntry(
            entry_id=f"{request.payment_id}.overpayment",
            holder=customer_wallet(owner),
            kind="overpayment",
            amount=request.overpayment,
            currency=request.currency,
            reason=f"payment {request.payment_id}",
            at=iso_utc(now),
        )
        return self._wallets.entry_actions(entry)

    def _set_limit(self, request: SetCreditLimit, version: int | None) -> None:
        owner = survivor_of(self._client, self._table, request.customer_id)
        if owner != request.customer_id:
            raise CustomerMerged(request.customer_id, owner)
        place = account_key(request.customer_id, request.currency)
        before = self._row(*place)
        if version not in (None, version_of(before, _LIMIT_VERSION)):
            raise RecordChanged(f"the credit limit of {request.customer_id}", version or 0)
        difference = request.credit_limit - before.get("credit_limit", 0)
        condition = "credit_limit = :before" if before else "attribute_not_exists(pk)"
        read = version_of(before, _LIMIT_VERSION)
        condition += f" AND {_LIMIT_VERSION} = :read" if read else ""
        values = {":limit": request.credit_limit, ":difference": difference, ":zero": 0, ":one": 1}
        update = {
            "TableName": self._table,
            "Key": key(*place),
            "UpdateExpression": "SET credit_limit = :limit, reserved = if_not_exists(reserved, :zero), "
            f"owed = if_not_exists(owed, :zero) ADD available :difference, {_LIMIT_VERSION} :one",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": marshal(
                values
                | ({":before": before["credit_limit"]} if before else {})
                | ({":read": read} if read else {})
            ),
        }
        what = f"setting the credit limit of {request.customer_id}"
        change = Action("Update", update, lambda _: StoreContention(what))
        transact(self._client, [change, not_merged(self._table, owner)], what)

    def _change(
        self,
        customer_id: str,
        currency: str,
        changes: dict[str, int],
        condition: tuple[str, dict[str, int]] | None = None,
        error: Any = None,
    ) -> Action:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key(*account_key(customer_id, currency)),
            "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in changes),
            "ExpressionAttributeValues": marshal({f":{name}": amount for name, amount in changes.items()}),
        }
        if condition:
            request["ConditionExpression"] = condition[0]
            request["ExpressionAttributeValues"] |= marshal(condition[1])
        return Action("Update", request, error)

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)


def _account(currency: str, row: Item) -> Account:
    amounts = {name: row.get(name, 0) for name in ("credit_limit", "available", "reserved", "owed")}
    return Account(currency=currency, **amounts)
