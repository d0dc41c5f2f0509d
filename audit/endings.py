"""How an order ends: paid and complete, rejected or cancelled with every effect undone, or with an open case."""

from collections import Counter
from collections.abc import Iterator

from audit.billing import ISSUED
from audit.snapshot import Breach, Item, Snapshot, document, invariant

ENDS = ("PAID", "REJECTED", "CANCELLED")


@invariant
def order_ends(shop: Snapshot) -> Iterator[Breach]:
    """An order that no workflow processes is paid, rejected or cancelled, or has an open case."""
    for name, order in shop.settled.items():
        ended = order["status"] in ENDS and not shop.being_cancelled(name)
        if ended or shop.has_open_case(name):
            continue
        given_up = any(case.get("decision") == "give_up" for case in shop.cases.get(name, ()))
        how = "its case was given up" if given_up else "it has no running execution and no open case"
        cancelled = " and partly cancelled" if shop.being_cancelled(name) else ""
        yield (name, f"the order is {order['status']}{cancelled}, and {how}")


@invariant
def open_case_is_waited_for(shop: Snapshot) -> Iterator[Breach]:
    """The execution that opened an open case is running: a decision is sent to it. Some cases have none."""
    for cases in shop.cases.values():
        for case in cases:
            if not case["execution"]:
                continue
            execution = case["execution"].rpartition(":")[2].partition(".")[0]
            if case["status"] == "OPEN" and execution not in shop.running:
                yield (
                    case["case_id"],
                    f"the case is open, and its execution {execution} has ended: redrive it, or start another",
                )


@invariant
def rejected_order_left_nothing(shop: Snapshot) -> Iterator[Breach]:
    """A rejected order has no reservation, movement, capture, invoice or journal entry."""
    for name, order in shop.settled.items():
        if order["status"] != "REJECTED":
            continue
        left = []
        if _has_open_reservation(shop, name) and not shop.is_open(name, "ReleaseStock"):
            left.append("an open reservation")
        if shop.sale_movements.get(name):
            left.append("a stock movement")
        if _taken(shop, name) and not shop.excused(name, "ReversePayment", "ResolveCapture"):
            left.append(f"{_taken(shop, name)} captured and not refunded")
        invoice = shop.invoices.get(name)
        if invoice and invoice["status"] != "VOID":
            left.append(f"an invoice that is {invoice['status']}")
        if _sale_entry(shop, name):
            left.append("a journal entry")
        if left:
            yield (name, "the rejected order has " + ", ".join(left))


@invariant
def cancelled_order_left_nothing(shop: Snapshot) -> Iterator[Breach]:
    """Of a cancelled order everything is reversed: captures, goods at their cost, invoice and journal entry."""
    for name, order in shop.settled.items():
        if order["status"] != "CANCELLED":
            continue
        left = []
        if _taken(shop, name) and not shop.excused(name, "ReversePayment", "ResolveCapture"):
            left.append(f"{_taken(shop, name)} captured and not refunded")
        if not shop.is_open(name, "RestockGoods"):
            if any(r["state"] in ("OPEN", "COMMITTED") for r in shop.reservations.get(name, ())):
                left.append("a reservation that is not reversed")
            if _moved(shop, name):
                left.append(f"goods that were not returned, {dict(_moved(shop, name))}")
        invoice = shop.invoices.get(name)
        if invoice and not (shop.is_open(name, "CreditInvoice") or shop.excused(name, "RejectOrder")):
            credited = invoice["status"] in ISSUED and name in shop.credit_notes
            if invoice["status"] != "VOID" and not credited:
                left.append(f"an invoice that is {invoice['status']} and has no credit note")
        reversed_sale = f"{name}#cancel" in shop.entries
        if _sale_entry(shop, name) and not reversed_sale and not shop.is_open(name, "ReverseJournal"):
            left.append("a journal entry that is not reversed")
        if left:
            yield (name, "the cancelled order has " + ", ".join(left))


@invariant
def paid_order_is_complete(shop: Snapshot) -> Iterator[Breach]:
    """A paid order captured its total, and has its invoice, its journal entry and no open reservation.

    A step that an operator did by hand is not checked; the others are, and no reservation is left by hand.
    """
    for name, order in _paid(shop):
        lacks = []
        if _taken(shop, name) != order["total"]:
            lacks.append(f"captured {_taken(shop, name)} of {order['total']}")
        invoice = shop.invoices.get(name)
        if not (invoice and invoice["status"] in ISSUED and invoice.get("number")):
            if not shop.excused(name, "IssueInvoice"):
                lacks.append("has no issued, numbered invoice")
        elif invoice["total"] != order["total"]:
            lacks.append(f"is invoiced for {invoice['total']} instead of {order['total']}")
        if not _sale_entry(shop, name) and not shop.excused(name, "PostJournal"):
            lacks.append("has no journal entry")
        if _has_open_reservation(shop, name) and not shop.is_open(name, "CommitStock", "SettleStock"):
            lacks.append("still has an open reservation")
        if lacks:
            yield (name, "the paid order " + ", ".join(lacks))


@invariant
def paid_order_moved_its_lines(shop: Snapshot) -> Iterator[Breach]:
    """The movements of a paid order are its lines, by SKU."""
    for name, order in _paid(shop):
        if shop.excused(name, "CommitStock"):
            continue
        sold: Counter[str] = Counter()
        for line in document(order)["lines"]:
            sold[line["sku"]] += line["quantity"]
        moved: Counter[str] = Counter()
        for movement in shop.sale_movements.get(name, ()):
            moved[movement["pk"].rsplit("#", 1)[1]] -= movement["quantity"]
        if sold != moved:
            differing = sorted(sku for sku in sold.keys() | moved.keys() if sold[sku] != moved[sku])
            yield (name, "; ".join(f"{sku}: sold {sold[sku]}, moved {moved[sku]}" for sku in differing))


@invariant
def effects_belong_to_orders(shop: Snapshot) -> Iterator[Breach]:
    """Every effect belongs to an order that exists or is being processed."""
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
                yield (name, f"{what} belongs to an unknown order")


def _paid(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    """Yield the orders that are paid and not being cancelled."""
    for name, order in shop.settled.items():
        if order["status"] == "PAID" and not shop.being_cancelled(name):
            yield name, order


def _moved(shop: Snapshot, order: str) -> Counter[tuple[str, str]]:
    """Return units and cost that left for an order and were not returned, by level."""
    net: Counter[tuple[str, str]] = Counter()
    for movements, sign in ((shop.sale_movements, 1), (shop.cancel_movements, -1)):
        for movement in movements.get(order, ()):
            net[movement["pk"], "units"] += sign * abs(movement["quantity"])
            net[movement["pk"], "cost"] += sign * movement["cost"]
    return Counter({place: amount for place, amount in net.items() if amount})


def _taken(shop: Snapshot, order: str) -> int:
    """Return what was captured and not refunded; refunds of returns are left out."""
    return sum(
        t.get("captured", 0) - t.get("refunded", 0) + shop.refunded_by_returns[order, t["tender_no"]]
        for t in shop.tenders.get(order, ())
    )


def _has_open_reservation(shop: Snapshot, order: str) -> bool:
    return any(one["state"] == "OPEN" for one in shop.reservations.get(order, ()))


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
