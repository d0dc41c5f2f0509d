"""Compare a shop with a small model: Hypothesis generates sales, declines, receipts, cancels and faults."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from tillflow.aws import client

from audit import check
from till.demo.order_checkout import card, order
from till.shop import ESPRESSO, LOCATION, MUG
from verification.harness.faults import Fault, Kind
from verification.proof.case import CaseRun, Outcome
from verification.proof.families import ORDERS
from verification.proof.families.family import status_of
from verification.proof.families.orders import CANCEL, CHECKOUT, STOCK, cancel, placed
from verification.proof.prover import Prover, prover
from verification.proof.schedule import CaseSchedule

TASKS = ("ReserveStock", "AuthorisePayment", "CapturePayment", "CommitStock", "IssueInvoice", "PostJournal")
KINDS: tuple[Kind, ...] = ("fail_before", "fail_after", "time_out_after", "deliver_twice", "garbage")
goods = st.dictionaries(st.sampled_from([ESPRESSO, MUG]), st.integers(1, 40), min_size=1)
faults = st.none() | st.builds(
    Fault, st.sampled_from(TASKS), st.sampled_from(KINDS), workflow=st.just(CHECKOUT)
)


class Shop(RuleBasedStateMachine):
    """The model: units of each SKU on hand, and the units of each sale until it is cancelled."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self._context = prover()
        self.prover: Prover = self._context.__enter__()
        self.prover.reset()
        self.fixture = self.prover.build_fixture()
        self.fixture.deploy(CANCEL)
        self.units: Counter[str] = Counter()
        for sku in (ESPRESSO, MUG):
            self.units[sku] = self.on_hand(sku)
        assert self.units[MUG] <= STOCK[MUG]
        self.sold: dict[str, dict[str, int]] = {}
        self.number = 0

    def teardown(self) -> None:
        self.fixture.close()
        self._context.__exit__(None, None, None)

    @rule(target=orders, units=goods, token=st.sampled_from(["tok_visa", "tok_declined"]), fault=faults)
    def sell(self, units: dict[str, int], token: str, fault: Fault | None) -> Any:
        """Sell; a fault may reject the order before its capture, never after it."""
        self.number += 1
        order_id = f"ord-day-{self.number}"
        schedule = self.begin(order_id, () if fault is None else (fault,))
        arn = self.fixture.start(placed(order(units, card(token)), order_id), CHECKOUT)
        self.settle(schedule, arn, order_id)
        enough = all(self.units[sku] >= count for sku, count in units.items())
        sold = status_of(self.fixture, arn) == "SUCCEEDED"
        assert not sold or (enough and token == "tok_visa")
        assert sold or fault or not enough or token != "tok_visa"
        if sold:
            self.sold[order_id] = units
            self.units -= Counter(units)
        return order_id

    @rule(order_id=orders, times=st.integers(1, 2))
    def cancel(self, order_id: str, times: int) -> None:
        """Cancel: the units of the order return once; a rejected order changes nothing."""
        schedule = self.begin(order_id, ())
        for _ in range(times):
            arn = self.fixture.start(cancel(order_id), CANCEL)
        self.settle(schedule, arn, order_id)
        assert status_of(self.fixture, arn) == "SUCCEEDED"
        self.units += Counter(self.sold.pop(order_id, {}))

    @rule(target=orders, units=goods)
    def deliver(self, units: dict[str, int]) -> Any:
        self.number += 1
        lines = [ReceiptLine(sku=sku, quantity=count, cost=count * 500) for sku, count in units.items()]
        inventory = InventoryStore(client("dynamodb"), "InventoryTable")
        for _ in range(2):
            inventory.receive(f"rec-day-{self.number}", LOCATION, lines)
        self.units += Counter(units)
        return multiple()

    @invariant()
    def on_hand_equals_the_model(self) -> None:
        for sku in (ESPRESSO, MUG):
            assert self.on_hand(sku) == self.units[sku], sku

    @invariant()
    def every_invariant_holds(self) -> None:
        assert check(self.prover.tables.snapshot()) == []

    def begin(self, order_id: str, faults: tuple[Fault, ...]) -> CaseSchedule:
        schedule = self.prover.schedule(faults, order_id)
        self.fixture.schedule = schedule
        return schedule

    def settle(self, schedule: CaseSchedule, arn: str, order_id: str) -> None:
        run = CaseRun(ORDERS, self.fixture, schedule, order_id, Outcome(case=None), [arn])
        self.prover.run_to_end(run)
        assert run.outcome.violations == []

    def on_hand(self, sku: str) -> int:
        return int(self.prover.tables.snapshot().levels[f"LEVEL#{LOCATION}#{sku}"]["on_hand"])


SETTINGS = settings(
    stateful_step_count=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
FEW, MANY = settings(SETTINGS, max_examples=4), settings(SETTINGS, max_examples=40)


class TestShop(Shop.TestCase):
    settings = FEW


@pytest.mark.long
class TestShopWithMoreExamples(Shop.TestCase):
    settings = MANY
