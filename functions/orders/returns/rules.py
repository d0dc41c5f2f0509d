"""What may be returned of an order, and for how much. Pure.

A line's net and tax are those stored with the sale. Units take their share of what is not returned yet, rounded half
up, so that the last unit takes exactly the rest: all returns of a line together equal its sale, whatever their order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tillflow.money import Money, divide_half_up
from tillflow.tax import sum_by_rate
from tillflow.times import iso_utc

from orders.errors import (
    InvalidReturn,
    OrderNotReturnable,
    ReturnWindowClosed,
    SaleNotRejected,
    UnitsNotReturnable,
)
from orders.models import Claim, ClaimedUnits, Order
from orders.returns.cash import amount_of, amount_to_refund
from orders.returns.models import (
    SHIPMENT_PREFIX,
    ClaimedReturn,
    ConfirmClaim,
    Return,
    ReturnedLine,
    ReturnedTotals,
    ReturnLine,
    ReturnOrder,
    ValuedLine,
)

DEFAULT_DAYS: Final = 30
"""The return window of a line that was sold without one."""
_MAX_REASON = 500


def check_by_person(return_id: str) -> None:
    """Raise InvalidReturn for an id of the returns that shipments make: one that exists is taken for theirs."""
    if return_id.startswith(SHIPMENT_PREFIX):
        raise InvalidReturn("return_id", return_id, f"an id that does not begin with {SHIPMENT_PREFIX}")


def check_returnable(order: Order, for_exchange: bool = False) -> None:
    """Raise OrderNotReturnable unless the order is paid and not being cancelled; for an exchange, not on account."""
    if order.cancel_execution:
        raise OrderNotReturnable(order.order_id, "it is being cancelled")
    if order.status != "PAID" or order.document is None:
        raise OrderNotReturnable(order.order_id, f"it is {order.status}, expected PAID")
    if for_exchange and _is_on_account(order.document):
        raise OrderNotReturnable(order.order_id, "it was sold on account; return it, and sell the new goods")


def claimed_return(request: ReturnOrder, order: Order, now: datetime) -> ClaimedReturn:
    """Return the claim of a request on a paid order.

    Raises InvalidReturn, UnitsNotReturnable, ReturnWindowClosed.
    """
    document: Mapping[str, Any] = order.document or {}
    if request.currency != order.currency:
        raise InvalidReturn("currency", request.currency, f"{order.currency}, the currency of the order")
    sold = {line["line_no"]: line for line in document["lines"]}
    lines = [
        _returned_line(f"lines[{position}]", line, sold, order, request, now)
        for position, line in enumerate(request.lines)
    ]
    return {
        "return_id": request.return_id,
        "order_id": order.order_id,
        "location": document["location"],
        "register": document["register"],
        "placed_at": document["placed_at"],
        "currency": request.currency,
        "customer_id": _customer(request, document["customer_id"]),
        "on_account": _is_on_account(document),
        "refund": request.refund,
        "reason": _reason(request),
        "lines": lines,
        "taxes": sum_by_rate(lines),
        "totals": _totals(lines, _amount(request, lines, order, document)),
    }


def claimed_without_receipt(request: ReturnOrder, now: datetime) -> ClaimedReturn:
    """Return the claim of a return without a receipt, of the value that the catalog gives it; InvalidReturn."""
    valued = {line.line_no: line for line in request.valued.lines} if request.valued else {}
    lines = [_valued_line(line, valued.get(line.line_no)) for line in request.lines]
    return {
        "return_id": request.return_id,
        "order_id": None,
        "location": request.location or "",
        "register": request.till or "",
        "placed_at": iso_utc(now),
        "currency": request.currency,
        "customer_id": request.customer_id,
        "on_account": False,
        "refund": request.refund,
        "reason": _reason(request),
        "lines": lines,
        "taxes": sum_by_rate(lines),
        "totals": _totals(lines, sum(line["total"] for line in lines)),
    }


def check_exchanged(claim: Return, request: ConfirmClaim, sale: Order | None) -> None:
    """Raise InvalidReturn unless the claim stands, and its units paid exactly this amount of the sale."""
    tenders = (sale.document or {}).get("tenders", ()) if sale and sale.status != "REJECTED" else None
    if claim.status == "RELEASED" or tenders is None:
        raise InvalidReturn("exchange.order_id", request.exchange.order_id, "the sale of the exchange")
    paid = sum(one["amount"] for one in tenders if one.get("return_id") == claim.return_id)
    if request.exchange.amount != paid:
        value = Money(paid, str(claim.currency))
        expected = f"{value}, what the returned units paid of order {request.exchange.order_id}"
        raise InvalidReturn("exchange.amount", request.exchange.amount, expected)


def check_not_sold(return_id: str, sale: Order) -> None:
    """Raise SaleNotRejected if an order is the sale of an exchange and may still be paid by the returned units."""
    tenders = (sale.document or {}).get("tenders", ())
    is_paid_by_units = any(one.get("return_id") == return_id for one in tenders)
    if is_paid_by_units and sale.status not in ("REJECTED", "CANCELLED"):
        raise SaleNotRejected(return_id, sale.order_id, sale.status)


def claim_of(request: ReturnOrder, claimed: ClaimedReturn, order: Order) -> Claim:
    """Return what an order stores of a claim on it."""
    units = [
        ClaimedUnits(line_no=line["line_no"], quantity=line["quantity"], tax=line["tax"], total=line["total"])
        for line in claimed["lines"]
    ]
    return Claim(
        return_id=claimed["return_id"],
        lines=tuple(units),
        refund="exchange" if request.for_exchange else request.refund,
        value=_value(claimed["lines"], order, order.document or {}),
        amount=claimed["totals"]["total"],
    )


def without(claims: Iterable[Claim], return_id: str) -> tuple[Claim, ...]:
    """Return the claims of other returns."""
    return tuple(claim for claim in claims if claim.return_id != return_id)


def _returned_line(
    field: str,
    line: ReturnLine,
    sold: Mapping[int, Mapping[str, Any]],
    order: Order,
    request: ReturnOrder,
    now: datetime,
) -> ReturnedLine:
    sale = sold.get(line.line_no)
    if sale is None:
        raise InvalidReturn(f"{field}.line_no", line.line_no, f"a line of order {order.order_id}")
    if sale["sku"] != line.sku:
        raise InvalidReturn(f"{field}.sku", line.sku, f"{sale['sku']}, the product of line {line.line_no}")
    before = [
        units for claim in order.returns or () for units in claim.lines if units.line_no == line.line_no
    ]
    returnable = sale["quantity"] - sum(units.quantity for units in before)
    if line.quantity > returnable:
        raise UnitsNotReturnable(order.order_id, line.line_no, line.quantity, returnable)
    if request.override is None:
        _check_window(order, line.line_no, sale.get("return_days", DEFAULT_DAYS), now)
    total = _share(sale["total"] - sum(units.total for units in before), line.quantity, returnable)
    tax = _share(sale["tax"] - sum(units.tax for units in before), line.quantity, returnable)
    returned: ReturnedLine = {
        "line_no": line.line_no,
        "sku": line.sku,
        "description": sale["description"],
        "quantity": line.quantity,
        "condition": line.condition,
        "reason": line.reason,
        "tax_class": sale["tax_class"],
        "tax_rate": sale["tax_rate"],
        "net": total - tax,
        "tax": tax,
        "total": total,
    }
    return returned | {"category": sale["category"]} if "category" in sale else returned


def _valued_line(line: ReturnLine, valued: ValuedLine | None) -> ReturnedLine:
    if valued is None or (valued.sku, valued.quantity) != (line.sku, line.quantity):
        raise InvalidReturn("valued", line.sku, f"the value of line {line.line_no}")
    return {
        "line_no": line.line_no,
        "sku": line.sku,
        "description": valued.description,
        "quantity": line.quantity,
        "condition": line.condition,
        "reason": line.reason,
        "tax_class": valued.tax_class,
        "tax_rate": valued.tax_rate,
        "net": valued.net,
        "tax": valued.tax,
        "total": valued.total,
    }


def _is_on_account(document: Mapping[str, Any]) -> bool:
    return any(tender["type"] == "on_account" for tender in document.get("tenders", ()))


def _reason(request: ReturnOrder) -> str:
    return "; ".join(dict.fromkeys(line.reason for line in request.lines))[:_MAX_REASON]


def _share(rest: int, units: int, of_units: int) -> int:
    return divide_half_up(rest * units, of_units)


def _check_window(order: Order, line_no: int, days: int, now: datetime) -> None:
    sold_at = datetime.fromisoformat(order.paid_at or order.placed_at or "")
    if now > sold_at + timedelta(days=days):
        raise ReturnWindowClosed(order.order_id, line_no, days)


def _customer(request: ReturnOrder, customer_id: str | None) -> str | None:
    """Return the customer of a return: that of the order, or of the request for an order without one.

    The customer of a request is checked only for store credit: without it the request names none.
    """
    if customer_id and request.customer_id not in (None, customer_id):
        raise InvalidReturn("customer_id", request.customer_id, f"{customer_id}, the customer of the order")
    if customer_id or request.refund != "store_credit":
        return customer_id
    if request.customer_id is None:
        raise InvalidReturn("customer_id", None, "the customer that gets the store credit")
    return request.customer_id


def _amount(
    request: ReturnOrder, lines: Sequence[ReturnedLine], order: Order, document: Mapping[str, Any]
) -> int:
    """Return what a return refunds: the value of its units, in coins if the sale was paid in cash."""
    value = _value(lines, order, document)
    claims, paid = order.returns or (), _paid(document)
    if request.for_exchange or request.refund != "original" or _is_on_account(document):
        # Refunds in cash before it may have been rounded up.
        return max(min(value, paid - sum(map(amount_of, claims))), 0)
    return amount_to_refund(value, claims, document.get("tenders", ()), paid, request.currency)


def _value(lines: Sequence[ReturnedLine], order: Order, document: Mapping[str, Any]) -> int:
    """Return the value of units: their totals, and the part of the rounding of their sale that comes back with them.

    What rounding the amount due in cash added comes back with the last units. What it took off reduces the value once
    all of them would exceed what was paid, so that their sum is not above it, and none is below zero.
    """
    rounding: int = document.get("totals", {}).get("rounding", 0)
    before = [units for claim in order.returns or () for units in claim.lines]
    total = sum(line["total"] for line in lines)
    if rounding < 0:
        refunded, paid = sum(units.total for units in before), _paid(document)
        return min(refunded + total, paid) - min(refunded, paid)
    sold = sum(line["quantity"] for line in document["lines"])
    returned = sum(units.quantity for units in before) + sum(line["quantity"] for line in lines)
    return total + rounding if returned == sold else total


def _paid(document: Mapping[str, Any]) -> int:
    total: int = sum(line["total"] for line in document["lines"])
    return total + int(document.get("totals", {}).get("rounding", 0))


def _totals(lines: Sequence[ReturnedLine], amount: int) -> ReturnedTotals:
    net, tax = sum(line["net"] for line in lines), sum(line["tax"] for line in lines)
    return {"net": net, "tax": tax, "rounding": amount - net - tax, "total": amount}
