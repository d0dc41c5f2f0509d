"""Stock reorder: needs are ordered once under every fault; the next night orders what a run missed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from inventory.store import InventoryStore
from purchasing.supplier_models import Price, ResponseTimeouts, Supplier
from replenishment.models import Policy, Source
from replenishment.store import ReplenishmentStore
from tillflow.aws import client
from tillflow.callbacks import complete_task
from tillflow.store import unmarshal

from till.shop import CURRENCY, ESPRESSO, FILTER, LOCATION, MUG
from verification.harness.engine_callbacks import EngineCallbacks, purchases_store
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.proof.families.family import Family, FinalState, Scenario, StartExecutions, status_of
from verification.proof.schedule import CaseSchedule, Trigger
from verification.proof.services import ProofServices

REORDER, PURCHASE = "StockReorder", "PurchaseOrder"
ORDERS_OF_A_RUN = "StockReorder/EachOrder"
BEANS, CROCKERY = "sup-beans", "sup-crockery"
POINT, PACK = 20, 12
NEEDED = {ESPRESSO: 12, MUG: 12}
"""10 of each are on hand and none was sold recently: one pack raises either above its reorder point."""
COSTLY = 20_000
BY_OWNER = "above the limit, decided by the owner"


@dataclass
class ReorderDriver:
    """Decides pending approvals, and starts the next night's run when the first has ended.

    `deciders`: the roles that decide what they are asked; the others let their time pass. Faults end with the first
    run; another night follows each run in which one was applied.
    """

    business_id: str
    decision: str = "approve"
    deciders: tuple[str, ...] = ("manager", "owner")
    violations: list[str] = field(default_factory=list)
    intervened: bool = False

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        store = replenishment()
        for approval in store.pending_approvals().rows:
            if approval.asked not in self.deciders:
                continue
            token = store.decide(approval.purchase_order_id, self.decision, "by the proof")
            # The wait may have timed out meanwhile; the decision is then refused.
            complete_task(EngineCallbacks(fixture), token, {"decision": self.decision})
            return True
        nights = sum(f":{self.business_id}-next" in arn for arn in arns)
        without_faults = not any(fault in schedule.applied for fault in schedule.faults)
        if any(status_of(fixture, arn) == "RUNNING" for arn in arns) or (nights and without_faults):
            return False
        schedule.end_faults()
        arns.append(
            fixture.start({"order_id": f"{self.business_id}-next-{nights + 1}", "segments": 2}, REORDER)
        )
        return True


class Reordering(Family):
    """Needs, plans and claims, up to the purchase orders that are started."""

    workflows = (REORDER,)
    others = (PURCHASE,)

    def prepare(self, services: ProofServices) -> None:
        seed_stock({ESPRESSO: 10, FILTER: 10, MUG: 10})
        for supplier_id, sku in ((BEANS, ESPRESSO), (CROCKERY, MUG)):
            # Suppliers do not time out during a case, so what is ordered stays on order.
            timeouts = ResponseTimeouts(answer_seconds=7_776_000, heartbeat_seconds=7_700_000)
            supplier = Supplier(
                supplier_id=supplier_id,
                name=supplier_id,
                currency=CURRENCY,
                account="acct_ok",
                timeouts=timeouts,
            )
            purchases_store().suppliers.create(supplier)
            put_policy(sku, supplier_id, 400)
        inventory().set_reorder_point(LOCATION, FILTER, 5)

    def scenarios(self) -> Iterator[Scenario]:
        for title, start, paired in (
            ("by night", _night(400), False),
            ("by an event", _event, False),
            ("above the limit", _night(COSTLY), True),
            (
                "an event before the claim of the night",
                _race(Trigger(ORDERS_OF_A_RUN, "RaiseOnOrder")),
                False,
            ),
            (
                "an event after the claim of the night",
                _race(Trigger(ORDERS_OF_A_RUN, "RaiseOnOrder", after=True)),
                False,
            ),
        ):
            yield Scenario(self, REORDER, title, start, "12 and 12 on order", paired, ReorderDriver)
        owner = partial(ReorderDriver, deciders=("owner",))
        yield Scenario(self, REORDER, BY_OWNER, _night(COSTLY), "12 and 12 on order", driver=owner)
        refusing = partial(ReorderDriver, decision="refuse")
        yield Scenario(self, REORDER, "refused", _night(COSTLY), "12 and 0 on order", driver=refusing)

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Reserve and release a unit that is about to be ordered."""
        services.call_task(
            "ReserveStock",
            order_id=business_id,
            location=LOCATION,
            lines=[{"line_no": 1, "sku": MUG, "quantity": 1}],
        )
        services.call_task("ReleaseStock", order_id=business_id)

    def in_progress(self, fixture: WorkflowFixture, business_id: str) -> frozenset[str]:
        """Return the purchase orders that were started and wait for their suppliers."""
        machine = fixture.deploy(PURCHASE)
        rows = fixture.engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        return frozenset(row["name"] for row in rows)

    def describe_outcome(self, final: FinalState) -> str:
        unrecorded = self.in_progress(final.fixture, final.business_id) - _ordered()
        prefix = f"not recorded as ordered {sorted(unrecorded)}: " if unrecorded else ""
        return prefix + " and ".join(str(_on_order(final, sku)) for sku in NEEDED) + " on order"

    def check_end(self, final: FinalState) -> Iterator[str]:
        if final.open_cases or any(final.status(arn) == "RUNNING" for arn in final.arns):
            return
        started = self.in_progress(final.fixture, final.business_id)
        for sku, units in (NEEDED | ({MUG: 0} if _refused() else {})).items():
            if (actual := _on_order(final, sku)) != units:
                yield f"{actual} of {sku} are on order; expected {units}"
        claimed = {
            row["business_id"] for row in final.shop.items("InventoryTable", "ONORDER#") if row["open"]
        }
        if claimed != started:
            yield f"{sorted(claimed)} have claimed units; expected the started orders {sorted(started)}"
        for arn in final.arns:
            if final.status(arn) == "SUCCEEDED" and (missing := _planned(arn) - _grouped(arn)):
                yield f"{arn} succeeded without ordering {sorted(missing)}, which it planned"
        for approval in replenishment().pending_approvals().rows:
            yield f"{approval.purchase_order_id} has a pending approval, but no execution waits for it"


def put_policy(sku: str, supplier_id: str, unit_cost: int) -> None:
    """Reorder a SKU from this supplier at the reorder point."""
    purchases_store().suppliers.set_prices(supplier_id, [Price(sku=sku, unit_cost=unit_cost)])
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
    """Return the SKUs that a run planned to order."""
    return {row["sk"].rpartition("#")[2] for row in _rows() if _is_of(row, arn, "LINE#")}


def _grouped(arn: str) -> set[str]:
    """Return the SKUs of the orders in a run's schedule."""
    orders = [json.loads(row["document"]) for row in _rows() if _is_of(row, arn, "ORDER#")]
    return {line["sku"] for order in orders for line in order["lines"]}


def _is_of(row: Any, arn: str, kind: str) -> bool:
    return bool(row["pk"] == f"RUN#{arn.rpartition(':')[2]}" and row["sk"].startswith(kind))


def _ordered() -> set[str]:
    """Return the purchase orders with the status ORDERED in a schedule."""
    return {row["sk"].removeprefix("ORDER#") for row in _rows() if row.get("status") == "ORDERED"}


def _rows() -> Iterator[Any]:
    return map(unmarshal, client("dynamodb").scan(TableName="ReplenishmentTable")["Items"])


def _on_order(final: FinalState, sku: str) -> int:
    return int(final.shop.levels[f"LEVEL#{LOCATION}#{sku}"].get("on_order", 0))


def _night(unit_cost: int) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        put_policy(MUG, CROCKERY, unit_cost)
        fixture.schedule = schedule
        return [fixture.start({"order_id": business_id, "segments": 2}, REORDER)]

    return start


def _below_reorder_point(business_id: str) -> dict[str, Any]:
    return {"order_id": business_id, "detail": {"location": LOCATION, "sku": ESPRESSO}}


def _event(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
    fixture.schedule = schedule
    return [fixture.start(_below_reorder_point(business_id), REORDER)]


def _race(trigger: Trigger) -> Callable[[WorkflowFixture, CaseSchedule, str], list[str]]:
    """Start an event's run when the nightly run reaches a trigger; the nightly run continues when it has settled."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        machine = fixture.deploy(REORDER)
        schedule.start_at(
            trigger, machine, _below_reorder_point(f"{business_id}-event"), fixture.engine.engine
        )
        fixture.schedule = schedule
        night = fixture.start({"order_id": business_id, "segments": 2}, REORDER)
        return [night, f"{machine.replace(':stateMachine:', ':execution:')}:{business_id}-event"]

    return start
