"""Adjustments and counts: movements that make a level agree with the shelves, each with its reason."""

from functools import partial
from typing import Any, cast

from tillflow.errors import InsufficientStock, InvalidRequest
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    Marker,
    check_absent,
    read_rows,
    retry_on_conflict,
    transact,
)

from inventory import rules
from inventory.errors import ImplausibleCorrection
from inventory.models import Adjust, Correction, Count
from inventory.rows import StockRows, currency_mismatch, level_pk


class Corrections:
    """Corrects levels of the inventory table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = StockRows(table, "CORRECTION")

    def adjust(self, request: Adjust) -> Correction:
        """Add or take units, once per adjustment id.

        Raises InsufficientStock when fewer units are available, ImplausibleCorrection unless it is confirmed,
        InvalidRequest when the SKU was never stocked there or the quantity is 0, CurrencyMismatch, and
        IdempotencyConflict when the id has another request.
        """
        if request.quantity == 0:
            raise InvalidRequest("quantity", 0, "units found above 0, or lost below 0")
        marker = self._marker(request.adjustment_id, "adjustment", request)
        return retry_on_conflict(partial(self._correct, marker, request))

    def count(self, request: Count) -> Correction:
        """Set on hand to the counted units, once per count id; the quantity is 0 when they agree.

        The first stock of a SKU at a location is a count of some units at a unit cost. Raises InsufficientStock when
        fewer were counted than are reserved, and as `adjust` otherwise.
        """
        marker = self._marker(request.count_id, "count", request)
        return retry_on_conflict(partial(self._correct, marker, request))

    def _marker(self, business_id: str, kind: str, request: Adjust | Count) -> Marker:
        return Marker(
            self._rows.document_pk(business_id), kind, request=request.model_dump(exclude={"confirmed"})
        )

    def _correct(self, marker: Marker, request: Adjust | Count) -> Correction:
        level_key = (level_pk(request.location, request.sku), "LEVEL")
        level = read_rows(self._client, self._table, [level_key]).get(level_key)
        # Read after the level: a correction that the level includes has its marker by then.
        markers = read_rows(self._client, self._table, [marker.key])
        if marker.key in markers:
            return cast(Correction, marker.result(markers[marker.key]))
        first = level is None
        if level is None:
            if not (isinstance(request, Count) and request.counted):
                raise InvalidRequest("sku", request.sku, f"a SKU that was stocked at {request.location}")
            level = self._rows.empty_level(request.location, request.sku)
        correction, kind = _correction(level, request), marker.step
        business_id, quantity = correction["business_id"], correction["quantity"]
        operation = f"{kind} {business_id}"
        actions = [marker.put(self._table, correction), self._check_only_correction(business_id, kind)]
        if quantity:
            details = {"reason": request.reason, "currency": request.currency}
            change = self._rows.open if first else self._rows.correct
            actions += change(business_id, kind, level, quantity, correction["cost"], details, operation)
        try:
            transact(self._client, actions, operation)
        except AlreadyApplied as applied:
            return cast(Correction, applied.result)
        return correction

    def _check_only_correction(self, business_id: str, kind: str) -> Action:
        """Return the check that no correction of the other kind has the id: the books have one entry per id."""
        (other,) = set(rules.CORRECTIONS) - {kind}
        error = InvalidRequest(f"{kind}_id", business_id, f"an id that no {other} has")
        other_marker = Marker(self._rows.document_pk(business_id), other)
        return check_absent(self._table, other_marker.key, lambda _: error)


def _correction(level: Item, request: Adjust | Count) -> Correction:
    """Return what a request changes of a level. CurrencyMismatch, InsufficientStock, ImplausibleCorrection."""
    if isinstance(request, Count):
        business_id, quantity = request.count_id, request.counted - level["on_hand"]
    else:
        business_id, quantity = request.adjustment_id, request.quantity
    if mismatch := currency_mismatch(level, request.currency):
        raise mismatch
    if quantity < -level["available"]:
        raise InsufficientStock(request.sku, request.location, -quantity, level["available"])
    cost = rules.cost_of_correction(quantity, level["on_hand"], level["stock_value"], request.unit_cost)
    if quantity > 0:
        rules.check_level(level["on_hand"] + quantity, level["stock_value"] + cost)
    problem = rules.implausible(quantity, level, request.unit_cost)
    if problem and not request.confirmed:
        raise ImplausibleCorrection(request.sku, request.location, problem)
    return {
        "business_id": business_id,
        "location": request.location,
        "sku": request.sku,
        "quantity": quantity,
        "cost": cost,
        "on_hand": level["on_hand"] + quantity,
    }
