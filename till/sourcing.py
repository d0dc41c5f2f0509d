"""What purchasing knows of a supplier, put into the sources a SKU is ordered from."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from purchasing.models import Purchase
from purchasing.reporting import lead_times, performance
from purchasing.store import PurchasesStore
from replenishment.models import Policy
from tillflow.errors import InvalidSupplier

MEASURED_FROM = 3
"""Orders a supplier must have delivered before they say anything of the next."""
_HUNDREDTH = Decimal("0.01")


def completed(purchases: PurchasesStore, sku: str, source: dict[str, Any], today: date) -> dict[str, Any]:
    """A source with what was left out: cost and minimum from the supplier's price list, currency and lead time from
    its record, punctuality from what it delivered. UnknownSupplier, or InvalidSupplier when no cost is known."""
    supplier_id = str(source["supplier_id"])
    supplier = purchases.suppliers.get(supplier_id)
    price = purchases.suppliers.prices(supplier_id, [sku]).get(sku)
    known: dict[str, Any] = {"currency": supplier.currency, "lead_time_days": supplier.lead_time_days}
    if price:
        known |= {"unit_cost": price.unit_cost, "minimum_quantity": price.minimum_quantity}
    elif "unit_cost" not in source:
        raise InvalidSupplier("cost", None, f"one given, {supplier_id} has no price for {sku}")
    orders = purchases.many(purchases.suppliers.orders_of(supplier_id))
    return known | measured(orders, supplier_id, today) | source


def measured(orders: Sequence[Purchase], supplier_id: str, today: date) -> dict[str, Any]:
    """on_time and lead_time_variance of a supplier that delivered often enough; {} of another."""
    days = lead_times(orders, supplier_id)
    if len(days) < MEASURED_FROM:
        return {}
    kept = performance(orders, supplier_id, today)
    mean = Decimal(sum(days)) / len(days)
    variance = sum(((day - mean) ** 2 for day in days), Decimal(0)) / len(days)
    return {
        "on_time": str((Decimal(kept.on_time) / kept.orders).quantize(_HUNDREDTH)),
        "lead_time_variance": str(variance.quantize(_HUNDREDTH)),
    }


def remeasured(policy: Policy, purchases: PurchasesStore, today: date) -> Policy:
    """The policy with the punctuality its suppliers have shown by now."""
    sources = []
    for source in policy.sources:
        orders = purchases.many(purchases.suppliers.orders_of(source.supplier_id))
        told = source.model_dump(mode="json") | measured(orders, source.supplier_id, today)
        sources.append(type(source).model_validate(told))
    return policy.model_copy(update={"sources": tuple(sources)})
