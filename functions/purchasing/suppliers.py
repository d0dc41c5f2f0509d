"""Suppliers and their prices on the purchasing table.

SUPPLIER#<id>  SUPPLIER          the supplier, its version, `open_orders` and what it is `owed` (minor units)
SUPPLIER#<id>  PRICE#<sku>       what it asks for a SKU
SUPPLIER#<id>  PO#<order>        it was asked for this purchase order
SUPPLIER#<id>  INVOICE#<number>  this invoice number is taken, by which order: nothing is paid twice
"""

from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import InvalidSupplier, RecordChanged, SupplierInUse, UnknownSupplier
from tillflow.parsing import parse
from tillflow.store import Item, key, marshal, read_rows, unmarshal

from purchasing.models import Price, Supplier

SUPPLIER = "SUPPLIER"


def supplier_pk(supplier_id: str) -> str:
    return f"SUPPLIER#{supplier_id}"


class SuppliersStore:
    """Suppliers on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, supplier: Supplier) -> Item:
        """A new supplier; InvalidSupplier when the id is taken."""
        row = {
            **key_of(supplier.supplier_id),
            **_document(supplier),
            "version": 1,
            "open_orders": 0,
            "owed": 0,
        }
        try:
            self._client.put_item(
                TableName=self._table, Item=marshal(row), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            _only_conditional(error)
            raise InvalidSupplier("supplier_id", supplier.supplier_id, "an id nobody has") from None
        return row

    def update(self, supplier: Supplier, version: int) -> Item:
        """The supplier as it is to be; RecordChanged when it is not at `version` any more."""
        fields = _document(supplier)
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=key(supplier_pk(supplier.supplier_id), SUPPLIER),
                UpdateExpression="SET document = :document, version = :next",
                ConditionExpression="version = :version",
                ExpressionAttributeValues=marshal(
                    {":document": fields["document"], ":next": version + 1, ":version": version}
                ),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            _only_conditional(error)
            self.row(supplier.supplier_id)
            raise RecordChanged(f"supplier {supplier.supplier_id}", version) from None
        return unmarshal(answer["Attributes"])

    def delete(self, supplier_id: str) -> None:
        """Remove a supplier and its prices; SupplierInUse while orders are open or invoices unpaid."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=key(supplier_pk(supplier_id), SUPPLIER),
                ConditionExpression="open_orders = :none AND owed = :none",
                ExpressionAttributeValues=marshal({":none": 0}),
            )
        except ClientError as error:
            _only_conditional(error)
            row = self.row(supplier_id)
            raise SupplierInUse(supplier_id, row["open_orders"], row["owed"]) from None
        for price in self._rows(supplier_id, "PRICE#"):
            self._client.delete_item(TableName=self._table, Key=key(price["pk"], price["sk"]))

    def row(self, supplier_id: str) -> Item:
        """The supplier's row with version, open_orders and owed; UnknownSupplier."""
        place = (supplier_pk(supplier_id), SUPPLIER)
        rows = read_rows(self._client, self._table, [place])
        if place not in rows:
            raise UnknownSupplier(supplier_id)
        return rows[place]

    def get(self, supplier_id: str) -> Supplier:
        return supplier_of(self.row(supplier_id))

    def every(self) -> list[Item]:
        """Every supplier's row, by id. Reads the whole table: for people, not for workflows."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :supplier",
            ExpressionAttributeValues=marshal({":supplier": SUPPLIER}),
        )
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        return sorted(rows, key=lambda row: str(row["pk"]))

    def set_prices(self, supplier_id: str, prices: Iterable[Price]) -> None:
        """Put prices into the supplier's list, each in the place of the SKU's earlier one."""
        self.row(supplier_id)
        for price in prices:
            row = {"pk": supplier_pk(supplier_id), "sk": f"PRICE#{price.sku}", **price.model_dump()}
            self._client.put_item(TableName=self._table, Item=marshal(row))

    def prices(self, supplier_id: str, skus: Iterable[str] | None = None) -> dict[str, Price]:
        """The supplier's prices by SKU, of some SKUs or of all."""
        if skus is None:
            rows: Iterable[Item] = self._rows(supplier_id, "PRICE#")
        else:
            places = [(supplier_pk(supplier_id), f"PRICE#{sku}") for sku in skus]
            rows = read_rows(self._client, self._table, places).values()
        return {row["sku"]: _price(row) for row in rows}

    def orders_of(self, supplier_id: str) -> list[str]:
        """The purchase orders the supplier was asked for."""
        return [row["sk"].removeprefix("PO#") for row in self._rows(supplier_id, "PO#")]

    def _rows(self, supplier_id: str, prefix: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :supplier AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=marshal({":supplier": supplier_pk(supplier_id), ":prefix": prefix}),
            ConsistentRead=True,
        )
        return (unmarshal(row) for page in pages for row in page["Items"])


def key_of(supplier_id: str) -> Item:
    return {"pk": supplier_pk(supplier_id), "sk": SUPPLIER, "supplier_id": supplier_id}


def supplier_of(row: Item) -> Supplier:
    return Supplier.model_validate_json(row["document"])


def _document(supplier: Supplier) -> Item:
    return {"document": supplier.model_dump_json()}


def _price(row: Item) -> Price:
    return parse(Price, {name: row[name] for name in Price.model_fields}, InvalidSupplier)


def _only_conditional(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
