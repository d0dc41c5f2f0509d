"""Tax classes in the catalog table; see rows.py. One row has the rates of each: a class is never removed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tillflow.errors import InvalidRequest, RecordChanged, StoreContention
from tillflow.store import Action, Item, key, read_row, retry_on_conflict, write
from tillflow.versions import VERSION, version_of, write_version

from catalog.errors import InvalidProduct, TaxClassInUse
from catalog.models import Product, TaxClass, TaxClassPercent
from catalog.rows import (
    RATES,
    rate_attribute,
    rate_text,
    rates_fields,
    read_tax_classes,
    retired_attribute,
)
from catalog.tax_rates import ClassRates, in_use, listed, with_rate

MAX_TAX_CLASSES = 50
"""Every order reads the row of the rates, and a refusal names each class."""
_SUBJECT = "the tax classes"


class TaxClassStore:
    """Tax classes and their rates. client: a DynamoDB client; table: the catalog's."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(
        self, request: TaxClassPercent, now: datetime, version: int | None = None
    ) -> tuple[ClassRates, int]:
        """Create a tax class or set a rate of it, now or from a time on; return it and the version of the classes.

        The same rate changes nothing. RecordChanged if they are not at `version`; InvalidRequest for a time that is
        over, or one more than a shop has.
        """

        def change(classes: dict[str, ClassRates]) -> ClassRates:
            if request.tax_class not in classes and len(classes) >= MAX_TAX_CLASSES:
                raise InvalidRequest(
                    "tax_class", request.tax_class, f"one of the {MAX_TAX_CLASSES} classes of the shop"
                )
            return with_rate(classes.get(request.tax_class), request, now)

        return self._change(request.tax_class, change, version)

    def retire(
        self, tax_class: str, retired: bool, sold_with: Callable[[], list[str]], version: int | None = None
    ) -> tuple[ClassRates, int]:
        """Retire a tax class, or use it again; return it and the version of the classes.

        sold_with: returns the SKUs of products of the class that are sold. TaxClassInUse if there are any;
        InvalidRequest for a class that the shop does not have; RecordChanged if they are not at `version`.
        """
        if retired and (skus := sold_with()):
            raise TaxClassInUse(tax_class, skus)
        changed = self._change(tax_class, lambda classes: _retired(tax_class, classes, retired), version)
        # A product that was written meanwhile is in the lists by now, and a later one is refused.
        if retired and (skus := sold_with()):
            self._change(tax_class, lambda classes: _retired(tax_class, classes, False))
            raise TaxClassInUse(tax_class, skus)
        return changed

    def create(self, tax_class: TaxClass) -> None:
        """Create a tax class; one that exists keeps its rates."""
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

    def read(self) -> tuple[dict[str, ClassRates], int]:
        """Return the rates of every tax class, and the version of the classes."""
        row = read_row(self._client, self._table, *RATES)
        return read_tax_classes(row), version_of(row)

    def check(self, product: Product) -> Action:
        """Return the action that refuses a product whose tax class has no rate, or is retired while it is sold."""

        def unknown(row: Item) -> InvalidProduct:
            accepted = f"a tax class with a rate: {listed(in_use(read_tax_classes(row)))}"
            return InvalidProduct("tax_class", product.tax_class, accepted)

        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key(*RATES),
            "ConditionExpression": "attribute_exists(#rate)",
            "ExpressionAttributeNames": {"#rate": rate_attribute(product.tax_class)},
        }
        if not product.retired:
            request["ConditionExpression"] += " AND (attribute_not_exists(#retired) OR #retired = :no)"
            request["ExpressionAttributeNames"]["#retired"] = retired_attribute(product.tax_class)
            request["ExpressionAttributeValues"] = {":no": {"BOOL": False}}
        return Action("ConditionCheck", request, unknown)

    def _change(
        self,
        tax_class: str,
        rule: Callable[[dict[str, ClassRates]], ClassRates],
        version: int | None = None,
    ) -> tuple[ClassRates, int]:
        """Write what a rule makes of the classes for one of them; one that stays as it is is not written."""

        def change() -> tuple[ClassRates, int]:
            classes, current = self.read()
            if version is not None and version != current:
                raise RecordChanged(_SUBJECT, version)
            rates = rule(classes)
            if rates == classes.get(tax_class):
                return rates, current
            fields = rates_fields(tax_class, rates)
            try:
                written = write_version(self._client, self._table, RATES, fields, current, _SUBJECT)
            except RecordChanged:
                if version is not None:
                    raise
                raise StoreContention(f"writing {_SUBJECT}") from None
            return rates, written

        return retry_on_conflict(change)


def _retired(tax_class: str, classes: dict[str, ClassRates], retired: bool) -> ClassRates:
    if tax_class not in classes:
        raise InvalidRequest("tax_class", tax_class, f"a tax class with a rate: {listed(classes)}")
    return replace(classes[tax_class], retired=retired)
