"""The catalog's table.

PRODUCT#<sku>      PRODUCT   the product
BARCODE#<ean-13>   BARCODE   whose it is; keeps barcodes unique
PRODUCTS           <sku>     the list, in SKU order
TAXES              RATES     every tax class as an attribute `rate:<class>`: one read prices an order
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tillflow.errors import StoreContention
from tillflow.store import Action, Item, key, marshal, read_rows, retry_on_conflict, transact, unmarshal

from catalog.errors import InvalidProduct, UnknownProduct
from catalog.models import Product, TaxClass

_RATES = ("TAXES", "RATES")


class CatalogStore:
    """Products and tax classes in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read_prices(self, skus: Iterable[str]) -> tuple[dict[str, Product], dict[str, Decimal]]:
        """The products of these SKUs, those that exist, and the rate of every tax class."""
        keys = [_RATES, *(_product_key(sku) for sku in skus)]
        rows = read_rows(self._client, self._table, keys)
        rates = {
            name.removeprefix("rate:"): Decimal(rate)
            for name, rate in rows.pop(_RATES, {}).items()
            if name.startswith("rate:")
        }
        products = (_product(row) for row in rows.values())
        return {product.sku: product for product in products}, rates

    def put_tax_class(self, tax_class: TaxClass) -> None:
        """Create a tax class or set its rate."""
        self._client.update_item(
            TableName=self._table,
            Key=key(*_RATES),
            UpdateExpression="SET #rate = :rate",
            ExpressionAttributeNames={"#rate": f"rate:{tax_class.name}"},
            ExpressionAttributeValues={":rate": {"S": str(tax_class.rate)}},
        )

    def put_product(self, product: Product) -> None:
        """Create or replace a product.

        InvalidProduct when its tax class has no rate or another product has its barcode.
        """
        retry_on_conflict(lambda: self._put_product(product))

    def get_product(self, sku: str) -> Product:
        """The product of a SKU, or UnknownProduct."""
        row = self._row(*_product_key(sku))
        if not row:
            raise UnknownProduct(sku)
        return _product(row)

    def find_barcode(self, barcode: str) -> Product:
        """The product a scanner read, or UnknownProduct."""
        row = self._row(f"BARCODE#{barcode}", "BARCODE")
        if not row:
            raise UnknownProduct(barcode)
        return self.get_product(row["sku"])

    def list_products(self, limit: int = 50, after: str = "") -> tuple[list[Product], str | None]:
        """Up to `limit` (at most 100) products in SKU order after that SKU, and the SKU to go on after.

        The second is None on the last page.
        """
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :after",
            ExpressionAttributeValues={":pk": {"S": "PRODUCTS"}, ":after": {"S": after or " "}},
            Limit=limit,
        )
        skus = [row["sk"]["S"] for row in page["Items"]]
        rows = read_rows(self._client, self._table, [_product_key(sku) for sku in skus])
        products = [_product(rows[_product_key(sku)]) for sku in skus if _product_key(sku) in rows]
        return products, skus[-1] if "LastEvaluatedKey" in page else None

    def _row(self, pk: str, sk: str) -> Item:
        answer = self._client.get_item(TableName=self._table, Key=key(pk, sk), ConsistentRead=True)
        return unmarshal(answer.get("Item"))

    def _put_product(self, product: Product) -> None:
        pk, sk = _product_key(product.sku)
        before = self._row(pk, sk)
        version = before.get("version", 0)
        row = {"pk": pk, "sk": sk, "version": version + 1, **product.model_dump()}
        condition = "version = :version" if before else "attribute_not_exists(pk)"
        values = {"ExpressionAttributeValues": marshal({":version": version})} if before else {}
        what = f"writing product {product.sku}"
        actions = [
            self._check_tax_class(product),
            Action(
                "Put",
                {"TableName": self._table, "Item": marshal(row), "ConditionExpression": condition, **values},
                lambda _: StoreContention(what),
            ),
            Action("Put", {"TableName": self._table, "Item": key("PRODUCTS", product.sku)}),
        ]
        if product.barcode:
            actions.append(self._claim_barcode(product.barcode, product.sku))
        if (old := before.get("barcode")) and old != product.barcode:
            actions.append(self._drop_barcode(old))
        transact(self._client, actions, what)

    def _check_tax_class(self, product: Product) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(*_RATES),
            "ConditionExpression": "attribute_exists(#rate)",
            "ExpressionAttributeNames": {"#rate": f"rate:{product.tax_class}"},
        }
        return Action(
            "ConditionCheck",
            request,
            lambda _: InvalidProduct("tax_class", product.tax_class, "a tax class with a rate"),
        )

    def _claim_barcode(self, barcode: str, sku: str) -> Action:
        def taken(row: Item) -> InvalidProduct:
            return InvalidProduct("barcode", barcode, f"a barcode no other product has; {row['sku']} has it")

        request = {
            "TableName": self._table,
            "Item": marshal({"pk": f"BARCODE#{barcode}", "sk": "BARCODE", "sku": sku}),
            "ConditionExpression": "attribute_not_exists(pk) OR sku = :sku",
            "ExpressionAttributeValues": {":sku": {"S": sku}},
        }
        return Action("Put", request, taken)

    def _drop_barcode(self, barcode: str) -> Action:
        return Action("Delete", {"TableName": self._table, "Key": key(f"BARCODE#{barcode}", "BARCODE")})


def _product_key(sku: str) -> tuple[str, str]:
    return f"PRODUCT#{sku}", "PRODUCT"


def _product(row: Item) -> Product:
    return Product.model_validate({name: row[name] for name in Product.model_fields if name in row})
