"""Tenders, and what the provider says of them: nothing taken twice, nothing left hanging."""

from collections.abc import Iterator

from audit.provider import provider_truth
from audit.snapshot import Item, Snapshot, Violation

ENDS = ("PAID", "REJECTED", "CANCELLED")
UNDONE = frozenset({"voided", "refunded", "expired", "declined"})


def captured_is_authorised_at_most(shop: Snapshot) -> Iterator[Violation]:
    for order, tender in _tenders(shop):
        captured, amount = tender.get("captured", 0), tender["amount"]
        if not 0 <= captured <= amount:
            yield Violation(
                "captured_is_authorised_at_most",
                _name(order, tender),
                f"captured is {captured}, authorised was {amount}",
            )


def refunded_is_captured_at_most(shop: Snapshot) -> Iterator[Violation]:
    for order, tender in _tenders(shop):
        refunded, captured = tender.get("refunded", 0), tender.get("captured", 0)
        if not 0 <= refunded <= captured:
            yield Violation(
                "refunded_is_captured_at_most",
                _name(order, tender),
                f"refunded is {refunded}, captured was {captured}",
            )


def authorisation_ends_once(shop: Snapshot) -> Iterator[Violation]:
    """Of a settled order every tender is captured (paid) or undone (rejected, cancelled), none only authorised."""
    for order, tender in _tenders(shop):
        if order not in shop.settled or shop.excused(
            order, "ReversePayment", "ResolveCapture", "CapturePayment"
        ):
            continue
        state = tender["state"].lower()
        status = shop.settled[order]["status"]
        ended = state == "captured" if status == "PAID" else state in UNDONE
        if status in ENDS and not shop.being_cancelled(order) and not ended:
            yield Violation(
                "authorisation_ends_once",
                _name(order, tender),
                f"the order is {status}, this tender is {state}",
            )


def provider_agrees(shop: Snapshot) -> Iterator[Violation]:
    """What whoever holds the money took and gave back is what our tenders say, once an order settled."""
    truth = provider_truth(shop)
    for order, tender in _tenders(shop):
        if (
            tender["type"] == "cash"
            or order not in shop.settled
            or shop.excused(order, "ReversePayment", "ResolveCapture", "CapturePayment")
        ):
            continue
        theirs = truth.get((order, int(tender["tender_no"])))
        taken, given = (theirs.captured, theirs.refunded) if theirs else (0, 0)
        ours = (tender.get("captured", 0), tender.get("refunded", 0))
        if (taken, given) != ours:
            yield Violation(
                "provider_agrees",
                _name(order, tender),
                f"we recorded captured {ours[0]} and refunded {ours[1]}, "
                f"the provider says {taken} and {given}",
            )
        if theirs and theirs.held:
            yield Violation(
                "provider_agrees",
                _name(order, tender),
                f"the provider still holds an authorisation of {theirs.held} for an order that has settled",
            )
    recorded = {(order, int(tender["tender_no"])) for order, tender in _tenders(shop)}
    for (order, number), theirs in truth.items():
        if (order, number) not in recorded and order in shop.settled and (theirs.net or theirs.held):
            yield Violation(
                "provider_agrees",
                f"{order} tender {number}",
                f"the provider took {theirs.net} and holds {theirs.held} for a tender we have no record of",
            )


def store_credit_is_never_below_zero(shop: Snapshot) -> Iterator[Violation]:
    for balance in shop.items("PaymentsTable", "BALANCE#", "CREDIT#"):
        if balance["balance"] < 0:
            customer = balance["pk"].removeprefix("CREDIT#")
            yield Violation(
                "store_credit_is_never_below_zero", customer, f"the balance is {balance['balance']}"
            )


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
    store_credit_is_never_below_zero,
)
