"""Customers in DynamoDB; see rows.py for the table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tillflow.customers import CustomerAnonymised, CustomerMerged, UnknownCustomer
from tillflow.errors import RecordChanged, check_same
from tillflow.merges import group_of
from tillflow.store import (
    Action,
    Item,
    key,
    marshal,
    put_new,
    put_row,
    read_row,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
)
from tillflow.times import iso_utc

from customers import rules
from customers.models import Customer, SearchCustomers, StoredCustomer
from customers.rows import (
    LIST,
    NAMES,
    customer_key,
    customer_row,
    email_partition,
    folded,
    index_keys,
    phone_partition,
    read_customer,
)


class CustomersStore:
    """Customers in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, customer: Customer, now: datetime) -> Customer:
        """Create a customer; the same one again changes nothing. IdempotencyConflict if the id is another's."""
        row = customer_row(customer, 1, iso_utc(now), now)
        actions = [
            put_new(self._table, row, _IdInUse),
            put_row(self._table, {"pk": LIST, "sk": customer.customer_id}),
            *self._index(set(), index_keys(customer)),
        ]
        what = f"creating customer {customer.customer_id}"
        try:
            retry_on_conflict(lambda: transact(self._client, actions, what))
        except _IdInUse as in_use:
            stored = read_customer(in_use.row).customer
            check_same(f"customer {customer.customer_id}", stored.model_dump(), customer.model_dump())
        return customer

    def get(self, customer_id: str) -> StoredCustomer:
        """Return a customer and its version; UnknownCustomer."""
        return read_customer(self._row(customer_id))

    def update(self, customer_id: str, changes: Mapping[str, Any], version: int, now: datetime) -> Customer:
        """Change a customer that is still at `version`; return it as it is then.

        UnknownCustomer, InvalidCustomer, CustomerAnonymised, CustomerMerged; RecordChanged if it is at another version.
        """
        before = self._row(customer_id)
        stored = read_customer(before)
        if stored.anonymised_at:
            raise CustomerAnonymised(customer_id)
        if stored.merged_into:
            raise CustomerMerged(customer_id, stored.merged_into)
        after = rules.changed(stored.customer, changes)
        self._replace(stored.customer, customer_row(after, version + 1, before["created_at"], now), version)
        return after

    def anonymise(self, customer_id: str, now: datetime) -> StoredCustomer:
        """Remove what identifies a customer from the records and their index; the same again changes nothing.

        The records that were merged into it are of the same person. UnknownCustomer; RecordChanged if another writer
        changed one of them meanwhile.
        """
        for one in reversed(group_of(self._client, self._table, customer_id)):
            self._anonymise(one, now)
        return self.get(customer_id)

    def _anonymise(self, customer_id: str, now: datetime) -> None:
        before = self._row(customer_id)
        stored = read_customer(before)
        if not stored.anonymised_at:
            after = rules.anonymised(stored.customer)
            row = customer_row(after, stored.version + 1, before["created_at"], now)
            merge = {name: before[name] for name in ("merged_into", "merge_id") if name in before}
            self._replace(stored.customer, row | merge | {"anonymised_at": iso_utc(now)}, stored.version)

    def search(self, request: SearchCustomers) -> list[Customer]:
        """Return the customers with an email or phone, or with a word of their name that begins with a text.

        One that was merged is found as its survivor.
        """
        if request.name:
            *others, prefix = folded(request.name).split()
            rows = self._query(NAMES, prefix, request.limit)
        else:
            others = []
            place = email_partition(request.email) if request.email else phone_partition(request.phone or "")
            rows = self._query(place, "", request.limit)
        ids = dict.fromkeys(row["sk"].rpartition("#")[2] for row in rows)
        keys = [customer_key(customer_id) for customer_id in ids]
        stored = read_rows(self._client, self._table, keys)
        customers = [read_customer(stored[place]) for place in keys if place in stored]
        matching = [one for one in customers if set(others) <= set(folded(one.customer.name).split())]
        survivors = dict.fromkeys(self._survivor(one) for one in matching)
        return [stored_customer.customer for stored_customer in survivors]

    def _survivor(self, stored: StoredCustomer) -> StoredCustomer:
        while stored.merged_into:
            stored = self.get(stored.merged_into)
        return stored

    def list_customers(self, limit: int, after: str) -> tuple[list[Customer], str | None]:
        """Return up to `limit` (at most 100) customers by id after that id, and the id to continue after.

        The second is None on the last page.
        """
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :list AND sk > :after",
            ExpressionAttributeValues={":list": {"S": LIST}, ":after": {"S": after or " "}},
            Limit=limit,
        )
        ids = [row["sk"]["S"] for row in page["Items"]]
        rows = read_rows(self._client, self._table, [customer_key(customer_id) for customer_id in ids])
        customers = [read_customer(rows[place]).customer for place in map(customer_key, ids) if place in rows]
        return customers, ids[-1] if "LastEvaluatedKey" in page else None

    def _replace(self, before: Customer, row: Item, version: int) -> None:
        customer_id = before.customer_id
        put = put_row(
            self._table,
            row,
            lambda _: RecordChanged(f"customer {customer_id}", version),
            ConditionExpression="version = :version",
            ExpressionAttributeValues=marshal({":version": version}),
        )
        actions = [put, *self._index(index_keys(before), index_keys(read_customer(row).customer))]
        retry_on_conflict(lambda: transact(self._client, actions, f"updating customer {customer_id}"))

    def _index(self, before: set[tuple[str, str]], after: set[tuple[str, str]]) -> list[Action]:
        """Return the actions that change the rows by which a customer is found."""
        old = [{"TableName": self._table, "Key": key(*place)} for place in sorted(before - after)]
        new = [put_row(self._table, {"pk": pk, "sk": sk}) for pk, sk in sorted(after - before)]
        return [Action("Delete", request) for request in old] + new

    def _query(self, pk: str, prefix: str, limit: int) -> list[Item]:
        condition = "pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else "")
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=marshal({":pk": pk} | ({":prefix": prefix} if prefix else {})),
            Limit=limit,
        )
        return [unmarshal(row) for row in page["Items"]]

    def _row(self, customer_id: str) -> Item:
        row = read_row(self._client, self._table, *customer_key(customer_id))
        if not row:
            raise UnknownCustomer(customer_id)
        return row


class _IdInUse(Exception):
    def __init__(self, row: Item) -> None:
        super().__init__("the id is in use")
        self.row = row
