"""Requests of whole workflow runs, sent again: the same one changes nothing, another one under its key is a conflict.

The runs are recorded once. Each recorded request is sent again as it was, then with one value changed at a time.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from customers.store import CustomersStore
from payments.credit.accounts import Accounts
from payments.credit.models import SetCreditLimit
from tillflow.aws import client

from tests.edges.test_any_event import Place, places, replaced
from till.demo.order_checkout import BASKET, CASH, card, order
from till.demo.order_return import ONE_MUG
from till.shop import CUSTOMERS, ESPRESSO, MUG
from verification.harness.dynamodb import Tables, local_dynamodb
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture
from verification.harness.template import Template

TEMPLATE = Template.read()
KEYS = {"order_id", "return_id", "payment_id", "transfer_id", "waiting_since", "task_token"}
"""Fields that make a request another one; a wait of a workflow is known by its time and token."""

NOT_COMPARED = {
    # The entry of a sale has its taxes, tenders and cost, not its time and the totals of its document.
    "PostJournalFunction": {
        "order.placed_at",
        *(f"order.totals.{name}" for name in ("subtotal", "discount", "net", "tax", "total")),
        "tenders.state",
        "tenders.tender_no",
    },
    # A credit note has a reason of its own, and not what becomes of the goods.
    "CreditInvoiceFunction": {f"credited.lines.{name}" for name in ("condition", "category", "reason")},
    # Units of an order come back where it took them from.
    "RestockGoodsFunction": {"returned.location", "returned.currency"},
    # The execution of a second delivery is that of the first.
    "ClaimReturnFunction": {"execution"},
}
"""Fields that take no part in the effect of a request under a used key, by function."""

READS = {"PriceOrderFunction", "FindOrderFunction", "FindUnknownProductsFunction"}
"""Functions without an effect: their response depends on the request alone."""


@dataclass
class Recorded:
    """A shop after its runs: its tables, and the requests that its functions received with their responses."""

    shop: WorkflowFixture
    tables: Tables
    requests: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)

    def send(self, function: str, event: Any) -> tuple[str, Any, bool]:
        """Send a request; return the name of its error or "", its response, and whether it changed a row."""
        saved, before = self.tables.save(), self._rows()
        response = self.shop.services.handle(function, event)
        changed = self._rows() != before
        if changed:
            self.tables.restore(saved)
        payload = json.loads(response["Payload"])
        return (payload["errorType"] if "FunctionError" in response else ""), payload, changed

    def _rows(self) -> dict[str, Any]:
        """Return all rows; a step that is closed again has another time, which nothing reads."""
        return {
            name: {
                key: {name: value for name, value in row.items() if name != "closed_at"}
                for key, row in self.tables.items_by_key(name).items()
            }
            for name in TEMPLATE.tables
        }


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    with workflow_fixture() as shop, local_dynamodb(TEMPLATE) as tables:
        seed_stock({ESPRESSO: 50, MUG: 50})
        CustomersStore(client("dynamodb"), "CustomersTable").create(CUSTOMERS[0], datetime.now(UTC))
        limit = {"customer_id": "cus-ada", "currency": "EUR", "credit_limit": 100_000}
        Accounts(client("dynamodb"), "PaymentsTable").set_limit(SetCreditLimit.model_validate(limit))
        recorded, handle = Recorded(shop, tables), shop.services.handle

        def record(function: str, event: Any, alias: str = "") -> dict[str, Any]:
            response = handle(function, event, alias)
            recorded.requests.append((function, copy.deepcopy(event), response))
            return response

        shop.services.handle = record  # type: ignore[method-assign]
        _run_workflows(shop)
        shop.services.handle = handle  # type: ignore[method-assign]
        yield recorded


def _run_workflows(shop: WorkflowFixture) -> None:
    """Sell for cash, by card and on account, decline a card, return a unit, cancel a sale, pay, move goods."""
    placed = {"placed_at": "2026-11-23T10:00:00Z"}
    sales = [
        order(BASKET, {**CASH, "amount": 390}, card("tok_visa"), order_id="ord-1", **placed),
        order(BASKET, card("tok_visa"), order_id="ord-2", **placed),
        order(BASKET, {"type": "on_account"}, order_id="ord-3", customer_id="cus-ada", **placed),
        order(BASKET, card("tok_declined"), order_id="ord-4", **placed),
    ]
    assert [shop.run(sale)[0].error for sale in sales] == [None, None, None, "PaymentDeclined"]
    back = {"return_id": "ret-1", "order_id": "ord-1", "currency": "EUR", "lines": [ONE_MUG]}
    paid = {"payment_id": "pay-1", "customer_id": "cus-ada", "currency": "EUR", "amount": 1000}
    moved = {"source": "store-1", "destination": "warehouse", "currency": "EUR"}
    runs = [
        *shop.run(back, workflow="OrderReturn"),
        *shop.run({"order_id": "ord-2", "reason": "changed"}, workflow="OrderCancel"),
        *shop.run({**paid, "method": "bank_transfer", "orders": []}, workflow="CustomerPayment"),
    ]
    assert [run.status for run in runs] == ["SUCCEEDED"] * 3
    lines = [{"sku": ESPRESSO, "quantity": 2}, {"sku": MUG, "quantity": 1}]
    shop.run({"order_id": "trf-1", **moved, "lines": lines, "reason": "restock"}, workflow="StockTransfer")


def test_same_request_again_returns_the_first_response_and_changes_nothing(recorded: Recorded) -> None:
    for function, event, first in recorded.requests:
        error, response, changed = recorded.send(function, event)
        assert not changed, (function, event)
        if not error and "FunctionError" not in first and function not in READS:
            assert response == json.loads(first["Payload"]), (function, event)


def test_other_request_under_a_used_key_is_a_conflict_and_changes_nothing(recorded: Recorded) -> None:
    accepted, sent = set(), set()
    for function, event, _ in recorded.requests:
        for place in places(event):
            name = next((step for step in reversed(place) if isinstance(step, str)), "")
            other = _other(_at(event, place))
            if other is None or name in KEYS or (function, place) in sent:
                continue
            sent.add((function, place))
            error, _, changed = recorded.send(function, replaced(event, place, other))
            assert not changed, (function, place, other, error)
            path = ".".join(step for step in place if isinstance(step, str))
            if not error and function not in READS and path not in NOT_COMPARED.get(function, ()):
                accepted.add((function, path))
    assert len(sent) > 100
    assert sorted(accepted) == []


def _at(event: Any, place: Place) -> Any:
    for step in place:
        event = event[step]
    return event


def _other(value: Any) -> Any:
    """Return another value of the same type, None for a value without one."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return {"EUR": "CHF", ESPRESSO: MUG, MUG: ESPRESSO}.get(value, value + "x")
        case [_]:
            return value * 2
        case [*_, _]:
            return value[:-1]
    return None
