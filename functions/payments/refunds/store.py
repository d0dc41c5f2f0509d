"""Refunds in the payments table.

RETURN#<return id>   REFUND   the refund of a return: its request and its parts

It is written in one transaction with the tenders that its parts change: `pending` of a tender is what refunds in
progress will pay back, so that refunds never exceed the capture, whatever runs at the same time.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tillflow.errors import StoreContention
from tillflow.store import Action, Item, key, marshal, put_new, put_row, read_row, transact
from tillflow.times import iso_utc, utc_now

from payments.models import Tender
from payments.refunds import cash, rules
from payments.refunds.models import Part, Refund, RefundPayment
from payments.store import refunded_row, tender_key

_FIRST: Final = 1
"""The number of the tender whose row has what is refunded without a tender."""


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

        StoreContention when another delivery has changed the refund, or another refund a tender, since they were read.
        """
        what = f"refunding return {after.return_id}"
        actions = [self._put(before, after, what)]
        pending = _difference(rules.pending_by_tender(before), rules.pending_by_tender(after))
        refunded = _difference(rules.refunded_by_tender(before), rules.refunded_by_tender(after))
        without = rules.given_without_tender(after) - rules.given_without_tender(before)
        for tender in tenders:
            more_pending, more_refunded = (
                pending.get(tender.tender_no, 0),
                refunded.get(tender.tender_no, 0),
            )
            more_without = without if tender.tender_no == _FIRST else 0
            if more_pending or more_refunded or more_without:
                actions.append(self._change(tender, more_pending, more_refunded, more_without, what))
            if more_refunded:
                actions.append(refunded_row(self._table, tender, after.return_id))
        transact(self._client, actions, what)
        return after

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

    def _change(self, tender: Tender, pending: int, refunded: int, without: int, what: str) -> Action:
        expression = "SET pending = :pending, refunded = :refunded, changed_at = :now"
        condition = (
            "captured = :captured AND refunded = :refunded_before AND "
            "(pending = :pending_before OR attribute_not_exists(pending))"
        )
        values: Item = {}
        if without:
            expression += ", without_tender = :without"
            condition += " AND (without_tender = :without_before OR attribute_not_exists(without_tender))"
            values = {
                ":without": tender.without_tender + without,
                ":without_before": tender.without_tender,
            }
        request = {
            "TableName": self._table,
            "Key": key(*tender_key(tender.order_id, tender.tender_no)),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": marshal(
                values
                | {
                    ":pending": tender.pending + pending,
                    ":refunded": tender.refunded + refunded,
                    ":captured": tender.captured,
                    ":refunded_before": tender.refunded,
                    ":pending_before": tender.pending,
                    ":now": iso_utc(utc_now()),
                }
            ),
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
