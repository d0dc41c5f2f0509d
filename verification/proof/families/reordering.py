"""Stock reorder: what is needed is ordered, once, whatever fails; and what a run missed the next night orders."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from inventory.store import InventoryStore
from purchasing.models import Price, ResponseTimeouts, Supplier
from replenishment.models import Policy, Source
from replenishment.store import ReplenishmentStore
from tillflow.aws import client
from tillflow.callbacks import complete_task
from tillflow.store import unmarshal

from till.shop import CURRENCY, ESPRESSO, FILTER, LOCATION, MUG
from verification.harness.desk import Callbacks, purchases
from verification.harness.harness import Bench, stock
from verification.proof.families.family import Ended, Family, Scenario, Story, status_of
from verification.proof.plan import CasePlan, Moment
from verification.proof.world import ProofWorld

REORDER, PURCHASE = "StockReorder", "PurchaseOrder"
BEANS, CROCKERY = "sup-beans", "sup-crockery"
POINT, PACK = 20, 12
NEEDED = {ESPRESSO: 12, MUG: 12}
"""On hand are 10 of each and nothing was sold of late: one pack brings either over its reorder point."""
COSTLY = 20_000


@dataclass
class ManagerAndNextNight:
    """A manager decides whatever asks; when the story's run has ended, what went wrong is over and the next night
    comes, and one more for each in which something else goes wrong."""

    business_id: str
    decision: str = "approve"
    found: list[str] = field(default_factory=list)
    needed: bool = False

    def act(self, bench: Bench, plan: CasePlan, arns: list[str]) -> bool:
        store = replenishment()
        for approval in store.pending_approvals():
            token = store.decide(approval.purchase_order_id, self.decision, "by the proof")
            # The run may have given up meanwhile: whoever decides is told so.
            complete_task(Callbacks(bench), token, {"decision": self.decision})
            return True
        nights = sum(f":{self.business_id}-next" in arn for arn in arns)
        all_was_well = not any(fault in plan.befallen for fault in plan.faults)
        if any(status_of(bench, arn) == "RUNNING" for arn in arns) or (nights and all_was_well):
            return False
        plan.heal()
        arns.append(
            bench.start({"order_id": f"{self.business_id}-next-{nights + 1}", "segments": 2}, REORDER)
        )
        return True


class Reordering(Family):
    """Needs, plans and claims, up to the purchase orders that are started."""

    workflows = (REORDER,)
    others = (PURCHASE,)

    def prepare(self, world: ProofWorld) -> None:
        stock({ESPRESSO: 10, FILTER: 10, MUG: 10})
        for supplier_id, sku in ((BEANS, ESPRESSO), (CROCKERY, MUG)):
            # What is ordered stays so while a case is told: no supplier falls silent.
            timeouts = ResponseTimeouts(answer_seconds=31_536_000, heartbeat_seconds=31_000_000)
            supplier = Supplier(
                supplier_id=supplier_id,
                name=supplier_id,
                currency=CURRENCY,
                account="acct_ok",
                timeouts=timeouts,
            )
            purchases().suppliers.create(supplier)
            purchases().suppliers.set_prices(supplier_id, [Price(sku=sku, unit_cost=400)])
            keep(sku, supplier_id, 400)
        inventory().set_reorder_point(LOCATION, FILTER, 5)

    def scenarios(self) -> Iterator[Scenario]:
        for title, story, paired in (
            ("by night", _night(400), False),
            ("by an event", _event, False),
            ("above the limit", _night(COSTLY), True),
            ("an event before the claim of the night", _race(Moment(REORDER, "RaiseOnOrder")), False),
            (
                "an event after the claim of the night",
                _race(Moment(REORDER, "RaiseOnOrder", after=True)),
                False,
            ),
        ):
            yield Scenario(self, REORDER, title, story, "12 and 12 on order", paired, ManagerAndNextNight)
        refusing = partial(ManagerAndNextNight, decision="refuse")
        yield Scenario(self, REORDER, "refused", _night(COSTLY), "12 and 0 on order", player=refusing)

    def rival(self, world: ProofWorld, business_id: str) -> None:
        """A sale of what is about to be ordered takes it further down."""
        world.ask(
            "ReserveStock",
            order_id=business_id,
            location=LOCATION,
            lines=[{"line_no": 1, "sku": MUG, "quantity": 1}],
        )
        world.ask("ReleaseStock", order_id=business_id)

    def running(self, bench: Bench, business_id: str) -> frozenset[str]:
        """The purchase orders that were started: they wait for their suppliers."""
        machine = bench.deploy(PURCHASE)
        found = bench.engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        return frozenset(row["name"] for row in found)

    def outcome(self, ended: Ended) -> str:
        unsaid = self.running(ended.bench, ended.business_id) - _ordered()
        said = f"not said of {sorted(unsaid)}: " if unsaid else ""
        return said + " and ".join(str(_on_order(ended, sku)) for sku in NEEDED) + " on order"

    def wrong(self, ended: Ended) -> Iterator[str]:
        if ended.open_cases or any(ended.status(arn) == "RUNNING" for arn in ended.arns):
            return
        started = self.running(ended.bench, ended.business_id)
        for sku, units in (NEEDED | ({MUG: 0} if _refused() else {})).items():
            if (found := _on_order(ended, sku)) != units:
                yield f"{found} of {sku} are on order, {units} are needed"
        claimed = {
            row["business_id"] for row in ended.shop.items("InventoryTable", "ONORDER#") if row["open"]
        }
        if claimed != started:
            yield f"{sorted(claimed)} claim units, {sorted(started)} are purchase orders"
        for arn in ended.arns:
            if ended.status(arn) == "SUCCEEDED" and (forgotten := _planned(arn) - _grouped(arn)):
                yield f"{arn} succeeded, and ordered none of the {sorted(forgotten)} it planned"
        for approval in replenishment().pending_approvals():
            yield f"{approval.purchase_order_id} asks for an approval, and nothing waits for it"


def keep(sku: str, supplier_id: str, unit_cost: int) -> None:
    """Order a SKU from this supplier once it is down to its reorder point."""
    source = Source(supplier_id=supplier_id, unit_cost=unit_cost, pack_size=PACK)
    replenishment().put_policy(Policy(location=LOCATION, sku=sku, sources=(source,)))
    inventory().set_reorder_point(LOCATION, sku, POINT)


def replenishment() -> ReplenishmentStore:
    return ReplenishmentStore(client("dynamodb"), "ReplenishmentTable")


def inventory() -> InventoryStore:
    return InventoryStore(client("dynamodb"), "InventoryTable")


def _refused() -> bool:
    return any(row.get("status") == "REFUSED" for row in _rows())


def _planned(arn: str) -> set[str]:
    """The SKUs a run planned to order."""
    return {row["sk"].rpartition("#")[2] for row in _rows() if _is_of(row, arn, "LINE#")}


def _grouped(arn: str) -> set[str]:
    """The SKUs of the orders a run made of its plan."""
    orders = [json.loads(row["document"]) for row in _rows() if _is_of(row, arn, "ORDER#")]
    return {line["sku"] for order in orders for line in order["lines"]}


def _is_of(row: Any, arn: str, kind: str) -> bool:
    return row["pk"] == f"RUN#{arn.rpartition(':')[2]}" and row["sk"].startswith(kind)


def _ordered() -> set[str]:
    """The purchase orders of whose plan it says that they were ordered."""
    return {row["sk"].removeprefix("ORDER#") for row in _rows() if row.get("status") == "ORDERED"}


def _rows() -> Iterator[Any]:
    return map(unmarshal, client("dynamodb").scan(TableName="ReplenishmentTable")["Items"])


def _on_order(ended: Ended, sku: str) -> int:
    return int(ended.shop.levels[f"LEVEL#{LOCATION}#{sku}"].get("on_order", 0))


def _night(unit_cost: int) -> Story:
    def story(bench: Bench, plan: CasePlan, business_id: str) -> list[str]:
        keep(MUG, CROCKERY, unit_cost)
        bench.plan = plan
        return [bench.start({"order_id": business_id, "segments": 2}, REORDER)]

    return story


def _below(business_id: str) -> dict[str, Any]:
    return {"order_id": business_id, "detail": {"location": LOCATION, "sku": ESPRESSO}}


def _event(bench: Bench, plan: CasePlan, business_id: str) -> list[str]:
    bench.plan = plan
    return [bench.start(_below(business_id), REORDER)]


def _race(moment: Moment) -> Callable[[Bench, CasePlan, str], list[str]]:
    """An event's run begins when the night's gets to a moment, and goes as far as it can before that goes on."""

    def story(bench: Bench, plan: CasePlan, business_id: str) -> list[str]:
        machine = bench.deploy(REORDER)
        plan.meanwhile(moment, machine, _below(f"{business_id}-event"), bench.engine.engine)
        bench.plan = plan
        night = bench.start({"order_id": business_id, "segments": 2}, REORDER)
        return [night, f"{machine.replace(':stateMachine:', ':execution:')}:{business_id}-event"]

    return story
