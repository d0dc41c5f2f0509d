"""Tokens of cards are in no history, row, event or log once an order has ended, however it ended."""

import json
from collections.abc import Iterator

import pytest
from tillflow.aws import client

from till.demo.order_checkout import BASKET, card, order
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture

# The sandbox is another system: its table stands for the provider's.
PROVIDERS = {"SandboxProviderTable"}


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        yield built


def stored(shop: WorkflowFixture) -> str:
    tables = [name for name in shop.template.tables if name not in PROVIDERS]
    return json.dumps([client("dynamodb").scan(TableName=name)["Items"] for name in tables])


@pytest.mark.parametrize(
    "token",
    ["tok_visa", "tok_declined", "tok_capture_refused", "tok_timeout_before_effect", "tok_duplicate"],
)
def test_token_is_nowhere_after_the_order(
    shop: WorkflowFixture, token: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    request = order(BASKET, card(token), order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
    [run] = shop.run(request)
    assert run.status != "RUNNING"
    printed = capsys.readouterr()
    history = json.dumps(run.events, default=str)
    assert "card_1" in history
    for place in (history, stored(shop), json.dumps(shop.services.events), caplog.text, *printed):
        assert token not in place


def test_token_waits_in_its_own_table_alone_while_the_provider_does_not_respond(
    shop: WorkflowFixture,
) -> None:
    request = order(BASKET, card("tok_void_refused", 500), card("tok_declined"), order_id="ord-1")
    [run] = shop.run({**request, "placed_at": "2026-11-23T10:00:00Z"})
    assert run.status == "RUNNING", "a case is open"
    assert "tok_" not in json.dumps(run.events, default=str)
    assert "tok_" not in stored(shop)


def test_workflow_refuses_a_token(shop: WorkflowFixture) -> None:
    request = order(BASKET, card("tok_visa"), order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
    shop.engine.start(shop.deploy("OrderCheckout"), request, "ord-1")
    arn = shop.machine.replace(":stateMachine:", ":execution:") + ":ord-1"
    ended = shop.run_until_settled(arn)
    assert (ended.status, ended.error) == ("FAILED", "InvalidOrder")
    assert "tok_visa" not in str(ended.cause)
