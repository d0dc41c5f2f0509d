"""Returns in DynamoDB; see rows.py."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from tillflow.errors import DocumentTooLarge, OrderClosed, StoreContention, UnknownOrder, check_same
from tillflow.fields import MAX_DOCUMENT_BYTES
from tillflow.merges import survivor_of
from tillflow.store import (
    Action,
    Item,
    key,
    marshal,
    put_new,
    put_row,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
    write,
)
from tillflow.times import iso_utc

from orders.errors import UnknownReturn
from orders.models import Claim, Order
from orders.returns import rules
from orders.returns.models import (
    AttemptedSale,
    ClaimedReturn,
    ConfirmClaim,
    ReleasedReturn,
    ReleaseReturn,
    Return,
    ReturnOrder,
)
from orders.returns.rows import RELEASED_PREFIX, read_return, released_return_row, return_key
from orders.rows import order_key, read_order


class ReturnsStore:
    """Returns in one table. client: a DynamoDB client; table: the orders table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, request: ReturnOrder, execution: str, now: datetime) -> ClaimedReturn:
        """Claim the units of a return on the lines of its order; a second delivery returns the first claim.

        Raises UnknownOrder, OrderNotReturnable, InvalidReturn, UnitsNotReturnable, ReturnWindowClosed,
        IdempotencyConflict when the return id has another request, or another execution such as that of an exchange,
        OrderClosed after a release.
        """
        return retry_on_conflict(lambda: self._claim(request, execution, now))

    def confirm(self, request: ConfirmClaim) -> ClaimedReturn:
        """Return the claim that an exchange has made for an execution, whose units have paid the sale of the exchange.

        Raises UnknownReturn if there is no such claim, InvalidReturn if the sale is not one that it paid.
        """
        place, sale_place = return_key(request.return_id), order_key(request.exchange.order_id)
        rows = self._read(place, sale_place)
        claim = read_return(rows[place]) if place in rows else None
        if claim is None or claim.document is None or claim.execution != request.execution:
            raise UnknownReturn(request.return_id)
        rules.check_exchanged(claim, request, read_order(rows[sale_place]) if sale_place in rows else None)
        return cast("ClaimedReturn", claim.document)

    def release(self, request: ReleaseReturn) -> ReleasedReturn:
        """Give the units of a return back to its order; a later claim is refused. Nothing claimed is success.

        The order of the sale that an exchange attempted is closed in the same transaction, so that a start of the sale
        that is still in flight is refused too. Raises SaleNotRejected when that sale was opened and may be paid by the
        units.
        """
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

    def released_of(self, order_id: str, most: int) -> list[str]:
        """Return the ids of the last returns of an order whose claims were released, the oldest first."""
        pk, _ = order_key(order_id)
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=marshal({":pk": pk, ":prefix": RELEASED_PREFIX}),
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=most,
        )
        return [str(unmarshal(row)["return_id"]) for row in reversed(response["Items"])]

    def _claim(self, request: ReturnOrder, execution: str, now: datetime) -> ClaimedReturn:
        if request.order_id is None:
            return self._claim_without_receipt(request, execution, now)
        return_place, order_place = return_key(request.return_id), order_key(request.order_id)
        rows = self._read(return_place, order_place)
        if return_place in rows:
            return _claimed_before(read_return(rows[return_place]), request, execution)
        if order_place not in rows:
            raise UnknownOrder(request.order_id)
        order = read_order(rows[order_place])
        rules.check_returnable(order, request.for_exchange)
        claimed = rules.claimed_return(self._of_buyer(request, order), order, now)
        what = f"claiming units of order {request.order_id}"
        claims = (*(order.returns or ()), rules.claim_of(request, claimed, order))
        actions = [
            self._put_new(_row(request, claimed, execution, now), what),
            self._set_claims(rows[order_place], claims, what),
        ]
        transact(self._client, actions, what)
        return claimed

    def _of_buyer(self, request: ReturnOrder, order: Order) -> ReturnOrder:
        """Return a return of the order's buyer, if it is of the customer that the buyer was merged into."""
        buyer = (order.document or {}).get("customer_id")
        if buyer is None or request.customer_id in (None, buyer):
            return request
        if request.customer_id != survivor_of(self._client, self._table, buyer):
            return request
        return request.model_copy(update={"customer_id": buyer})

    def _claim_without_receipt(self, request: ReturnOrder, execution: str, now: datetime) -> ClaimedReturn:
        place = return_key(request.return_id)
        if row := self._read(place).get(place):
            return _claimed_before(read_return(row), request, execution)
        claimed = rules.claimed_without_receipt(request, now)
        what = f"claiming return {request.return_id}"
        write(self._client, self._put_new(_row(request, claimed, execution, now), what), what)
        return claimed

    def _release(self, request: ReleaseReturn) -> ReleasedReturn:
        place = return_key(request.return_id)
        row = self._read(place).get(place)
        what = f"releasing return {request.return_id}"
        failure = {"reason": request.error, "cause": request.cause}
        if row is None:
            identity = {"pk": place[0], "sk": place[1], "return_id": request.return_id}
            tombstone = {**identity, "status": "RELEASED", "execution": request.execution, **failure}
            write(self._client, self._put_new(tombstone, what), what)
        elif row["status"] == "CLAIMED":
            self._release_claim(row, request, failure, what)
        elif row["status"] == "COMPLETED":
            raise OrderClosed(request.return_id, "release", "COMPLETED")
        return {"return_id": request.return_id, "status": "RELEASED"}

    def _release_claim(self, claim: Item, request: ReleaseReturn, failure: Item, what: str) -> None:
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
        actions = [Action("Update", released, lambda _: StoreContention(what))]
        if order_id := claim.get("order_id"):
            order = self._read(order_key(order_id))[order_key(order_id)]
            claims = rules.without(read_order(order).returns or (), request.return_id)
            listed = released_return_row(order_id, request.return_id, claim["claimed_at"])
            actions += [self._set_claims(order, claims, what), put_row(self._table, listed)]
        if request.sale:
            actions += self._close_sale(request.return_id, request.sale, failure, what)
        transact(self._client, actions, what)

    def _close_sale(self, return_id: str, sale: AttemptedSale, failure: Item, what: str) -> Iterator[Action]:
        """Yield the tombstone of a sale that is not opened; SaleNotRejected for one that the units may pay.

        The execution of the sale opens no order that exists, and a rejected order stays rejected.
        """
        place = order_key(sale.order_id)
        row = self._read(place).get(place)
        if row is not None:
            rules.check_not_sold(return_id, read_order(row))
            return
        identity = {"pk": place[0], "sk": place[1], "order_id": sale.order_id, "execution": sale.execution}
        yield self._put_new({**identity, "status": "REJECTED", **failure}, what)

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
        return put_new(self._table, row, lambda _: StoreContention(what))

    def _read(self, *keys: tuple[str, str]) -> dict[tuple[str, str], Item]:
        return read_rows(self._client, self._table, keys)


def _row(request: ReturnOrder, claimed: ClaimedReturn, execution: str, now: datetime) -> Item:
    """Return the row of a return whose units are claimed."""
    pk, sk = return_key(request.return_id)
    row: Item = {
        "pk": pk,
        "sk": sk,
        "return_id": request.return_id,
        "status": "CLAIMED",
        "execution": execution,
        "claimed_at": iso_utc(now),
        "currency": claimed["currency"],
        "total": claimed["totals"]["total"],
        "request": json.dumps(request.sent),
        "document": json.dumps(claimed),
    }
    return row | ({"order_id": request.order_id} if request.order_id else {})


def _text(order_id: str, claims: Sequence[Claim]) -> str:
    """Return claims as they are stored; DocumentTooLarge when they would leave no space for the order's document."""
    text = json.dumps([claim.model_dump() for claim in claims], separators=(",", ":"))
    if len(text) > MAX_DOCUMENT_BYTES // 2:
        raise DocumentTooLarge(order_id, len(text), MAX_DOCUMENT_BYTES // 2)
    return text


def _claimed_before(stored: Return, request: ReturnOrder, execution: str) -> ClaimedReturn:
    """Return the claim of an earlier delivery. That of another execution has refunds or a sale of its own."""
    if stored.request is None or stored.status == "RELEASED":
        raise OrderClosed(stored.return_id, "claim", stored.status)
    before, sent = {**stored.request, "execution": stored.execution}, {**request.sent, "execution": execution}
    check_same(f"return {stored.return_id}", before, sent)
    return cast("ClaimedReturn", stored.document)
