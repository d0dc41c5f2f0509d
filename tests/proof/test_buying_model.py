"""A shop's buying as Hypothesis makes it up: goods that go, triggers that race, deliveries and cancels, in any order
and with faults, against what a page of arithmetic says must be on hand and on order.
"""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from inventory.corrections import Corrections
from inventory.models import Adjust
from inventory.publisher import stock_events
from purchasing.models import Receipt, ReceivedLine
from tillflow.aws import client
from tillflow.store import marshal

from audit import check
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG
from verification.harness.engine_callbacks import purchase_operations, purchases_store
from verification.harness.faults import Fault, FaultSchedule, Kind
from verification.proof.families.purchases import NOON, TODAY
from verification.proof.families.reordering import PACK, PURCHASE, REORDER, Reordering, inventory
from verification.proof.prover import Prover, prover

KINDS: tuple[Kind, ...] = ("fail_before", "fail_after", "time_out_after", "deliver_twice", "garbage")
skus = st.sampled_from([ESPRESSO, MUG])
faults = st.none() | st.builds(
    Fault,
    st.sampled_from(["FindNeeds", "PlanLines", "RaiseOnOrder", "StartPurchaseOrder"]),
    st.sampled_from(KINDS),
    workflow=st.just(REORDER),
)
FAMILY = Reordering()


class Buying(RuleBasedStateMachine):
    """The model: units on hand, units each purchase still has to deliver, and the reorder points."""

    def __init__(self) -> None:
        super().__init__()
        self._context = prover()
        self.prover: Prover = self._context.__enter__()
        self.prover.reset(FAMILY)
        self.fixture = self.prover.build_fixture(FAMILY)
        self.on_hand = Counter({sku: self.level(sku)["on_hand"] for sku in (ESPRESSO, MUG)})
        self.points = {sku: self.level(sku)["reorder_point"] for sku in (ESPRESSO, MUG)}
        self.open: dict[str, tuple[str, int]] = {}
        self.number = 0

    def teardown(self) -> None:
        self.fixture.close()
        self._context.__exit__(None, None, None)

    @rule(sku=skus, units=st.integers(1, 4))
    def take(self, sku: str, units: int) -> None:
        """Remove units, as a sale does."""
        if units <= self.on_hand[sku]:
            adjustment = Adjust(
                adjustment_id=self.name("adjustment"),
                location=LOCATION,
                sku=sku,
                quantity=-units,
                currency=CURRENCY,
                reason="taken",
            )
            Corrections(client("dynamodb"), "InventoryTable").adjust(adjustment)
            self.book(adjustment)
            self.on_hand[sku] -= units

    @rule(events=st.lists(skus, max_size=3), nights=st.integers(0, 2), fault=faults)
    def trigger(self, events: list[str], nights: int, fault: Fault | None) -> None:
        """Start reorders by event and by night together, one with a fault: a need is ordered at most once, and without
        a fault exactly once."""
        needed = {sku for sku in self.points if self.position(sku) <= self.points[sku]}
        looked = needed if nights else needed & set(events)
        self.fixture.schedule = FaultSchedule.of([] if fault is None else [fault])
        requests: list[dict[str, Any]] = [
            {"detail": {"location": LOCATION, "sku": sku}} for sku in events
        ] + [{"segments": 2}] * nights
        for arn in [self.fixture.start({**one, "order_id": self.name("run")}, REORDER) for one in requests]:
            self.fixture.run_until_settled(arn)
        self.fixture.schedule = FaultSchedule()
        ordered = self.new_purchases()
        assert max(Counter(ordered.values()).values(), default=0) <= 1
        assert set(ordered.values()) <= looked
        assert fault or set(ordered.values()) == looked
        for name, sku in ordered.items():
            short = self.points[sku] + 1 - self.position(sku)
            self.open[name] = (sku, -(-short // PACK) * PACK)

    @precondition(lambda self: self.open)
    @rule(pick=st.integers(0, 9), share=st.integers(1, 12), times=st.integers(1, 2))
    def deliver(self, pick: int, share: int, times: int) -> None:
        """Receive a part of a purchase, recorded once or twice."""
        name = sorted(self.open)[pick % len(self.open)]
        sku, rest = self.open[name]
        units = min(share, rest)
        operations = purchase_operations(self.fixture)
        if purchases_store().get(name).status == "SENT":
            operations.acknowledge(name, TODAY)
            self.settle(name)
        receipt = Receipt(
            receipt_id=self.name("dn"), received_at=NOON, lines=(ReceivedLine(sku=sku, quantity=units),)
        )
        for _ in range(times):
            operations.receive(name, receipt)
            self.settle(name)
        self.on_hand[sku] += units
        self.open[name] = (sku, rest - units)
        if units == rest:
            del self.open[name]

    @precondition(lambda self: self.open)
    @rule(pick=st.integers(0, 9))
    def cancel(self, pick: int) -> None:
        """Cancel a purchase without receipts: its units are needed again."""
        name = sorted(self.open)[pick % len(self.open)]
        if not purchases_store().get(name).receipts:
            purchase_operations(self.fixture).cancel(name, "not wanted")
            self.settle(name)
            del self.open[name]

    @invariant()
    def stock_equals_the_model(self) -> None:
        for sku in self.points:
            level = self.level(sku)
            assert (level["on_hand"], level.get("on_order", 0)) == (self.on_hand[sku], self.coming(sku)), sku

    @invariant()
    def every_invariant_holds(self) -> None:
        machine = self.fixture.deploy(REORDER)
        runs = self.fixture.engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")[
            "executions"
        ]
        running = FAMILY.in_progress(self.fixture, "") | {run["name"] for run in runs}
        assert check(self.prover.tables.snapshot(running)) == []

    def book(self, adjustment: Adjust) -> None:
        """Post a correction to the ledger, as the table's stream and the event bus do."""
        moved = inventory().list_movements(LOCATION, adjustment.sku, 100, "", None).rows
        movement = next(row for row in moved if row["business_id"] == adjustment.adjustment_id)
        events = stock_events([{"dynamodb": {"NewImage": marshal(movement), "SequenceNumber": "1"}}])
        records = [
            {"messageId": event.event_id, "body": json.dumps({"detail": event.model_dump()})}
            for event in events
        ]
        assert self.prover.services.call_task("PostCorrections", Records=records) == {"batchItemFailures": []}

    def position(self, sku: str) -> int:
        return self.on_hand[sku] + self.coming(sku)

    def coming(self, sku: str) -> int:
        return sum(rest for ordered, rest in self.open.values() if ordered == sku)

    def level(self, sku: str) -> dict[str, Any]:
        return inventory().level(LOCATION, sku)

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}-{self.number}"

    def new_purchases(self) -> dict[str, str]:
        """Return the SKU of each purchase started since the last call that claims units."""
        found = {}
        for name in FAMILY.in_progress(self.fixture, ""):
            self.settle(name)
            if name not in self.open and any(row["open"] for row in self.claims(name)):
                found[name] = self.claims(name)[0]["sku"]
        return found

    def claims(self, name: str) -> list[dict[str, Any]]:
        rows = self.prover.tables.snapshot().items("InventoryTable", "ONORDER#", f"PURCHASE#{name}")
        return [dict(row) for row in rows]

    def settle(self, name: str) -> None:
        machine = self.fixture.deploy(PURCHASE)
        self.fixture.run_until_settled(f"{machine.replace(':stateMachine:', ':execution:')}:{name}")


SETTINGS = settings(
    stateful_step_count=10,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking would take too long
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
FEW, MANY = settings(SETTINGS, max_examples=3), settings(SETTINGS, max_examples=30)


class TestBuying(Buying.TestCase):
    settings = FEW


@pytest.mark.long
class TestBuyingWithMoreExamples(Buying.TestCase):
    settings = MANY
