"""Any sequence of claims, refunds and releases returns at most what was sold, and refunds at most what was paid."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from orders.errors import UnitsNotReturnable
from orders.returns.models import ReleaseReturn, ReturnOrder
from orders.returns.store import ReturnsStore
from orders.rows import order_key, read_order
from payments.refunds.models import RefundPayment
from tillflow.aws import client
from tillflow.errors import IdempotencyConflict, OrderClosed
from tillflow.money import CASH_INCREMENT
from tillflow.store import marshal, read_row

from tests.support.payments_fixture import SANDBOX_TABLE, PaymentsFixture, card, cash
from tests.support.payments_fixture import request as authorisation
from tests.support.tables import empty
from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEMPLATE = Template.read()
COIN = CASH_INCREMENT["CHF"]
LINES = [("MUG", 3, 1494), ("BEAN", 1, 502)]
TOTAL = 1995
"""A sale of 19.96 CHF, whose amount due in cash was rounded to 5 rappen."""


def sold(dynamodb: Any, by_card: int) -> None:
    lines = [
        {"line_no": number, "sku": sku, "description": sku, "quantity": quantity, "net": total, "tax": 0}
        | {"tax_class": "zero", "tax_rate": "0", "total": total}
        for number, (sku, quantity, total) in enumerate(LINES, 1)
    ]
    amounts = (("card", by_card), ("cash", TOTAL - by_card))
    tenders = [{"type": kind, "amount": amount} for kind, amount in amounts if amount]
    document = {
        "location": "store-1",
        "register": "till-1",
        "placed_at": "2026-11-23T10:00:00Z",
        "customer_id": None,
        "lines": lines,
        "tenders": tenders,
        "totals": {"rounding": -1},
    }
    pk, sk = order_key("ord-1")
    order = {"pk": pk, "sk": sk, "order_id": "ord-1", "status": "PAID", "execution": "arn", "currency": "CHF"}
    order |= {"paid_at": "2026-11-23T10:00:00Z", "document": json.dumps(document)}
    dynamodb.put_item(TableName="OrdersTable", Item=marshal(order))


STEPS = st.tuples(
    st.sampled_from(["claim", "claim", "refund", "release"]),
    st.sampled_from(["ret-1", "ret-2", "ret-3", "ret-4"]),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from(["original", "original", "store_credit"]),
)


class Shop:
    """The returns of one order, claimed and refunded as the workflow does it, and what was accepted of each."""

    def __init__(self, dynamodb: Any, by_card: int) -> None:
        empty(dynamodb, SANDBOX_TABLE)
        self.dynamodb = dynamodb
        self.returns = ReturnsStore(dynamodb, "OrdersTable")
        self.payments = PaymentsFixture(dynamodb, "PaymentsTable")
        tenders = (card(by_card), cash(TOTAL - by_card)) if by_card else (cash(TOTAL),)
        self.payments.store_cards(*tenders)
        self.payments.service.authorise(authorisation(*tenders).model_copy(update={"currency": "CHF"}))
        self.payments.service.capture("ord-1")
        self.in_cash = not by_card
        self.refunds = self.payments.refunds()
        self.requests: dict[str, ReturnOrder] = {}
        self.claimed: dict[str, Any] = {}
        self.refunded: dict[str, Any] = {}
        self.released: set[str] = set()

    def claim(self, request: ReturnOrder) -> None:
        name = request.return_id
        try:
            claimed = self.returns.claim(request, f"arn:{name}", NOW + timedelta(days=1))
        except OrderClosed:
            assert name in self.released
        except IdempotencyConflict:
            assert self.requests[name].sent != request.sent
        except UnitsNotReturnable:
            assert name not in self.claimed
        else:
            assert self.claimed.setdefault(name, claimed) == claimed
            self.requests.setdefault(name, request)

    def refund(self, name: str) -> None:
        """Refund a claimed return; a repeated refund returns the same parts."""
        if name not in self.claimed or name in self.released:
            return
        claimed = self.claimed[name]
        request = {
            name: claimed[name] for name in ("return_id", "order_id", "currency", "refund", "customer_id")
        }
        sent = RefundPayment.model_validate({**request, "amount": claimed["totals"]["total"]})
        parts = self.refunds.refund(sent)["refunds"]
        assert self.refunded.setdefault(name, parts) == parts
        assert all(part["amount"] % COIN == 0 for part in parts if part["type"] == "cash")
        rounding = sum(part["amount"] for part in parts) - sent.amount
        # A claim of an order paid in cash alone is rounded already; credit is not rounded.
        exact = self.in_cash or sent.refund == "store_credit"
        assert rounding == 0 if exact else abs(rounding) < COIN

    def release(self, name: str) -> None:
        """Release a return that was not refunded, as the workflow does."""
        if name not in self.refunded:
            failure = {"error": "RefundRefused", "cause": "refused"}
            request = {"return_id": name, "execution": f"arn:{name}", **failure}
            self.returns.release(ReleaseReturn.model_validate(request))
            self.released.add(name)

    def check(self) -> None:
        """Assert that claims, units and tenders are those of the returns that were accepted."""
        order = read_order(read_row(self.dynamodb, "OrdersTable", *order_key("ord-1")))
        claims = {claim.return_id: claim for claim in order.returns or ()}
        assert claims.keys() == self.claimed.keys() - self.released
        units: Counter[int] = Counter()
        for claim in claims.values():
            for line in claim.lines:
                units[line.line_no] += line.quantity
        assert all(units[number] <= quantity for number, (_, quantity, _) in enumerate(LINES, 1))
        assert sum(claim.amount or 0 for claim in claims.values()) <= TOTAL
        tenders = self.payments.store.payment("ord-1").tenders
        assert all(0 <= one.refunded + one.pending <= one.captured for one in tenders)
        parts = [part for refund in self.refunded.values() for part in refund if part["tender_no"]]
        assert sum(one.refunded for one in tenders) == sum(part["amount"] for part in parts)


@settings(max_examples=30)
@given(st.lists(STEPS, max_size=14), st.sampled_from([0, 500]))
def test_returns_of_any_sequence_are_within_the_sale(steps: list[Any], by_card: int) -> None:
    with local_dynamodb(TEMPLATE):
        dynamodb = client("dynamodb")
        sold(dynamodb, by_card)
        shop = Shop(dynamodb, by_card)
        for verb, return_id, line_no, quantity, refund in steps:
            line = {"line_no": line_no, "sku": LINES[line_no - 1][0], "quantity": quantity}
            place = {"return_id": return_id, "order_id": "ord-1", "currency": "CHF", "refund": refund}
            request = {**place, "lines": [line], "customer_id": "cus-1" if refund == "store_credit" else None}
            if verb == "claim":
                shop.claim(ReturnOrder.model_validate(request))
            else:
                getattr(shop, verb)(return_id)
            shop.check()
