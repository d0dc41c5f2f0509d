"""Compare the discounts of a priced order with what a cashier or a manager may give. Pure."""

from tillflow.discounts import percent_of
from tillflow.errors import DiscountAboveLimit
from tillflow.money import Money

from catalog.models import DiscountLimit, DiscountLimits, PricedOrder, SellerRole


def needed_role(priced: PricedOrder, limits: DiscountLimits) -> SellerRole | None:
    """Return the least role that may give the discounts of an order; None if no role may."""
    if is_within(priced, limits.cashier):
        return "cashier"
    return "manager" if is_within(priced, limits.manager) else None


def check_discounts(priced: PricedOrder, limits: DiscountLimits) -> None:
    """Raise DiscountAboveLimit if the order's approval, or the lack of one, does not allow its discounts."""
    role = needed_role(priced, limits)
    if role == "cashier" or (role == "manager" and "approval" in priced):
        return
    if "approval" in priced:
        raise _above("manager", priced, limits.manager)
    raise _above("cashier", priced, limits.cashier)


def is_within(priced: PricedOrder, limit: DiscountLimit) -> bool:
    """Return whether the discounts of an order are within a limit.

    Each line's own discount is compared with the limit of the line, all of them with that of the order. A percentage is
    rounded by line or once, as the discount itself may be.
    """
    allowed = [percent_of(line["subtotal"], limit.percent) for line in priced["lines"]]
    if any(line["line_discount"] > most for line, most in zip(priced["lines"], allowed, strict=True)):
        return False
    discount = priced["totals"]["discount"]
    if discount > max(sum(allowed), percent_of(priced["totals"]["subtotal"], limit.percent)):
        return False
    return discount <= limit.amounts.get(priced["currency"], discount)


def _above(role: SellerRole, priced: PricedOrder, limit: DiscountLimit) -> DiscountAboveLimit:
    currency = priced["currency"]
    accepted = f"{limit.percent.normalize():f} % of each line and of the order"
    if currency in limit.amounts:
        accepted += f", {Money(limit.amounts[currency], currency)} at most"
    return DiscountAboveLimit(role, str(Money(priced["totals"]["discount"], currency)), accepted)
