"""Suppliers and their prices on the purchasing table."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import IdempotencyConflict, RecordChanged
from tillflow.listing import Page
from tillflow.money import Money
from tillflow.store import (
    AlreadyApplied,
    Item,
    key,
    marshal,
    missing_rows,
    put_new,
    query_rows,
    read_rows,
    unmarshal,
    write,
)

from purchasing.errors import InvalidSupplier, SupplierInUse, UnknownSupplier
from purchasing.rows import (
    ORDER_PREFIX,
    PRICE_PREFIX,
    SUPPLIER,
    SUPPLIERS_LIST,
    lists,
    new_supplier_row,
    price_row,
    read_price,
    read_supplier,
    supplier_pk,
)
from purchasing.supplier_models import Price, Supplier, SupplierAccount


class SupplierStore:
    """Suppliers on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, supplier: Supplier, prices: Sequence[Price] = ()) -> SupplierAccount:
        """Create a supplier with its prices. The same again changes nothing, and adds prices that are missing.

        IdempotencyConflict if the id has another supplier or other prices.
        """
        self._delete_left_prices(supplier.supplier_id)
        row = new_supplier_row(supplier)
        put = put_new(self._table, row, AlreadyApplied)
        try:
            write(self._client, put, f"creating supplier {supplier.supplier_id}")
        except AlreadyApplied:
            self._check_unchanged(supplier, prices)
        self.set_prices(supplier.supplier_id, prices)
        return self.account(supplier.supplier_id)

    def _delete_left_prices(self, supplier_id: str) -> None:
        """Delete the prices that an interrupted deletion left: they may be amounts of another currency."""
        keys = {supplier_id: (supplier_pk(supplier_id), SUPPLIER)}
        if missing_rows(self._client, self._table, keys):
            self._delete_prices(supplier_id)

    def _check_unchanged(self, supplier: Supplier, prices: Iterable[Price]) -> None:
        supplier_id = supplier.supplier_id
        stored = _fields(self.get(supplier_id), self.prices(supplier_id).values())
        sent = _fields(supplier, prices)
        # A creation that was interrupted has written some of the prices, or none.
        if not stored.items() <= sent.items():
            raise IdempotencyConflict(f"supplier {supplier_id}", stored, sent)

    def update(self, supplier: Supplier, version: int) -> SupplierAccount:
        """Replace the supplier; RecordChanged if it is not at `version`.

        InvalidSupplier for another currency: prices, orders and what is owed are amounts of the present one.
        """
        currency = self.get(supplier.supplier_id).currency
        if supplier.currency != currency:
            raise InvalidSupplier("currency", supplier.currency, f"{currency}, that of its prices and orders")
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=key(supplier_pk(supplier.supplier_id), SUPPLIER),
                UpdateExpression="SET document = :document, version = :next",
                ConditionExpression="version = :version",
                ExpressionAttributeValues=marshal(
                    {":document": supplier.model_dump_json(), ":next": version + 1, ":version": version}
                ),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            _raise_unless_conditional(error)
            self.account(supplier.supplier_id)
            raise RecordChanged(f"supplier {supplier.supplier_id}", version) from None
        return read_supplier(unmarshal(response["Attributes"]))

    def delete(self, supplier_id: str) -> None:
        """Delete a supplier and its prices; SupplierInUse while orders are open or invoices unpaid."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=key(supplier_pk(supplier_id), SUPPLIER),
                ConditionExpression="open_orders = :none AND owed = :none",
                ExpressionAttributeValues=marshal({":none": 0}),
            )
        except ClientError as error:
            _raise_unless_conditional(error)
            account = self.account(supplier_id)
            owed = str(Money(account.owed, account.supplier.currency))
            raise SupplierInUse(supplier_id, account.open_orders, owed) from None
        self._delete_prices(supplier_id)

    def account(self, supplier_id: str) -> SupplierAccount:
        """Return the supplier with its version and totals; UnknownSupplier."""
        row_key = (supplier_pk(supplier_id), SUPPLIER)
        rows = read_rows(self._client, self._table, [row_key])
        if row_key not in rows:
            raise UnknownSupplier(supplier_id)
        return read_supplier(rows[row_key])

    def find_unknown(self, supplier_ids: Iterable[str]) -> list[str]:
        """Return those of the suppliers that do not exist."""
        keys = {supplier_id: (supplier_pk(supplier_id), SUPPLIER) for supplier_id in supplier_ids}
        return missing_rows(self._client, self._table, keys)

    def currencies(self, supplier_ids: Iterable[str]) -> dict[str, str]:
        """Return the currencies of those of the suppliers that exist, by their ids."""
        keys = [(supplier_pk(supplier_id), SUPPLIER) for supplier_id in supplier_ids]
        suppliers = map(read_supplier, read_rows(self._client, self._table, keys).values())
        return {one.supplier.supplier_id: one.supplier.currency for one in suppliers}

    def get(self, supplier_id: str) -> Supplier:
        """Return the supplier; UnknownSupplier."""
        return self.account(supplier_id).supplier

    def list_suppliers(self, limit: int, after: str) -> Page[SupplierAccount]:
        """Return a page of the suppliers by id."""
        page = lists(self._client, self._table).rows(SUPPLIERS_LIST, limit, after)
        return page.convert(lambda rows: map(read_supplier, rows))

    def set_prices(self, supplier_id: str, prices: Iterable[Price]) -> None:
        """Add prices to the supplier's list, replacing those of the same SKUs. UnknownSupplier."""
        self.account(supplier_id)
        for price in prices:
            self._client.put_item(TableName=self._table, Item=marshal(price_row(supplier_id, price)))

    def prices(self, supplier_id: str, skus: Iterable[str] | None = None) -> dict[str, Price]:
        """Return the supplier's prices by SKU, of the given SKUs or of all."""
        if skus is None:
            rows: Iterable[Item] = self._rows(supplier_id, PRICE_PREFIX)
        else:
            keys = [(supplier_pk(supplier_id), f"{PRICE_PREFIX}{sku}") for sku in skus]
            rows = read_rows(self._client, self._table, keys).values()
        return {row["sku"]: read_price(row) for row in rows}

    def order_ids(self, supplier_id: str) -> Iterator[str]:
        """Return the ids of the purchase orders that were sent to the supplier."""
        return (row["sk"].removeprefix(ORDER_PREFIX) for row in self._rows(supplier_id, ORDER_PREFIX))

    def _delete_prices(self, supplier_id: str) -> None:
        for price in self._rows(supplier_id, PRICE_PREFIX):
            self._client.delete_item(TableName=self._table, Key=key(price["pk"], price["sk"]))

    def _rows(self, supplier_id: str, prefix: str) -> Iterator[Item]:
        return query_rows(self._client, self._table, supplier_pk(supplier_id), prefix)


def _fields(supplier: Supplier, prices: Iterable[Price]) -> dict[str, Any]:
    """Return what a supplier is created with, by the path of each field, for comparison."""
    by_sku = {f"prices.{price.sku}": price.model_dump(mode="json") for price in prices}
    return supplier.model_dump(mode="json") | by_sku


def _raise_unless_conditional(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
