"""Processes on the same order, customer or card, interleaved before each of their requests by a seed."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from customers.operations import CustomerOperations
from tillflow.aws import client

from audit import check
from tests.support.processes import Processes
from tests.support.turns import Turns
from till.demo.order_checkout import SCENARIOS
from till.demo.order_return import COFFEE, ONE_MUG, TWO_MUGS
from verification.harness.fixture import WorkflowFixture
from verification.proof.families import ORDERS
from verification.proof.families.orders import BUYER, BY_CREDIT, CHECKOUT, ON_ACCOUNT, PAID, Request, placed
from verification.proof.prover import Prover, prover

SEEDS = 12
BY_CUSTOMER = {**PAID, "customer_id": BUYER.customer_id}
BY_GIFT_CARD = next(one.request for one in SCENARIOS if "gift card" in one.title)

Race = Callable[[Processes, str], list[Callable[[], Any]]]


def anonymise() -> str:
    CustomerOperations(client("dynamodb"), "CustomersTable").anonymise(BUYER.customer_id)
    return "ANONYMISED"


RACES: dict[str, tuple[Request, Race]] = {
    "two returns and a cancel": (
        PAID,
        lambda p, n: [
            lambda: p.bring_back(f"{n}-1", n, TWO_MUGS),
            lambda: p.bring_back(f"{n}-2", n, ONE_MUG),
            lambda: p.cancel(n),
        ],
    ),
    "a return and two payments on account": (
        ON_ACCOUNT,
        lambda p, n: [
            lambda: p.bring_back(f"{n}-1", n, ONE_MUG),
            lambda: p.pay(f"{n}-2", 3000),
            lambda: p.pay(f"{n}-3", 2000),
        ],
    ),
    "a cancel and a payment on account": (
        ON_ACCOUNT,
        lambda p, n: [lambda: p.cancel(n), lambda: p.pay(f"{n}-1", 3000)],
    ),
    "a return, a payment and a merge": (
        ON_ACCOUNT,
        lambda p, n: [
            lambda: p.bring_back(f"{n}-1", n, ONE_MUG),
            lambda: p.pay(f"{n}-2", 3000),
            lambda: p.merge(n),
        ],
    ),
    "a return to credit, a sale by credit and a merge": (
        BY_CUSTOMER,
        lambda p, n: [
            lambda: p.bring_back(f"{n}-1", n, ONE_MUG, "store_credit"),
            lambda: p.sell(BY_CREDIT, f"{n}-2"),
            lambda: p.merge(n),
        ],
    ),
    "a cancel and a sale by credit and on account, and a merge": (
        BY_CREDIT,
        lambda p, n: [
            lambda: p.cancel(n),
            lambda: p.sell(BY_CREDIT, f"{n}-1"),
            lambda: p.sell(ON_ACCOUNT, f"{n}-2"),
            lambda: p.merge(n),
        ],
    ),
    "a cancel and two sales by the same gift card": (
        BY_GIFT_CARD,
        lambda p, n: [
            lambda: p.cancel(n),
            lambda: p.sell(BY_GIFT_CARD, f"{n}-1"),
            lambda: p.sell(BY_GIFT_CARD, f"{n}-2"),
        ],
    ),
    "a return of each line, and a customer who is anonymised": (
        BY_CUSTOMER,
        lambda p, n: [
            lambda: p.bring_back(f"{n}-1", n, COFFEE, "store_credit"),
            lambda: p.bring_back(f"{n}-2", n, TWO_MUGS),
            lambda: p.sell(ON_ACCOUNT, f"{n}-3"),
            anonymise,
        ],
    ),
}


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Prover, WorkflowFixture]]:
    with prover() as built:
        built.reset(ORDERS)
        fixture = WorkflowFixture(built.template, CHECKOUT, built.services)
        try:
            yield built, fixture
        finally:
            fixture.close()


@pytest.mark.parametrize("name", RACES)
def test_interleaved_processes_leave_no_violation(shop: tuple[Prover, WorkflowFixture], name: str) -> None:
    built, fixture = shop
    sale, race = RACES[name]
    for seed in range(SEEDS):
        order_id = built.reset(ORDERS)
        assert (
            fixture.run_until_settled(fixture.start(placed(sale, order_id), CHECKOUT)).status == "SUCCEEDED"
        )
        turns = Turns(Random(seed))
        built.tables.before.append(turns.before)
        try:
            outcomes = turns.run(race(Processes(built.services), order_id))
        finally:
            built.tables.before.remove(turns.before)
        assert all(isinstance(outcome, str) for outcome in outcomes), (seed, outcomes)
        assert check(ORDERS.with_external_state(built.tables.snapshot())) == [], (seed, outcomes)
