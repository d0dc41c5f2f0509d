"""A shop's buying as Hypothesis makes it up: goods that go, triggers that race, deliveries and cancels, in any order
and with faults, against what a page of arithmetic says must be on hand and on order.
"""

import json
from collections import Counter
from typing import Any

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
from verification.harness.desk import desk, purchases
from verification.harness.faults import Fault, Kind, Plan
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
    """The model: units on hand, what each purchase has still to bring, and when a SKU is to be ordered again."""

    def __init__(self) -> None:
        super().__init__()
        self._context = prover()
        self.prover: Prover = self._context.__enter__()
        self.prover.fresh(FAMILY)
        self.bench = self.prover.bench(FAMILY)
        self.on_hand = Counter({sku: self.level(sku)["on_hand"] for sku in (ESPRESSO, MUG)})
        self.points = {sku: self.level(sku)["reorder_point"] for sku in (ESPRESSO, MUG)}
        self.open: dict[str, tuple[str, int]] = {}
        self.number = 0

    def teardown(self) -> None:
        self.bench.close()
        self._context.__exit__(None, None, None)

    @rule(sku=skus, units=st.integers(1, 4))
    def take(self, sku: str, units: int) -> None:
        """Units leave, as those of a sale do."""
        if units <= self.on_hand[sku]:
            gone = Adjust(
                adjustment_id=self.name("gone"),
                location=LOCATION,
                sku=sku,
                quantity=-units,
                currency=CURRENCY,
                reason="taken",
            )
            Corrections(client("dynamodb"), "InventoryTable").adjust(gone)
            self.book(gone)
            self.on_hand[sku] -= units

    @rule(events=st.lists(skus, max_size=3), nights=st.integers(0, 2), fault=faults)
    def trigger(self, events: list[str], nights: int, fault: Fault | None) -> None:
        """Events and nights at once, one of them with a fault: what is needed is ordered at most once. With
        nothing wrong, a night leaves nothing needed."""
        needed = {sku for sku in self.points if self.position(sku) <= self.points[sku]}
        looked = needed if nights else needed & set(events)
        self.bench.plan = Plan.of([] if fault is None else [fault])
        requests: list[dict[str, Any]] = [
            {"detail": {"location": LOCATION, "sku": sku}} for sku in events
        ] + [{"segments": 2}] * nights
        for arn in [self.bench.start({**one, "order_id": self.name("run")}, REORDER) for one in requests]:
            self.bench.settled(arn)
        self.bench.plan = Plan()
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
        """A part of a purchase comes, said once or twice."""
        name = sorted(self.open)[pick % len(self.open)]
        sku, rest = self.open[name]
        units = min(share, rest)
        told = desk(self.bench)
        if purchases().get(name).status == "SENT":
            told.acknowledge(name, TODAY)
            self.settle(name)
        receipt = Receipt(
            receipt_id=self.name("dn"), received_at=NOON, lines=(ReceivedLine(sku=sku, quantity=units),)
        )
        for _ in range(times):
            told.receive(name, receipt)
            self.settle(name)
        self.on_hand[sku] += units
        self.open[name] = (sku, rest - units)
        if units == rest:
            del self.open[name]

    @precondition(lambda self: self.open)
    @rule(pick=st.integers(0, 9))
    def cancel(self, pick: int) -> None:
        """A purchase that nothing came of is cancelled: what it was to bring is needed again."""
        name = sorted(self.open)[pick % len(self.open)]
        if not purchases().get(name).receipts:
            desk(self.bench).cancel(name, "not wanted")
            self.settle(name)
            del self.open[name]

    @invariant()
    def stock_is_as_the_model_says(self) -> None:
        for sku in self.points:
            level = self.level(sku)
            assert (level["on_hand"], level.get("on_order", 0)) == (self.on_hand[sku], self.coming(sku)), sku

    @invariant()
    def every_invariant_holds(self) -> None:
        machine = self.bench.deploy(REORDER)
        runs = self.bench.engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")[
            "executions"
        ]
        running = FAMILY.running(self.bench, "") | {run["name"] for run in runs}
        assert check(self.prover.tables.snapshot(running)) == []

    def book(self, gone: Adjust) -> None:
        """What the table's stream and the bus bring to the books of a correction."""
        moved = inventory().movements(LOCATION, gone.sku)
        movement = next(row for row in moved if row["business_id"] == gone.adjustment_id)
        told = stock_events([{"dynamodb": {"NewImage": marshal(movement), "SequenceNumber": "1"}}])
        records = [
            {"messageId": event.event_id, "body": json.dumps({"detail": event.model_dump()})}
            for event in told
        ]
        assert self.prover.world.ask("PostCorrections", Records=records) == {"batchItemFailures": []}

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
        """The SKU of each purchase that was started since and claims its units."""
        found = {}
        for name in FAMILY.running(self.bench, ""):
            self.settle(name)
            if name not in self.open and any(row["open"] for row in self.claims(name)):
                found[name] = self.claims(name)[0]["sku"]
        return found

    def claims(self, name: str) -> list[dict[str, Any]]:
        rows = self.prover.tables.snapshot().items("InventoryTable", "ONORDER#", f"PURCHASE#{name}")
        return [dict(row) for row in rows]

    def settle(self, name: str) -> None:
        machine = self.bench.deploy(PURCHASE)
        self.bench.settled(f"{machine.replace(':stateMachine:', ':execution:')}:{name}")


TestBuying = Buying.TestCase
TestBuying.settings = settings(
    max_examples=8,
    stateful_step_count=10,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # an example is slow, and short enough as it is
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
