"""Customers in DynamoDB; see rows.py for the table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tillflow.errors import RecordChanged
from tillflow.store import Action, Item, key, marshal, read_rows, retry_on_conflict, transact, unmarshal
from tillflow.times import iso_utc

from customers import rules
from customers.errors import InvalidCustomer, UnknownCustomer
from customers.models import Customer, StoredCustomer
from customers.rows import LIST, customer_key, customer_row, read_customer


class CustomersStore:
    """Customers in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, customer: Customer, now: datetime) -> Customer:
        """Create a customer; the same one again changes nothing. InvalidCustomer if the id is another's."""
        row = customer_row(customer, 1, iso_utc(now), now)
        listed = {"TableName": self._table, "Item": key(LIST, customer.customer_id)}
        actions = [
            self._put(row, _IdInUse, ConditionExpression="attribute_not_exists(pk)"),
            Action("Put", listed),
        ]
        what = f"creating customer {customer.customer_id}"
        try:
            retry_on_conflict(lambda: transact(self._client, actions, what))
        except _IdInUse as in_use:
            if read_customer(in_use.row).customer != customer:
                raise InvalidCustomer(
                    "customer_id", customer.customer_id, "an id no other customer has"
                ) from None
        return customer

    def get(self, customer_id: str) -> StoredCustomer:
        """Return a customer and its version; UnknownCustomer."""
        return read_customer(self._row(customer_id))

    def update(self, customer_id: str, changes: Mapping[str, Any], version: int, now: datetime) -> Customer:
        """Change a customer that is still at `version`; return it as it is then.

        UnknownCustomer, InvalidCustomer; RecordChanged if it is at another version.
        """
        before = self._row(customer_id)
        after = rules.changed(read_customer(before).customer, changes)
        put = self._put(
            customer_row(after, version + 1, before["created_at"], now),
            lambda _: RecordChanged(f"customer {customer_id}", version),
            ConditionExpression="version = :version",
            ExpressionAttributeValues=marshal({":version": version}),
        )
        retry_on_conflict(lambda: transact(self._client, [put], f"updating customer {customer_id}"))
        return after

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

    def _row(self, customer_id: str) -> Item:
        response = self._client.get_item(
            TableName=self._table, Key=key(*customer_key(customer_id)), ConsistentRead=True
        )
        if "Item" not in response:
            raise UnknownCustomer(customer_id)
        return unmarshal(response["Item"])

    def _put(self, row: Item, refused: Any, **condition: Any) -> Action:
        return Action("Put", {"TableName": self._table, "Item": marshal(row), **condition}, refused)


class _IdInUse(Exception):
    def __init__(self, row: Item) -> None:
        super().__init__("the id is in use")
        self.row = row
