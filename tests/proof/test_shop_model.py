"""A shop's day as Hypothesis makes it up: sales, declines, deliveries, cancels, faults and crashes, in any
order, against what a page of arithmetic says must be left.
"""

from collections import Counter
from typing import Any

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
from verification.proof.families import ORDERS
from verification.proof.families.family import status_of
from verification.proof.families.orders import CANCEL, CHECKOUT, SHELVES, cancel, placed
from verification.proof.plan import CasePlan
from verification.proof.prover import Outcome, Prover, Telling, prover

TASKS = ("ReserveStock", "AuthorisePayment", "CapturePayment", "CommitStock", "IssueInvoice", "PostJournal")
KINDS: tuple[Kind, ...] = ("fail_before", "fail_after", "time_out_after", "deliver_twice", "garbage")
goods = st.dictionaries(st.sampled_from([ESPRESSO, MUG]), st.integers(1, 40), min_size=1)
faults = st.none() | st.builds(
    Fault, st.sampled_from(TASKS), st.sampled_from(KINDS), workflow=st.just(CHECKOUT)
)


class Shop(RuleBasedStateMachine):
    """The model: units of each SKU on the shelves, and what each sale took until it is cancelled."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self._context = prover()
        self.prover: Prover = self._context.__enter__()
        self.prover.fresh()
        self.bench = self.prover.bench()
        self.bench.deploy(CANCEL)
        self.shelf: Counter[str] = Counter()
        for sku in (ESPRESSO, MUG):
            self.shelf[sku] = self.on_hand(sku)
        assert self.shelf[MUG] <= SHELVES[MUG]
        self.took: dict[str, dict[str, int]] = {}
        self.number = 0

    def teardown(self) -> None:
        self.bench.close()
        self._context.__exit__(None, None, None)

    @rule(target=orders, units=goods, token=st.sampled_from(["tok_visa", "tok_declined"]), fault=faults)
    def sell(self, units: dict[str, int], token: str, fault: Fault | None) -> Any:
        """A sale; a fault may refuse it before its capture, and never after: what was captured was sold."""
        self.number += 1
        order_id = f"ord-day-{self.number}"
        plan = self.begin(order_id, () if fault is None else (fault,))
        arn = self.bench.start(placed(order(units, card(token)), order_id), CHECKOUT)
        self.settle(plan, arn, order_id)
        enough = all(self.shelf[sku] >= count for sku, count in units.items())
        sold = status_of(self.bench, arn) == "SUCCEEDED"
        assert not sold or (enough and token == "tok_visa")
        assert sold or fault or not enough or token != "tok_visa"
        if sold:
            self.took[order_id] = units
            self.shelf -= Counter(units)
        return order_id

    @rule(order_id=orders, times=st.integers(1, 2))
    def cancel(self, order_id: str, times: int) -> None:
        """What an order took is back, once; one that took nothing changes nothing."""
        plan = self.begin(order_id, ())
        for _ in range(times):
            arn = self.bench.start(cancel(order_id), CANCEL)
        self.settle(plan, arn, order_id)
        assert status_of(self.bench, arn) == "SUCCEEDED"
        self.shelf += Counter(self.took.pop(order_id, {}))

    @rule(target=orders, units=goods)
    def deliver(self, units: dict[str, int]) -> Any:
        self.number += 1
        lines = [ReceiptLine(sku=sku, quantity=count, cost=count * 500) for sku, count in units.items()]
        inventory = InventoryStore(client("dynamodb"), "InventoryTable")
        for _ in range(2):
            inventory.receive(f"rec-day-{self.number}", LOCATION, lines)
        self.shelf += Counter(units)
        return multiple()

    @invariant()
    def the_shelves_are_as_the_model_says(self) -> None:
        for sku in (ESPRESSO, MUG):
            assert self.on_hand(sku) == self.shelf[sku], sku

    @invariant()
    def every_invariant_holds(self) -> None:
        assert check(self.prover.tables.snapshot()) == []

    def begin(self, order_id: str, faults: tuple[Fault, ...]) -> CasePlan:
        plan = self.prover.plan(faults, order_id)
        self.bench.plan = plan
        return plan

    def settle(self, plan: CasePlan, arn: str, order_id: str) -> None:
        told = Telling(ORDERS, self.bench, plan, order_id, Outcome(case=None), [arn])
        self.prover.to_the_end(told)
        assert told.outcome.violations == []

    def on_hand(self, sku: str) -> int:
        return int(self.prover.tables.snapshot().levels[f"LEVEL#{LOCATION}#{sku}"]["on_hand"])


TestShop = Shop.TestCase
TestShop.settings = settings(
    max_examples=12,
    stateful_step_count=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
