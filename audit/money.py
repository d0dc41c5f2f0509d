"""Tenders: their states and amounts, compared with the providers' books."""

from collections.abc import Iterator

from audit.provider import provider_books
from audit.snapshot import Breach, Item, Snapshot, invariant

ENDS = ("PAID", "REJECTED", "CANCELLED")
RECONCILED = "ReconcilePayments"
"""The step of the cases that the reconciliation opens."""
REVERSED = frozenset({"voided", "refunded", "expired", "declined"})


@invariant
def captured_is_authorised_at_most(shop: Snapshot) -> Iterator[Breach]:
    """Captured is between 0 and the authorised amount."""
    for order, tender in _tenders(shop):
        captured, amount = tender.get("captured", 0), tender["amount"]
        if not 0 <= captured <= amount:
            yield (
                _name(order, tender),
                f"captured is {captured}, authorised was {amount}",
            )


@invariant
def refunded_is_captured_at_most(shop: Snapshot) -> Iterator[Breach]:
    """Refunded is between 0 and captured."""
    for order, tender in _tenders(shop):
        refunded, captured = tender.get("refunded", 0), tender.get("captured", 0)
        if not 0 <= refunded <= captured:
            yield (
                _name(order, tender),
                f"refunded is {refunded}, captured was {captured}",
            )


@invariant
def authorisation_ends_once(shop: Snapshot) -> Iterator[Breach]:
    """A tender of an ended order is captured (paid) or reversed (rejected, cancelled), never only authorised."""
    for order, tender in _tenders(shop):
        if order not in shop.settled or shop.excused(
            order, "ReversePayment", "ResolveCapture", "CapturePayment", RECONCILED
        ):
            continue
        state = tender["state"].lower()
        status = shop.settled[order]["status"]
        ended = state == "captured" if status == "PAID" else state in REVERSED
        if status in ENDS and not shop.being_cancelled(order) and not ended:
            yield (
                _name(order, tender),
                f"the order is {status}, this tender is {state}",
            )


@invariant
def provider_agrees(shop: Snapshot) -> Iterator[Breach]:
    """The provider's captures and refunds equal those of our tenders once an order has ended.

    The books of a provider outside this system are compared by the reconciliation. A difference that has a case of it
    is named by the case.
    """
    books = provider_books(shop)
    for order, tender in _tenders(shop):
        if (
            tender.get("provider", tender["type"]) in shop.outside_providers
            or order not in shop.settled
            or shop.being_returned(order)
            or shop.excused(order, "ReversePayment", "ResolveCapture", "CapturePayment", RECONCILED)
        ):
            continue
        theirs = books.get((order, int(tender["tender_no"])))
        taken, given = (theirs.captured, theirs.refunded) if theirs else (0, 0)
        ours = (tender.get("captured", 0), tender.get("refunded", 0))
        if (taken, given) != ours:
            yield (
                _name(order, tender),
                f"the tender has captured {ours[0]} and refunded {ours[1]}; "
                f"the provider has {taken} and {given}",
            )
        if theirs and theirs.held:
            yield (
                _name(order, tender),
                f"the provider still holds an authorisation of {theirs.held} of an order that has ended",
            )
    recorded = {(order, int(tender["tender_no"])) for order, tender in _tenders(shop)}
    for (order, number), theirs in books.items():
        is_settled = order in shop.settled and not shop.excused(order, RECONCILED)
        if (order, number) not in recorded and is_settled and (theirs.net or theirs.held):
            yield (
                f"{order} tender {number}",
                f"the provider captured {theirs.net} and holds {theirs.held} for a tender that is not recorded",
            )


@invariant
def difference_has_a_case(shop: Snapshot) -> Iterator[Breach]:
    """Each difference of a complete reconciliation has a case, open or resolved."""
    known = {case["case_id"] for cases in shop.cases.values() for case in cases}
    complete = {
        row["pk"]
        for row in shop.items("PaymentsTable", "RUN", "RECONCILIATION#")
        if row["status"] == "COMPLETE"
    }
    for row in shop.items("PaymentsTable", "DIFF#", "RECONCILIATION#"):
        if row["pk"] in complete and row["case_id"] not in known:
            yield row["case_id"], f"the reconciliation found {row['kind']}, and there is no such case"


def _tenders(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    for order, tenders in shop.tenders.items():
        for tender in tenders:
            yield order, tender


def _name(order: str, tender: Item) -> str:
    return f"{order} tender {tender['tender_no']}"


MONEY = (
    captured_is_authorised_at_most,
    refunded_is_captured_at_most,
    authorisation_ends_once,
    provider_agrees,
    difference_has_a_case,
)
