"""The benchmarks of a deployed shop sell what they measure."""

import pytest

from benchmarks import checkout, goodput, http_api
from benchmarks.plain_saga import PlainSaga
from tests.support.deployed_shop import Deployed
from till.shop import MUG, Shop
from till.stack import Stack, find_stack

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture
def stack(shop: Deployed) -> Stack:
    stack = find_stack(shop.environment)
    stack.session.set_credentials(
        shop.environment["AWS_ACCESS_KEY_ID"], shop.environment["AWS_SECRET_ACCESS_KEY"]
    )
    Shop(stack).receive("benchmark", {MUG: 20})
    return stack


def test_checkout_measures_every_part_of_a_sale(stack: Stack) -> None:
    (history,) = checkout.sell(stack, 1, 1)
    parts = checkout.spans(history)
    assert parts["whole"] > parts["lambda"] > 0
    assert parts["service"] > 0
    assert all(checkout.durations(stack, function) for function in checkout.called(history))


def test_goodput_counts_the_sales_of_an_offer(stack: Stack) -> None:
    goodput_a_second, *_, failed = goodput.offer(stack, rate=1, seconds=3)
    assert float(goodput_a_second) > 0
    assert failed == "0"


def test_api_benchmark_reads_and_sells(stack: Stack) -> None:
    client = http_api.sign_in(stack, "operator")
    order_id, (taken,) = http_api.sell(client, 1)
    assert taken > 0
    assert len(http_api.read(client, f"/orders/{order_id}", 2)) == 2
    assert http_api.tasks_of_a_sale(stack, order_id) == 10


def test_all_requests_of_clients_at_once_succeed(stack: Stack) -> None:
    crowd = http_api.send_at_once(stack, 3)
    assert (sum(crowd.statuses.values()), crowd.faults) == (9, 0)


def test_plain_saga_writes_a_row_in_each_step(stack: Stack) -> None:
    with PlainSaga(stack, 2) as saga:
        assert len(saga.run(1)) == 1
