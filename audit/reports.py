"""Reports: the figures of every day are the sums of the events that were counted, and these equal the journal.

Events are delivered after their execution has ended, and again if their consumer failed, so that a sale of the last
minutes may not be counted yet.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from ledger.accounts import SALES_RETURNS, SALES_REVENUE, SALES_TAX_PAYABLE

from audit.delivery import WORKFLOW_DELIVERY_TIME
from audit.snapshot import Breach, Item, Snapshot, account_balances, invariant

_FIGURES = (
    "sales",
    "units",
    "net",
    "tax",
    "total",
    "returns",
    "returned_units",
    "returned_net",
    "returned_tax",
    "returned_total",
)

_ENTRY = {"paid": "{order}#sale", "cancelled": "{order}#cancel", "returned": "{order}#return#{id}"}
"""The journal entry of an event, by the ending of the event's id."""


@invariant
def report_days_are_sums_of_events(shop: Snapshot) -> Iterator[Breach]:
    """The figures of a day are the sums of the events that were counted on it."""
    expected: Counter[tuple[str, str, str]] = Counter()
    for event in _events(shop):
        for name in _FIGURES:
            expected[event["currency"], event["day"], name] += event.get(name, 0)
    stored: Counter[tuple[str, str, str]] = Counter()
    for row in shop.items("ReportsTable", "", "SALES#day#"):
        currency, day = row["pk"].split("#")[2], row["sk"].partition("#")[0]
        for name in _FIGURES:
            stored[currency, day, name] += row.get(name, 0)
    for key in sorted(expected | stored):
        if expected[key] != stored[key]:
            currency, day, name = key
            yield f"{day} {currency}", f"{name} is {stored[key]}; its events add up to {expected[key]}"


@invariant
def report_dimensions_add_up_to_days(shop: Snapshot) -> Iterator[Breach]:
    """By SKU, category, location and tax rate, the totals of a month are those of its days."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    months: set[tuple[str, str]] = set()
    for row in shop.items("ReportsTable", "", "SALES#"):
        _, dimension, currency, month = row["pk"].split("#")
        months.add((currency, month))
        for name in ("total", "returned_total"):
            sums[dimension, currency, month, name] += row.get(name, 0)
    for currency, month in sorted(months):
        for name in ("total", "returned_total"):
            of_days = sums["day", currency, month, name]
            for dimension in ("sku", "category", "location", "tax"):
                if (added := sums[dimension, currency, month, name]) != of_days:
                    yield f"{month} {currency}", f"{name} by {dimension} is {added}, by day {of_days}"


@invariant
def report_event_is_its_journal_entry(shop: Snapshot) -> Iterator[Breach]:
    """The net and tax that an event counted are the revenue and tax of its journal entry."""
    for event in _events(shop):
        name = event["pk"].removeprefix("EVENT#")
        business_id, _, ending = name.rpartition("#")
        entry = shop.entries.get(_ENTRY[ending].format(order=event["business_id"], id=business_id))
        if entry is None:
            continue  # An operator has skipped the entry; the invariants of the books name it.
        balances = account_balances(entry)
        sign, prefix = (-1, "") if ending == "paid" else (1, "returned_")
        revenue = balances[SALES_REVENUE.code] + balances[SALES_RETURNS.code]
        posted = (sign * revenue, sign * balances[SALES_TAX_PAYABLE.code])
        counted = (event.get(f"{prefix}net", 0), event.get(f"{prefix}tax", 0))
        if counted != posted:
            yield name, f"net and tax are {counted}; the entry has {posted}"


@invariant
def paid_order_is_counted(shop: Snapshot) -> Iterator[Breach]:
    """Where reports are fed, a paid order is counted within the time of delivery, unless a person decided a case."""
    paid = ((order_id, order.get("paid_at")) for order_id, order in shop.orders.items())
    for order_id in _not_counted(shop, _counted(shop), "paid", paid):
        yield order_id, "the order is paid; no report has it"


@invariant
def returned_goods_are_counted(shop: Snapshot) -> Iterator[Breach]:
    """Where reports are fed, a completed return and the cancel of a paid order are counted within that time too."""
    counted = _counted(shop)
    returns = ((name, each.get("completed_at")) for name, each in shop.returns.items())
    for return_id in _not_counted(shop, counted, "returned", returns):
        yield return_id, "the return is completed; no report has it"
    cancels = (
        (order_id, order.get("cancelled_at")) for order_id, order in shop.orders.items() if "paid_at" in order
    )
    for order_id in _not_counted(shop, counted, "cancelled", cancels):
        yield order_id, "the paid order is cancelled; no report has it"


def _counted(shop: Snapshot) -> set[str]:
    """Return the ids of the events that the reports have."""
    return {event["pk"].removeprefix("EVENT#") for event in _events(shop)}


def _not_counted(
    shop: Snapshot, counted: set[str], ending: str, ended: Iterable[tuple[str, str | None]]
) -> Iterator[str]:
    """Yield the business ids of (id, time of the end) whose event should have been counted."""
    if not counted:
        return
    latest = shop.read_at - WORKFLOW_DELIVERY_TIME
    for business_id, ended_at in ended:
        if ended_at is None or business_id in shop.running or business_id in shop.cases:
            continue
        if f"{business_id}#{ending}" not in counted and datetime.fromisoformat(ended_at) <= latest:
            yield business_id


def _events(shop: Snapshot) -> Iterator[Item]:
    return shop.items("ReportsTable", "COUNTED#0", "EVENT#")


REPORTS = (
    report_days_are_sums_of_events,
    report_dimensions_add_up_to_days,
    report_event_is_its_journal_entry,
    paid_order_is_counted,
    returned_goods_are_counted,
)
