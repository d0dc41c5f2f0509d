"""Merges in DynamoDB; see customers/rows.py for the table."""

from datetime import datetime
from typing import Any

from tillflow.customers import CustomerAnonymised, CustomerMerged, UnknownCustomer
from tillflow.errors import StoreContention, check_same
from tillflow.merges import merge_rows
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    put_new,
    put_row,
    read_row,
    retry_on_conflict,
    transact,
)
from tillflow.times import iso_utc

from customers.errors import UnknownMerge
from customers.merges.models import MergeCustomer, MergedCustomer
from customers.rows import LIST, customer_key, customer_row, merge_key, read_customer


class MergesStore:
    """Merges in the customers table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def merge(self, request: MergeCustomer, now: datetime) -> MergedCustomer:
        """Point a customer to its survivor, once per merge id; a second delivery returns the same.

        UnknownCustomer, CustomerAnonymised, CustomerMerged, IdempotencyConflict for another merge under the id.
        """
        return retry_on_conflict(lambda: self._merge(request, now))

    def check(self, request: MergeCustomer) -> None:
        """Raise what `merge` would raise now."""
        if stored := self._read_pair(request)[0]:
            _same(stored, request)

    def find(self, merge_id: str) -> MergedCustomer:
        """Return a merge that was recorded; UnknownMerge."""
        row = self._row(*merge_key(merge_id))
        if not row:
            raise UnknownMerge(merge_id)
        return _read(row)

    def _merge(self, request: MergeCustomer, now: datetime) -> MergedCustomer:
        stored, row = self._read_pair(request)
        if stored:
            return _same(stored, request)
        customer = read_customer(row)
        pk, sk = merge_key(request.merge_id)
        marker = {"pk": pk, "sk": sk, **request.model_dump(), "merged_at": iso_utc(now)}
        after = customer_row(customer.customer, customer.version + 1, row["created_at"], now)
        after |= {"merged_into": request.survivor_id, "merge_id": request.merge_id}
        what = f"merging customer {request.customer_id}"
        into, of = merge_rows(request.customer_id, request.survivor_id, request.merge_id)
        actions = [
            put_new(self._table, marker, AlreadyApplied),
            put_row(
                self._table,
                after,
                lambda _: StoreContention(what),
                ConditionExpression="version = :version",
                ExpressionAttributeValues=marshal({":version": customer.version}),
            ),
            self._is_open(request.survivor_id, what),
            Action("Delete", {"TableName": self._table, "Key": key(LIST, request.customer_id)}),
            put_row(self._table, into),
            put_row(self._table, of),
        ]
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as applied:
            return _same(applied.result, request)
        return _read(marker)

    def _read_pair(self, request: MergeCustomer) -> tuple[Item, Item]:
        """Return the row of the merge, {} before it, and the customer's row.

        Without a merge both customers are neither merged nor anonymised; else an error says which is not.
        """
        row = self._row(*customer_key(request.customer_id))
        survivor = self._row(*customer_key(request.survivor_id))
        # Read after the customers: another delivery that has merged them is there by then.
        merge = self._row(*merge_key(request.merge_id))
        if not merge:
            _check_open(request.customer_id, row)
            _check_open(request.survivor_id, survivor)
        return merge, row

    def _is_open(self, customer_id: str, what: str) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(*customer_key(customer_id)),
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(merged_into) "
            "AND attribute_not_exists(anonymised_at)",
        }
        return Action("ConditionCheck", request, lambda _: StoreContention(what))

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)


def _check_open(customer_id: str, row: Item) -> None:
    """Raise UnknownCustomer, CustomerMerged or CustomerAnonymised for a row of such a customer."""
    if not row:
        raise UnknownCustomer(customer_id)
    stored = read_customer(row)
    if stored.merged_into:
        raise CustomerMerged(customer_id, stored.merged_into)
    if stored.anonymised_at:
        raise CustomerAnonymised(customer_id)


def _same(stored: Item, request: MergeCustomer) -> MergedCustomer:
    first = _read(stored)
    check_same(f"merge {request.merge_id}", first, request.model_dump())
    return first


def _read(row: Item) -> MergedCustomer:
    return {
        "merge_id": row["merge_id"],
        "customer_id": row["customer_id"],
        "survivor_id": row["survivor_id"],
    }
