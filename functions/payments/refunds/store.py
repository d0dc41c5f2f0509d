"""Refunds in the payments table.

RETURN#<return id>   REFUND   the refund of a return: its request and its parts

It is written in one transaction with the tenders that its parts change: `pending` of a tender is what refunds in
progress will pay back, so that refunds never exceed the capture, whatever runs at the same time. Cash is rounded up
within what all tenders have left: `refunds` of the first one counts the writes that take of it, one after another.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from tillflow.errors import StoreContention
from tillflow.store import Action, Item, key, marshal, put_new, put_row, read_row, transact
from tillflow.times import iso_utc, utc_now

from payments.models import Tender
from payments.refunds import cash, rules
from payments.refunds.models import Part, Refund, RefundPayment
from payments.store import refunded_row, tender_key

_FIRST: Final = 1
"""The number of the tender whose row has what is refunded without a tender, and counts the refunds of the order."""


class _Change(NamedTuple):
    """What a refund adds to the fields of a tender."""

    pending: int
    refunded: int
    without_tender: int
    refunds: int


class RefundStore:
    """Refunds in one table. client: a DynamoDB client; table: the payments table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, return_id: str) -> Refund | None:
        """Return the refund of a return, None if it has none."""
        row = read_row(self._client, self._table, *_key(return_id))
        return _refund(row) if row else None

    def write(self, before: Refund | None, after: Refund, tenders: Sequence[Tender] = ()) -> Refund:
        """Write a refund and what it changes of the order's tenders.

        StoreContention when another delivery has changed the refund, or another refund the order's tenders, since
        they were read.
        """
        what = f"refunding return {after.return_id}"
        actions = [self._put(before, after, what)]
        pending = _difference(rules.pending_by_tender(before), rules.pending_by_tender(after))
        refunded = _difference(rules.refunded_by_tender(before), rules.refunded_by_tender(after))
        without = rules.given_without_tender(after) - rules.given_without_tender(before)
        takes = without > 0 or any(more > 0 for more in pending.values())
        for tender in tenders:
            is_first = tender.tender_no == _FIRST
            change = _Change(
                pending.get(tender.tender_no, 0),
                refunded.get(tender.tender_no, 0),
                without if is_first else 0,
                int(takes and is_first),
            )
            if any(change):
                actions.append(self._change(tender, change, what))
            if change.refunded:
                actions.append(refunded_row(self._table, tender, after.return_id))
        transact(self._client, actions, what)
        return after

    def refuse(self, request: RefundPayment, reason: str) -> Refund:
        """Refuse a refund that is not opened, so that none is opened later; return the stored one if there is one."""
        stored = self.find(request.return_id)
        refused = Refund(request.return_id, "REFUSED", version=1, request=request, reason=reason)
        return stored or self.write(None, refused)

    def _put(self, before: Refund | None, after: Refund, what: str) -> Action:
        if before is None:
            return put_new(self._table, _row(after), lambda _: StoreContention(what))
        return put_row(
            self._table,
            _row(after),
            lambda _: StoreContention(what),
            ConditionExpression="version = :version",
            ExpressionAttributeValues=marshal({":version": before.version}),
        )

    def _change(self, tender: Tender, change: _Change, what: str) -> Action:
        added = {"pending": change.pending, "refunded": change.refunded}
        if change.without_tender or change.refunds:
            added |= {"without_tender": change.without_tender, "refunds": change.refunds}
        values: Item = {":captured": tender.captured, ":now": iso_utc(utc_now())}
        settings, conditions = ["changed_at = :now"], ["captured = :captured"]
        for name, more in added.items():
            stored = getattr(tender, name)
            values |= {f":{name}": stored + more, f":{name}_before": stored}
            settings.append(f"{name} = :{name}")
            conditions.append(f"({name} = :{name}_before OR attribute_not_exists({name}))")
        request = {
            "TableName": self._table,
            "Key": key(*tender_key(tender.order_id, tender.tender_no)),
            "UpdateExpression": f"SET {', '.join(settings)}",
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeValues": marshal(values),
        }
        return Action("Update", request, lambda _: StoreContention(what))


def _difference(before: Mapping[int, int], after: Mapping[int, int]) -> dict[int, int]:
    return {number: after.get(number, 0) - before.get(number, 0) for number in before.keys() | after.keys()}


def _key(return_id: str) -> tuple[str, str]:
    return f"RETURN#{return_id}", "REFUND"


def _row(refund: Refund) -> Item:
    pk, sk = _key(refund.return_id)
    row: Item = {
        "pk": pk,
        "sk": sk,
        "return_id": refund.return_id,
        "state": refund.state,
        "version": refund.version,
        "request": refund.request.model_dump_json(),
        "parts": json.dumps([part.model_dump() for part in refund.parts]),
        "rounding": 0 if refund.state == "REFUSED" else cash.rounding_of(refund),
        "changed_at": iso_utc(utc_now()),
    }
    if refund.request.order_id:
        row["order_id"] = refund.request.order_id
    return row | ({"reason": refund.reason} if refund.reason else {})


def _refund(row: Item) -> Refund:
    return Refund(
        return_id=row["return_id"],
        state=row["state"],
        version=row["version"],
        request=RefundPayment.model_validate_json(row["request"]),
        parts=tuple(Part.model_validate(part) for part in json.loads(row["parts"])),
        reason=row.get("reason", ""),
    )
