"""Tax classes in the catalog table; see rows.py. One row has the rate of each: a class is never removed."""

from decimal import Decimal
from typing import Any

from tillflow.errors import InvalidRequest
from tillflow.store import Action, Item, key, read_row, retry_on_conflict, write
from tillflow.versions import VERSION, version_of, write_version

from catalog.errors import InvalidProduct
from catalog.models import Product, TaxClass
from catalog.rows import RATES, rate_attribute, rate_text, read_rates

MAX_TAX_CLASSES = 50
"""Every order reads the row of the rates, and a refusal names each class."""


class TaxClassStore:
    """Tax classes and their rates. client: a DynamoDB client; table: the catalog's."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, tax_class: TaxClass, version: int | None = None) -> int:
        """Create a tax class or set its rate; return the version of the classes. The same rate changes nothing.

        RecordChanged if they are not at `version`; InvalidRequest for one more than a shop has.
        """

        def put() -> int:
            rates, current = self.read()
            if rates.get(tax_class.name) == tax_class.rate and version in (None, current):
                return current
            if tax_class.name not in rates and len(rates) >= MAX_TAX_CLASSES:
                raise InvalidRequest(
                    "tax_class", tax_class.name, f"one of the {MAX_TAX_CLASSES} classes of the shop"
                )
            fields = {rate_attribute(tax_class.name): rate_text(tax_class.rate)}
            return write_version(self._client, self._table, RATES, fields, version, "the tax classes")

        return retry_on_conflict(put)

    def create(self, tax_class: TaxClass) -> None:
        """Create a tax class; one that exists keeps its rate."""
        # A write that changes nothing could conflict with that of a product.
        if tax_class.name in self.read()[0]:
            return
        request = {
            "TableName": self._table,
            "Key": key(*RATES),
            "UpdateExpression": "SET #rate = if_not_exists(#rate, :rate) ADD #version :one",
            "ExpressionAttributeNames": {"#rate": rate_attribute(tax_class.name), "#version": VERSION},
            "ExpressionAttributeValues": {":rate": {"S": rate_text(tax_class.rate)}, ":one": {"N": "1"}},
        }
        what = f"creating tax class {tax_class.name}"
        retry_on_conflict(lambda: write(self._client, Action("Update", request), what))

    def read(self) -> tuple[dict[str, Decimal], int]:
        """Return the rate of every tax class, and the version of the classes."""
        row = read_row(self._client, self._table, *RATES)
        return read_rates(row), version_of(row)

    def check(self, product: Product) -> Action:
        """Return the action that refuses a product whose tax class has no rate."""

        def unknown(row: Item) -> InvalidProduct:
            known = ", ".join(sorted(read_rates(row))) or "none is defined yet"
            return InvalidProduct("tax_class", product.tax_class, f"a tax class with a rate: {known}")

        request = {
            "TableName": self._table,
            "Key": key(*RATES),
            "ConditionExpression": "attribute_exists(#rate)",
            "ExpressionAttributeNames": {"#rate": rate_attribute(product.tax_class)},
        }
        return Action("ConditionCheck", request, unknown)
