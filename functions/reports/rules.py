"""What an order event adds to the reports. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import UTC, date
from typing import Any

from tillflow.events import OrderCancelled, OrderPaid, OrderReturned, SoldLine
from tillflow.parsing import parse

from reports.dimensions import Dimension
from reports.errors import InvalidReport
from reports.models import Counted, Envelope, Figures

MAX_DAYS = 366
"""Days of one report."""


def counted(envelope: Mapping[str, Any]) -> Counted | None:
    """Return what an EventBridge envelope of the order bus adds to the reports; None for nothing. InvalidRequest.

    A sale counts on the day it was placed, a return and a cancel on the day they were published.
    """
    parsed = parse(Envelope, envelope)
    match parsed.detail_type:
        case "OrderPaid":
            paid = parse(OrderPaid, parsed.detail)
            tenders = [(tender.type, tender.amount) for tender in paid.tenders]
            return _counted(paid, paid.placed_at.astimezone(UTC).date(), paid.lines, tenders, sold=True)
        case "OrderReturned":
            back = parse(OrderReturned, parsed.detail)
            refunds = [(part.type, part.amount) for part in back.refunds]
            return _counted(back, parsed.time.astimezone(UTC).date(), back.lines, refunds, sold=False)
    cancelled = parse(OrderCancelled, parsed.detail)
    if not cancelled.was_paid:
        return None
    tenders = [(tender.type, tender.amount) for tender in cancelled.tenders]
    day = parsed.time.astimezone(UTC).date()
    return _counted(cancelled, day, cancelled.lines, tenders, sold=False)


def digest(event: Counted) -> str:
    """Return a hash of what an event adds, less its day: an event that is published again has another time."""
    content = [event.business_id, event.currency, [(*key, *astuple(added)) for *key, added in event.figures]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def months_of(first: date, last: date) -> list[str]:
    """Return the months from the first day to the last, such as 2026-11. InvalidReport for too many days."""
    if last < first:
        raise InvalidReport("last_day", last.isoformat(), f"a day that is not before {first.isoformat()}")
    if (last - first).days >= MAX_DAYS:
        raise InvalidReport("last_day", last.isoformat(), f"at most {MAX_DAYS} days from {first.isoformat()}")
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def _counted(
    event: OrderPaid | OrderCancelled | OrderReturned,
    day: date,
    lines: Iterable[SoldLine],
    tenders: Iterable[tuple[str, int]],
    *,
    sold: bool,
) -> Counted:
    sums: dict[tuple[Dimension, str], list[int]] = defaultdict(lambda: [0] * 5)
    once: tuple[tuple[Dimension, str], ...] = (("day", ""), ("location", event.location))
    for key in once:
        sums[key][0] = 1
    for line in lines:
        amounts = (0, line.quantity, line.net, line.tax, line.total)
        by_line: tuple[tuple[Dimension, str], ...] = (
            ("sku", line.sku),
            ("category", line.category),
            ("tax", line.tax_rate),
        )
        for key in (*once, *by_line):
            sums[key] = [before + added for before, added in zip(sums[key], amounts, strict=True)]
    for tender, amount in tenders:
        sums["tender", tender][4] += amount
    figures = tuple((*key, _figures(values, sold)) for key, values in sorted(sums.items()))
    business_id = event.order_id or event.event_id.partition("#")[0]
    return Counted(event.event_id, business_id, event.currency, day, figures)


def _figures(values: list[int], sold: bool) -> Figures:
    names = [field.name for field in fields(Figures)]
    return Figures(**dict(zip(names[:5] if sold else names[5:], values, strict=True)))
