"""The customers' table: CUSTOMER#<customer id> / CUSTOMER, with a version that every write raises."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import RecordChanged
from tillflow.store import Item, key, marshal, unmarshal
from tillflow.times import iso_utc

from customers import rules
from customers.errors import InvalidCustomer, UnknownCustomer
from customers.models import Customer


class CustomersStore:
    """Customers in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, customer: Customer, now: datetime) -> Customer:
        """A new customer. The same one again is no error; InvalidCustomer when someone else has the id."""
        row = {**_row(customer, 1, now), "created_at": iso_utc(now)}
        if not self._put(row, ConditionExpression="attribute_not_exists(pk)"):
            existing, _ = self.get(customer.customer_id)
            if existing != customer:
                raise InvalidCustomer("customer_id", customer.customer_id, "an id no other customer has")
        return customer

    def get(self, customer_id: str) -> tuple[Customer, int]:
        """The customer and the version to update from; UnknownCustomer."""
        row = self._read(customer_id)
        return _customer(row), row["version"]

    def update(self, customer_id: str, changes: Mapping[str, Any], version: int, now: datetime) -> Customer:
        """The customer with the changes, if it still is at that version; else RecordChanged.

        Raises UnknownCustomer, InvalidCustomer.
        """
        before = self._read(customer_id)
        after = rules.changed(_customer(before), changes)
        row = {**_row(after, version + 1, now), "created_at": before["created_at"]}
        if not self._put(
            row,
            ConditionExpression="version = :version",
            ExpressionAttributeValues=marshal({":version": version}),
        ):
            raise RecordChanged(f"customer {customer_id}", version)
        return after

    def _read(self, customer_id: str) -> Item:
        where = key(f"CUSTOMER#{customer_id}", "CUSTOMER")
        answer = self._client.get_item(TableName=self._table, Key=where, ConsistentRead=True)
        if "Item" not in answer:
            raise UnknownCustomer(customer_id)
        return unmarshal(answer["Item"])

    def _put(self, row: Item, **condition: Any) -> bool:
        try:
            self._client.put_item(TableName=self._table, Item=marshal(row), **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _row(customer: Customer, version: int, now: datetime) -> Item:
    where = {"pk": f"CUSTOMER#{customer.customer_id}", "sk": "CUSTOMER"}
    return {**where, **customer.model_dump(), "version": version, "updated_at": iso_utc(now)}


def _customer(row: Item) -> Customer:
    return Customer.model_validate({name: row[name] for name in Customer.model_fields if name in row})
