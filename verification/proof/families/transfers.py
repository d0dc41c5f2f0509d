"""Stock transfers: the scenarios of their demo, with drivers at both locations."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from inventory.errors import UnknownTransfer
from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine, Transfer
from inventory.transfers.operations import TransferOperations
from pydantic import AwareDatetime, TypeAdapter
from tillflow.aws import client

from till.demo import stock_transfer
from till.shop import LOCATION, MUG, WAREHOUSE
from verification.harness.engine_callbacks import EngineCallbacks
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.proof.families.family import Family, FinalState, Scenario, StartExecutions
from verification.proof.families.scripted import ScriptedDriver, Step
from verification.proof.schedule import CaseSchedule
from verification.proof.services import ProofServices

TRANSFER = "StockTransfer"
NOON = TypeAdapter(AwareDatetime).validate_python("2026-11-23T12:00:00Z")

# The statuses that a transfer may have when its execution has ended; NONE: its opening was refused.
ENDINGS = {("CLOSED", "SUCCEEDED"), ("CANCELLED", "FAILED"), ("NONE", "FAILED"), ("NONE", "NOT STARTED")}


TransferStep = Step[Transfer, TransferOperations]


def _reserved(transfer: Transfer) -> bool:
    return transfer.waiting_for == "shipment"


def _in_transit(transfer: Transfer) -> bool:
    return transfer.status == "IN_TRANSIT"


def arrives(arrival_id: str, quantity: int, lost: int = 0) -> TransferStep:
    lines = (ArrivedLine(sku=MUG, quantity=quantity, lost=lost),)
    arrival = Arrival(arrival_id=arrival_id, arrived_at=NOON, lines=lines)
    return TransferStep(_in_transit, lambda operations, name: operations.receive(name, arrival))


SHIP = TransferStep(_reserved, lambda operations, name: operations.ship(name))
SCRIPTS: dict[str, tuple[TransferStep, ...]] = {
    "shipped and received": (SHIP, arrives("van-1", 12)),
    "two arrivals, the rest is lost": (
        SHIP,
        arrives("van-1", 5, lost=1),
        arrives("van-2", 4),
        TransferStep(_in_transit, lambda operations, name: operations.lose_rest(name, "gone")),
    ),
    "cancelled before it leaves": (
        TransferStep(_reserved, lambda operations, name: operations.cancel(name, "the van broke down")),
    ),
    "more than the warehouse has": (),
}
"""By the demo's title: the steps of the drivers."""
NOT_SHIPPED = "no shipment is reported"
PAIRED = {"two arrivals, the rest is lost", "cancelled before it leaves"}


class Transfers(Family):
    """A transfer from its request to the last unit that arrived or was lost."""

    workflows = (TRANSFER,)
    others = ()

    def prepare(self, services: ProofServices) -> None:
        seed_stock({MUG: 10})
        # A cost that 36 units do not divide evenly, so that rounding differences occur.
        inventory().receive("warehouse", WAREHOUSE, [ReceiptLine(sku=MUG, quantity=36, cost=36 * 480 + 1)])

    def scenarios(self) -> Iterator[Scenario]:
        for demo in stock_transfer.SCENARIOS:
            yield self._scenario(demo.title, _requested(demo.quantity), demo.expected, SCRIPTS[demo.title])
        expected = "CANCELLED it did not leave in time"
        yield self._scenario(NOT_SHIPPED, _requested(stock_transfer.QUANTITY), expected, ())

    def _scenario(
        self, title: str, start: StartExecutions, expected: str, steps: Sequence[TransferStep]
    ) -> Scenario:
        return Scenario(
            self,
            TRANSFER,
            title,
            start,
            expected,
            title in PAIRED,
            lambda business_id: ScriptedDriver(business_id, steps, _find, operations),
        )

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Reserve and release a unit at both locations."""
        for location in (WAREHOUSE, LOCATION):
            order_id = f"{business_id}-{location}"
            lines = [{"sku": MUG, "quantity": 1}]
            services.call_task("ReserveStock", order_id=order_id, location=location, lines=lines)
            services.call_task("ReleaseStock", order_id=order_id)

    def describe_outcome(self, final: FinalState) -> str:
        transfer = _find(final.business_id)
        return stock_transfer.ending(transfer) if transfer else "NONE"

    def check_end(self, final: FinalState) -> Iterator[str]:
        status = self.describe_outcome(final).replace(",", "").split(" ")[0]
        for arn in final.arns:
            if (status, final.status(arn)) not in ENDINGS:
                yield f"{TRANSFER} {final.status(arn)}, and the transfer is {status}"
        for name, level in final.shop.levels.items():
            if level.get("on_order", 0) or level["reserved"]:
                yield f"{name}: {level} for a transfer that is {status}"


def inventory() -> InventoryStore:
    return InventoryStore(client("dynamodb"), "InventoryTable")


def _find(transfer_id: str) -> Transfer | None:
    with suppress(UnknownTransfer):
        return TransferOperations(client("dynamodb"), None, "InventoryTable", "", lambda _: []).get(
            transfer_id
        )
    return None


def operations(fixture: WorkflowFixture, states: Any = None) -> TransferOperations:
    """Return the operations; their callbacks go to `states`, by default to the fixture's engine."""
    return TransferOperations(
        client("dynamodb"), states or EngineCallbacks(fixture), "InventoryTable", "", lambda _: []
    )


def _requested(quantity: int) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        fixture.schedule = schedule
        # The harness names an execution by its order_id.
        return [fixture.start({**stock_transfer.request(quantity), "order_id": business_id}, TRANSFER)]

    return start
