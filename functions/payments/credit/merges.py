"""The credit and the debts of a customer that is merged into another one.

One transaction writes the rows of the merge and moves the balances and accounts. From then on every change of the
merged customer's wallets and accounts is one of the survivor's, since each is written on the condition that its
customer is not merged. What did not fit is moved after it. Entries and authorisations keep their customer.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from tillflow.errors import StoreContention, check_same
from tillflow.merges import merge_rows, not_merged, survivor_of
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    chunks,
    key,
    marshal,
    put_new,
    put_row,
    query_rows,
    retry_on_conflict,
    transact,
)

from payments.credit.models import MergeAccounts
from payments.credit.rows import ACCOUNT, BALANCE, account_key, customer_wallet

_AMOUNTS: Final = ("credit_limit", "available", "reserved", "owed")
_ROWS_PER_TRANSACTION = 40


class AccountMerges:
    """Merges in the payments table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def merge(self, request: MergeAccounts) -> None:
        """Move the balances and accounts of a customer to the survivor; a second delivery moves what is left.

        Limits add up, as what is owed does. IdempotencyConflict if the customer was merged otherwise.
        """
        what = f"merging customer {request.customer_id}"
        try:
            retry_on_conflict(lambda: self._begin(request, what))
        except AlreadyApplied as applied:
            into, _ = merge_rows(request.customer_id, request.survivor_id, request.merge_id)
            check_same(what, applied.result, into)
        retry_on_conflict(lambda: self._move_rest(request.customer_id, what))

    def _begin(self, request: MergeAccounts, what: str) -> None:
        """Write the rows of the merge, and move as many others with them as a transaction holds: usually all."""
        into, of = merge_rows(request.customer_id, request.survivor_id, request.merge_id)
        survivor = survivor_of(self._client, self._table, request.survivor_id)
        moves = islice(self._moves(request.customer_id, survivor, what), _ROWS_PER_TRANSACTION)
        actions = [
            put_new(self._table, into, AlreadyApplied),
            put_row(self._table, of),
            not_merged(self._table, survivor),
            *(action for move in moves for action in move),
        ]
        transact(self._client, actions, what)

    def _move_rest(self, customer_id: str, what: str) -> None:
        survivor = survivor_of(self._client, self._table, customer_id)
        for some in chunks(list(self._moves(customer_id, survivor, what)), _ROWS_PER_TRANSACTION):
            actions = [action for move in some for action in move]
            transact(self._client, [not_merged(self._table, survivor), *actions], what)

    def _moves(self, customer_id: str, survivor: str, what: str) -> Iterator[list[Action]]:
        yield from self._balances(customer_id, survivor, what)
        yield from self._accounts(customer_id, survivor, what)

    def _balances(self, customer_id: str, survivor: str, what: str) -> Iterator[list[Action]]:
        for row in query_rows(self._client, self._table, customer_wallet(customer_id), BALANCE):
            yield from self._moved(row, (customer_wallet(survivor), row["sk"]), ("balance",), what)

    def _accounts(self, customer_id: str, survivor: str, what: str) -> Iterator[list[Action]]:
        for row in query_rows(self._client, self._table, account_key(customer_id, "")[0], ACCOUNT):
            currency = row["sk"].removeprefix(ACCOUNT)
            yield from self._moved(row, account_key(survivor, currency), _AMOUNTS, what)

    def _moved(
        self, row: Item, place: tuple[str, str], names: tuple[str, ...], what: str
    ) -> Iterator[list[Action]]:
        """Yield the actions that move amounts of a row to another row, unless nothing is left of them."""
        amounts = {name: row[name] for name in names}
        if not any(amounts.values()):
            return
        take = {
            "TableName": self._table,
            "Key": key(row["pk"], row["sk"]),
            "UpdateExpression": "SET " + ", ".join(f"{name} = :zero" for name in amounts),
            "ConditionExpression": " AND ".join(f"{name} = :{name}" for name in amounts),
            "ExpressionAttributeValues": marshal(
                {f":{name}": amount for name, amount in amounts.items()} | {":zero": 0}
            ),
        }
        add = {
            "TableName": self._table,
            "Key": key(*place),
            "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in amounts),
            "ExpressionAttributeValues": marshal({f":{name}": amount for name, amount in amounts.items()}),
        }
        yield [Action("Update", take, lambda _: StoreContention(what)), Action("Update", add)]
