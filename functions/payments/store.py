"""The payments table: the tenders of each order and their states.

ORDER#<order id>  TENDER#<n>  a tender and its state; an intent is written before the provider is called.
                              The first also has the state of the payment, so that an order with one tender is written
                              row by row, without transactions: they cost twice as much. document: the authorise
                              request, which a second delivery repeats. capture_begun_at: the capture can no longer be
                              prevented. closed_at: the payment was reversed, or its capture prevented: refuse authorise
                              and capture. Without `state` it is no tender: the order has none, or was closed before it
                              was opened
ORDER#<order id>  REFUNDED#…  when a tender got something back, and by what; the reconciliation finds it by its time
EVENT#<event id>  EVENT       an event of a provider's webhook, by which a second delivery is found
ORDER#<order id>  PAYMENT     the document, written by release 0.1.0
ORDER#<order id>  CAPTURE     as capture_begun_at, written by release 0.1.0
ORDER#<order id>  CLOSED      as closed_at, written by release 0.1.0

The index `tenders` lists the tenders of all orders by the time at which they were opened, and the REFUNDED rows. It has
nothing that changes, so that it is written once for each.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import timedelta
from functools import partial
from itertools import batched
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import OrderClosed, StoreContention
from tillflow.listing import Index, Page
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyApplied,
    Item,
    check_absent,
    key,
    marshal,
    put_new,
    put_row,
    query_rows,
    read_row,
    retry_on_conflict,
    transact,
    write,
)
from tillflow.times import iso_utc, utc_now

from payments.models import Authorise, ListedTender, Payment, Tender, TenderChange, TenderType
from payments.providers import FIXED
from payments.rules import AUTHORISING, CAPTURING, MAY_FOLLOW, REFUNDED, check_same_request

EVENT_LIFETIME = timedelta(days=30)
"""How long an event's id is known; Stripe delivers an event for three days."""

_CLOSED = "CLOSED"
_CAPTURE = "CAPTURE"
_PAYMENT = "PAYMENT"
_TENDER = "TENDER#"
_FIRST = f"{_TENDER}1"
_BEGUN = "capture_begun_at"
_OPEN = "attribute_not_exists(closed_at)"
REFUNDS_LIST = "REFUNDED"
"""The partition of the index `tenders` with the times of refunds."""
TENDERS_LIST = "TENDERS"
_BY_ORDER = "order"
_TENDER_FIELDS = {field.name for field in fields(Tender)}


class PaymentsStore:
    """Tenders in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def open(self, request: Authorise, tenders: list[Tender]) -> bool:
        """Write the tenders as intents; return False if an earlier delivery did.

        Raises OrderClosed after a reversal, IdempotencyConflict if the order was opened by another request.
        """
        order_id, sent = request.order_id, request.model_dump(mode="json")
        state = {"pk": _pk(order_id), "sk": _FIRST, "order_id": order_id, "document": json.dumps(sent)}
        by_key = {row["sk"]: row for row in map(_row, tenders)}
        rows = [by_key.pop(_FIRST, {}) | state, *by_key.values()]
        first = True
        for number, part in enumerate(batched(rows, ACTIONS_PER_TRANSACTION - 1, strict=False)):
            actions = [self._put_new(row, "authorise") for row in part]
            if number:
                actions.append(self._check_open(order_id, "authorise"))
            try:
                retry_on_conflict(partial(self._perform, actions, f"opening payment of {order_id}"))
            except AlreadyApplied as applied:
                first = False
                if not number and (document := self._document(order_id, applied.result)):
                    check_same_request(order_id, json.loads(document), sent)
        return first

    def payment(self, order_id: str) -> Payment:
        """Return the tenders of an order."""
        rows = {row["sk"]: row for row in query_rows(self._client, self._table, _pk(order_id))}
        state = rows.get(_FIRST, {})
        tenders = [tender_of(row) for sort_key, row in rows.items() if is_tender(sort_key, row)]
        return Payment(
            opened="document" in state or _PAYMENT in rows,
            closed="closed_at" in state or _CLOSED in rows,
            tenders=sorted(tenders, key=lambda tender: tender.tender_no),
        )

    def list_tenders(
        self,
        limit: int,
        after: str,
        *,
        type: TenderType | None,
        state: str | None,
        between: tuple[str, str] | None,
    ) -> Page[ListedTender]:
        """Return a page of the tenders of all orders, the newest first. between: bounds of opened_at."""
        index = Index(self._client, self._table, "tenders", "list", "opened_at")
        page = index.rows(
            TENDERS_LIST,
            limit,
            after,
            newest_first=True,
            between=between,
            where={"type": type, "state": state},
        )
        return page.convert(lambda rows: map(ListedTender.model_validate, rows))

    def tender(self, order_id: str, tender_no: int) -> Tender:
        """Return a tender that was opened."""
        return tender_of(read_row(self._client, self._table, *tender_key(order_id, tender_no)))

    def close(self, order_id: str) -> None:
        """Refuse an authorisation or a capture from now on. Idempotent."""
        retry_on_conflict(partial(write, self._client, self._close(order_id), f"closing order {order_id}"))

    def prevent_capture(self, order_id: str) -> bool:
        """Close the order unless its capture has begun; return whether it is prevented. Idempotent."""
        actions = [
            self._close(order_id, f"attribute_not_exists({_BEGUN})"),
            self._check_not_begun_by_0_1_0(order_id),
        ]
        closing = partial(transact, self._client, actions, f"preventing the capture of order {order_id}")
        try:
            retry_on_conflict(closing)
        except AlreadyApplied:
            return False
        return True

    def prepare(self, tender: Tender, reference: str) -> Tender:
        """Store the provider's reference of a tender that is not authorised yet; OrderClosed after a reversal."""
        self._set_while_authorising(tender, "authorisation", reference)
        return replace(tender, authorisation=reference)

    def await_action(self, tender: Tender, url: str) -> None:
        """Store where the cardholder confirms a tender that is not authorised yet; OrderClosed after a reversal."""
        self._set_while_authorising(tender, "action_url", url)

    def _set_while_authorising(self, tender: Tender, name: str, value: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(*tender_key(tender.order_id, tender.tender_no)),
                UpdateExpression=f"SET {name} = :value",
                ConditionExpression="#state = :authorising",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=marshal({":value": value, ":authorising": AUTHORISING}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            if self.payment(tender.order_id).closed:
                raise OrderClosed(tender.order_id, "authorise") from None
            raise StoreContention(_name(tender)) from None

    def begin_capture(self, tender: Tender) -> Tender:
        """Write the intent to capture; OrderClosed after a reversal."""
        if tender.tender_no == 1:
            actions = [self._change(tender, CAPTURING, {_BEGUN: iso_utc(utc_now())})]
        else:
            actions = [self._begin_capture(tender.order_id), self._change(tender, CAPTURING, {})]
        self._perform(actions, f"capturing order {tender.order_id}")
        return replace(tender, state=CAPTURING)

    def record(self, tender: Tender, state: str, **changed: Any) -> Tender:
        """Move a tender to `state` with the `changed` fields; return it as it is then. No action is awaited any more.

        Raises StoreContention if another delivery moved it to a state that `state` cannot follow.
        """
        change = self._change(tender, state, changed)
        if state == REFUNDED:
            refunded = refunded_row(self._table, tender, _BY_ORDER)
            transact(self._client, [change, refunded], _name(tender))
        else:
            write(self._client, change, _name(tender))
        return replace(tender, state=state, action_url="", **changed)

    def record_event(
        self,
        event_id: str,
        kind: str,
        tender: Tender | None,
        change: TenderChange | None,
        case_id: str | None = None,
    ) -> bool:
        """Store a provider's event together with the change it proves; return False if it was stored before.

        case_id: the case that was opened for it.
        StoreContention if the tender has moved on since it was read.
        """
        now = utc_now()
        row = {
            "pk": f"EVENT#{event_id}",
            "sk": "EVENT",
            "event_id": event_id,
            "kind": kind,
            "order_id": tender.order_id if tender else None,
            "case_id": case_id,
            "received_at": iso_utc(now),
            "expires_at": int((now + EVENT_LIFETIME).timestamp()),
        }
        actions = [self._put_new({name: value for name, value in row.items() if value is not None})]
        if tender and change:
            actions.append(self._change(tender, change.state, change.fields))
            if change.state == REFUNDED:
                actions.append(refunded_row(self._table, tender, _BY_ORDER))
        try:
            transact(self._client, actions, f"event {event_id}")
        except AlreadyApplied:
            return False
        return True

    def find_tender(self, order_id: str, tender_no: int) -> Tender | None:
        """Return a tender, None if it was not opened."""
        pk, sk = tender_key(order_id, tender_no)
        row = read_row(self._client, self._table, pk, sk)
        return tender_of(row) if is_tender(sk, row) else None

    def _document(self, order_id: str, state: Item) -> str | None:
        """Return the request that opened a payment, given its first row; release 0.1.0 wrote a row of its own."""
        row = state if "document" in state else read_row(self._client, self._table, _pk(order_id), _PAYMENT)
        return row.get("document")

    def _perform(self, actions: Sequence[Action], operation: str) -> None:
        """Write all actions or none."""
        if len(actions) == 1:
            write(self._client, actions[0], operation)
        else:
            transact(self._client, actions, operation)

    def _change(self, tender: Tender, state: str, changed: Mapping[str, Any]) -> Action:
        before = {f":before{number}": state for number, state in enumerate(sorted(MAY_FOLLOW[state]))}
        values = {
            ":state": state,
            ":now": iso_utc(utc_now()),
            **before,
            **{f":{n}": v for n, v in changed.items()},
        }
        condition = f"#state IN ({', '.join(before)})"
        if "captured" in changed:
            condition += " AND amount >= :captured"
        if "refunded" in changed:
            condition += " AND captured >= :refunded"
        if _BEGUN in changed:
            condition += f" AND {_OPEN}"

        def refused(stored: Item) -> Exception:
            if _BEGUN in changed and "closed_at" in stored:
                return OrderClosed(tender.order_id, "capture")
            return StoreContention(_name(tender))

        request = {
            "TableName": self._table,
            "Key": key(*tender_key(tender.order_id, tender.tender_no)),
            "UpdateExpression": "SET #state = :state, changed_at = :now"
            + "".join(f", {name} = :{name}" for name in changed)
            + " REMOVE action_url",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": marshal(values),
        }
        return Action("Update", request, refused)

    def _close(self, order_id: str, condition: str = "") -> Action:
        """Close an order, whether it was opened or not; AlreadyApplied if the condition fails."""
        request = {
            "TableName": self._table,
            "Key": key(_pk(order_id), _FIRST),
            "UpdateExpression": "SET order_id = :order_id, closed_at = if_not_exists(closed_at, :now)",
            "ExpressionAttributeValues": marshal({":order_id": order_id, ":now": iso_utc(utc_now())}),
        }
        if not condition:
            return Action("Update", request)
        return Action("Update", {**request, "ConditionExpression": condition}, lambda _: AlreadyApplied(None))

    def _begin_capture(self, order_id: str) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(_pk(order_id), _FIRST),
            "UpdateExpression": f"SET {_BEGUN} = if_not_exists({_BEGUN}, :now)",
            "ConditionExpression": _OPEN,
            "ExpressionAttributeValues": marshal({":now": iso_utc(utc_now())}),
        }
        return Action("Update", request, lambda _: OrderClosed(order_id, "capture"))

    def _put_new(self, row: Item, step: str = "") -> Action:
        """Put a row that does not exist yet; AlreadyApplied with the one that does, OrderClosed if that is closed."""

        def existing(stored: Item) -> Exception:
            return OrderClosed(stored["order_id"], step) if "closed_at" in stored else AlreadyApplied(stored)

        return put_new(self._table, row, existing)

    def _check_open(self, order_id: str, step: str) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(_pk(order_id), _FIRST),
            "ConditionExpression": _OPEN,
        }
        return Action("ConditionCheck", request, lambda _: OrderClosed(order_id, step))

    def _check_not_begun_by_0_1_0(self, order_id: str) -> Action:
        return check_absent(self._table, (_pk(order_id), _CAPTURE), lambda _: AlreadyApplied(None))


def tender_key(order_id: str, tender_no: int) -> tuple[str, str]:
    """Return the primary key of a tender's row."""
    return _pk(order_id), f"{_TENDER}{tender_no}"


def is_tender(sort_key: str, row: Item) -> bool:
    """Return whether a row is a tender; the first can be the state of a payment alone."""
    return sort_key.startswith(_TENDER) and "state" in row


def refunded_row(table: str, tender: Tender, by: str) -> Action:
    """Return the write of the time at which a tender got something back. by: the return, or the order itself."""
    row = {
        "pk": _pk(tender.order_id),
        "sk": f"REFUNDED#{tender.tender_no}#{by}",
        "list": REFUNDS_LIST,
        "opened_at": iso_utc(utc_now()),
        "order_id": tender.order_id,
        "tender_no": tender.tender_no,
    }
    return put_row(table, row)


def _pk(order_id: str) -> str:
    return f"ORDER#{order_id}"


def _name(tender: Tender) -> str:
    return f"tender {tender.tender_no} of order {tender.order_id}"


def _row(tender: Tender) -> Item:
    attributes = {name: value for name, value in asdict(tender).items() if value is not None}
    return {
        "pk": _pk(tender.order_id),
        "sk": f"{_TENDER}{tender.tender_no}",
        "list": TENDERS_LIST,
        "opened_at": iso_utc(utc_now()),
        **attributes,
    }


def tender_of(row: Item) -> Tender:
    """Return a tender by its row."""
    # Rows of release 0.1.0 have no provider; its cards were the sandbox's.
    known = {"provider": FIXED.get(row["type"], "sandbox"), **row}
    return Tender(**{name: value for name, value in known.items() if name in _TENDER_FIELDS})
