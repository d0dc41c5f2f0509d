"""How an order ends: paid and complete, rejected or cancelled with nothing left, or in a person's hands."""

from collections import Counter
from collections.abc import Iterator

from audit.snapshot import Item, Snapshot, Violation, document

SALE_STEPS = ("CommitStock", "IssueInvoice", "PostJournal")
ENDS = ("PAID", "REJECTED", "CANCELLED")


def order_ends(shop: Snapshot) -> Iterator[Violation]:
    for name, order in shop.settled.items():
        ended = order["status"] in ENDS and not shop.being_cancelled(name)
        if ended or shop.has_open_case(name):
            continue
        given_up = any(case.get("decision") == "give_up" for case in shop.cases.get(name, ()))
        how = "its case was given up" if given_up else "nothing is running for it and it has no open case"
        cancelled = " and half cancelled" if shop.being_cancelled(name) else ""
        yield Violation("order_ends", name, f"the order is {order['status']}{cancelled}, and {how}")


def open_case_is_waited_for(shop: Snapshot) -> Iterator[Violation]:
    """A person's decision goes to the execution that opened the case; once that has ended it reaches nobody."""
    for cases in shop.cases.values():
        for case in cases:
            execution = case["execution"].rpartition(":")[2].partition(".")[0]
            if case["status"] == "OPEN" and execution not in shop.running:
                yield Violation(
                    "open_case_is_waited_for",
                    case["case_id"],
                    f"the case is open, and its execution {execution} has ended: redrive it, or start it again",
                )


def rejected_order_left_nothing(shop: Snapshot) -> Iterator[Violation]:
    for name, order in shop.settled.items():
        if order["status"] != "REJECTED":
            continue
        left = []
        if any(r["state"] == "OPEN" for r in shop.reservations.get(name, ())) and not shop.excused(
            name, "ReleaseStock"
        ):
            left.append("an open reservation")
        if shop.sale_movements.get(name):
            left.append("a stock movement")
        if _taken(shop, name) and not shop.excused(name, "ReversePayment", "ResolveCapture"):
            left.append(f"{_taken(shop, name)} of the customer's money")
        invoice = shop.invoices.get(name)
        if invoice and invoice["status"] != "VOID":
            left.append(f"an invoice that is {invoice['status']}")
        if _sale_entry(shop, name):
            left.append("a journal entry")
        if left:
            yield Violation("rejected_order_left_nothing", name, "the rejected order left " + ", ".join(left))


def cancelled_order_left_nothing(shop: Snapshot) -> Iterator[Violation]:
    """Of a cancelled order the money is back, the goods are back at their cost, and the papers say so."""
    for name, order in shop.settled.items():
        if order["status"] != "CANCELLED":
            continue
        left = []
        if _taken(shop, name) and not shop.excused(name, "ReversePayment", "ResolveCapture"):
            left.append(f"{_taken(shop, name)} of the customer's money")
        if not shop.excused(name, "RestockGoods"):
            if any(r["state"] in ("OPEN", "COMMITTED") for r in shop.reservations.get(name, ())):
                left.append("a reservation that is not undone")
            if _moved(shop, name):
                left.append(f"goods that did not come back, {dict(_moved(shop, name))}")
        invoice = shop.invoices.get(name)
        if invoice and not shop.excused(name, "CreditInvoice", "RejectOrder"):
            credited = invoice["status"] == "PAID" and name in shop.credit_notes
            if invoice["status"] != "VOID" and not credited:
                left.append(f"an invoice that is {invoice['status']} and not credited")
        reversed_sale = f"{name}#cancel" in shop.entries
        if _sale_entry(shop, name) and not reversed_sale and not shop.excused(name, "ReverseJournal"):
            left.append("a journal entry that is not reversed")
        if left:
            yield Violation(
                "cancelled_order_left_nothing", name, "the cancelled order left " + ", ".join(left)
            )


def paid_order_is_complete(shop: Snapshot) -> Iterator[Violation]:
    """A paid order took its whole total, has its invoice and its entry, and no reservation is open."""
    for name, order in _paid(shop):
        lacks = []
        if _taken(shop, name) != order["total"]:
            lacks.append(f"took {_taken(shop, name)} of {order['total']}")
        invoice = shop.invoices.get(name)
        if not (invoice and invoice["status"] == "PAID" and invoice.get("number")):
            lacks.append("has no paid, numbered invoice")
        elif invoice["total"] != order["total"]:
            lacks.append(f"is invoiced for {invoice['total']} instead of {order['total']}")
        if not _sale_entry(shop, name):
            lacks.append("has no journal entry")
        if any(r["state"] == "OPEN" for r in shop.reservations.get(name, ())):
            lacks.append("still has an open reservation")
        if lacks:
            yield Violation("paid_order_is_complete", name, "the paid order " + ", ".join(lacks))


def paid_order_moved_its_lines(shop: Snapshot) -> Iterator[Violation]:
    """What left the shelves is what was sold, SKU for SKU, once."""
    for name, order in _paid(shop):
        sold: Counter[str] = Counter()
        for line in document(order)["lines"]:
            sold[line["sku"]] += line["quantity"]
        moved: Counter[str] = Counter()
        for movement in shop.sale_movements.get(name, ()):
            moved[movement["pk"].rsplit("#", 1)[1]] -= movement["quantity"]
        if sold != moved:
            differing = sorted(sku for sku in sold.keys() | moved.keys() if sold[sku] != moved[sku])
            yield Violation(
                "paid_order_moved_its_lines",
                name,
                "; ".join(f"{sku}: sold {sold[sku]}, moved {moved[sku]}" for sku in differing[:5]),
            )


def effects_belong_to_orders(shop: Snapshot) -> Iterator[Violation]:
    """No effect without an order to key it to: a stray one is money or stock nobody looks for."""
    known = shop.orders.keys() | shop.running
    strays: dict[str, list[str]] = {
        "an open reservation": [
            name for name, held in shop.reservations.items() if any(r["state"] == "OPEN" for r in held)
        ],
        "a sale movement": list(shop.sale_movements),
        "a returned movement": list(shop.cancel_movements),
        "money taken": [name for name in shop.tenders if _taken(shop, name)],
        "an invoice": list(shop.invoices),
    }
    for what, names in strays.items():
        for name in names:
            if name not in known:
                yield Violation(
                    "effects_belong_to_orders", name, f"there is {what} for an order nobody knows"
                )


def _paid(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    """Orders that say they are paid, and whose sale no person has taken over."""
    for name, order in shop.settled.items():
        if (
            order["status"] == "PAID"
            and not shop.being_cancelled(name)
            and not shop.excused(name, *SALE_STEPS)
        ):
            yield name, order


def _moved(shop: Snapshot, order: str) -> Counter[tuple[str, str]]:
    """Units and cost that left for an order and did not come back, by level."""
    net: Counter[tuple[str, str]] = Counter()
    for movements, sign in ((shop.sale_movements, 1), (shop.cancel_movements, -1)):
        for movement in movements.get(order, ()):
            net[movement["pk"], "units"] += sign * abs(movement["quantity"])
            net[movement["pk"], "cost"] += sign * movement["cost"]
    return Counter({place: amount for place, amount in net.items() if amount})


def _taken(shop: Snapshot, order: str) -> int:
    return sum(t.get("captured", 0) - t.get("refunded", 0) for t in shop.tenders.get(order, ()))


def _sale_entry(shop: Snapshot, order: str) -> Item | None:
    return shop.entries.get(f"{order}#sale")


ENDINGS = (
    order_ends,
    open_case_is_waited_for,
    rejected_order_left_nothing,
    cancelled_order_left_nothing,
    paid_order_is_complete,
    paid_order_moved_its_lines,
    effects_belong_to_orders,
)
