"""Returns in DynamoDB; see rows.py."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from tillflow.documents import MAX_DOCUMENT_BYTES
from tillflow.errors import DocumentTooLarge, IdempotencyConflict, OrderClosed, StoreContention
from tillflow.store import Action, Item, key, marshal, read_rows, retry_on_conflict, transact
from tillflow.times import iso_utc

from orders.errors import UnknownOrder
from orders.models import Claim
from orders.returns import rules
from orders.returns.models import ClaimedReturn, ReleasedReturn, ReleaseReturn, Return, ReturnOrder
from orders.returns.rows import read_return, return_key
from orders.rows import order_key, read_order


class ReturnsStore:
    """Returns in one table. client: a DynamoDB client; table: the orders table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, request: ReturnOrder, execution: str, now: datetime) -> ClaimedReturn:
        """Claim the units of a return on the lines of its order; a second delivery returns the first claim.

        Raises UnknownOrder, OrderNotReturnable, InvalidReturn, UnitsNotReturnable, ReturnWindowClosed,
        IdempotencyConflict when the return id has another request, OrderClosed after a release.
        """
        return retry_on_conflict(lambda: self._claim(request, execution, now))

    def release(self, request: ReleaseReturn) -> ReleasedReturn:
        """Give the units of a return back to its order; a later claim is refused. Nothing claimed is success."""
        return retry_on_conflict(lambda: self._release(request))

    def find(self, return_id: str) -> Return | None:
        """Return a return, None if there is none of this id."""
        row = self._read(return_key(return_id)).get(return_key(return_id))
        return read_return(row) if row else None

    def find_many(self, return_ids: Sequence[str]) -> list[Return]:
        """Return the returns of these ids, in this order."""
        keys = [return_key(return_id) for return_id in return_ids]
        rows = self._read(*keys)
        return [read_return(rows[place]) for place in keys if place in rows]

    def _claim(self, request: ReturnOrder, execution: str, now: datetime) -> ClaimedReturn:
        return_place, order_place = return_key(request.return_id), order_key(request.order_id)
        rows = self._read(return_place, order_place)
        sent = request.model_dump(mode="json", exclude={"execution_name"})
        if return_place in rows:
            return _claimed_before(read_return(rows[return_place]), sent)
        if order_place not in rows:
            raise UnknownOrder(request.order_id)
        order = read_order(rows[order_place])
        rules.check_returnable(order)
        claimed = rules.claimed_return(request, order, now)
        row = {
            "pk": return_place[0],
            "sk": return_place[1],
            "return_id": request.return_id,
            "status": "CLAIMED",
            "execution": execution,
            "order_id": request.order_id,
            "claimed_at": iso_utc(now),
            "currency": claimed["currency"],
            "total": claimed["totals"]["total"],
            "request": json.dumps(sent),
            "document": json.dumps(claimed),
        }
        what = f"claiming units of order {request.order_id}"
        actions = [
            self._put_new(row, what),
            self._set_claims(rows[order_place], (*(order.returns or ()), rules.claim_of(claimed)), what),
        ]
        transact(self._client, actions, what)
        return claimed

    def _release(self, request: ReleaseReturn) -> ReleasedReturn:
        place = return_key(request.return_id)
        row = self._read(place).get(place)
        what = f"releasing return {request.return_id}"
        failure = {"reason": request.error, "cause": request.cause}
        if row is None:
            identity = {"pk": place[0], "sk": place[1], "return_id": request.return_id}
            tombstone = {**identity, "status": "RELEASED", "execution": request.execution, **failure}
            transact(self._client, [self._put_new(tombstone, what)], what)
        elif row["status"] == "CLAIMED":
            order = self._read(order_key(row["order_id"]))[order_key(row["order_id"])]
            self._release_claim(order, request, failure, what)
        elif row["status"] == "COMPLETED":
            raise OrderClosed(request.return_id, "release")
        return {"return_id": request.return_id, "status": "RELEASED"}

    def _release_claim(self, order: Item, request: ReleaseReturn, failure: Item, what: str) -> None:
        released = {
            "TableName": self._table,
            "Key": key(*return_key(request.return_id)),
            "UpdateExpression": "SET #status = :released, reason = :reason, cause = :cause",
            "ConditionExpression": "#status = :claimed",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": marshal(
                {
                    ":released": "RELEASED",
                    ":claimed": "CLAIMED",
                    ":reason": failure["reason"],
                    ":cause": failure["cause"],
                }
            ),
        }
        actions = [
            Action("Update", released, lambda _: StoreContention(what)),
            self._set_claims(order, rules.without(read_order(order).returns or (), request.return_id), what),
        ]
        transact(self._client, actions, what)

    def _set_claims(self, order: Item, claims: Sequence[Claim], what: str) -> Action:
        """Return the update of the claims in an order's row; StoreContention when it has changed since it was read.

        An order without claims has no attribute for them: a cancel requires that there are none.
        """
        values: Item = {":paid": "PAID"}
        condition = "#status = :paid AND attribute_not_exists(cancel_execution) AND "
        if "returns" in order:
            condition += "#returns = :before"
            values[":before"] = order["returns"]
        else:
            condition += "attribute_not_exists(#returns)"
        expression = "REMOVE #returns"
        if claims:
            expression = "SET #returns = :claims"
            values[":claims"] = _text(order["order_id"], claims)
        request = {
            "TableName": self._table,
            "Key": key(*order_key(order["order_id"])),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status", "#returns": "returns"},
            "ExpressionAttributeValues": marshal(values),
        }
        return Action("Update", request, lambda _: StoreContention(what))

    def _put_new(self, row: Item, what: str) -> Action:
        request = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("Put", request, lambda _: StoreContention(what))

    def _read(self, *keys: tuple[str, str]) -> dict[tuple[str, str], Item]:
        return read_rows(self._client, self._table, keys)


def _text(order_id: str, claims: Sequence[Claim]) -> str:
    """Return claims as they are stored; DocumentTooLarge when they would leave no space for the order's document."""
    text = json.dumps([claim.model_dump() for claim in claims], separators=(",", ":"))
    if len(text) > MAX_DOCUMENT_BYTES // 2:
        raise DocumentTooLarge(order_id, len(text), MAX_DOCUMENT_BYTES // 2)
    return text


def _claimed_before(stored: Return, sent: Item) -> ClaimedReturn:
    """Return the claim of an earlier delivery."""
    if stored.request is None or stored.status == "RELEASED":
        raise OrderClosed(stored.return_id, "claim")
    if stored.request != sent:
        raise IdempotencyConflict(f"return {stored.return_id}", stored.request, sent)
    return cast("ClaimedReturn", stored.document)
