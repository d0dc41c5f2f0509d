"""Stock transfers: the scenarios of their demo, with whoever says at either end what left and what came."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from inventory.errors import UnknownTransfer
from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine, Transfer
from inventory.transfers.operations import TransferOperations
from pydantic import AwareDatetime, TypeAdapter
from tillflow.aws import client

from till.demo import stock_transfer
from till.demo.stock_transfer import WAREHOUSE
from till.shop import LOCATION, MUG
from verification.harness.desk import Callbacks
from verification.harness.harness import Bench, stock
from verification.proof.families.family import Ended, Family, Scenario, Story
from verification.proof.families.script import Move, Script
from verification.proof.plan import CasePlan
from verification.proof.world import ProofWorld

TRANSFER = "StockTransfer"
NOON = TypeAdapter(AwareDatetime).validate_python("2026-11-23T12:00:00Z")

# What a transfer may be once nothing runs for it; NONE: its opening was refused.
ENDINGS = {("CLOSED", "SUCCEEDED"), ("CANCELLED", "FAILED"), ("NONE", "FAILED"), ("NONE", "NOT STARTED")}


Line = Move[Transfer, TransferOperations]


def _reserved(transfer: Transfer) -> bool:
    return transfer.waiting_for == "shipment"


def _on_its_way(transfer: Transfer) -> bool:
    return transfer.status == "IN_TRANSIT"


def arrives(arrival_id: str, quantity: int, lost: int = 0) -> Line:
    lines = (ArrivedLine(sku=MUG, quantity=quantity, lost=lost),)
    arrival = Arrival(arrival_id=arrival_id, arrived_at=NOON, lines=lines)
    return Line(_on_its_way, lambda desk, name: desk.receive(name, arrival))


SHIP = Line(_reserved, lambda desk, name: desk.ship(name))
SCRIPTS: dict[str, tuple[Line, ...]] = {
    "shipped and received": (SHIP, arrives("van-1", 12)),
    "two arrivals, the rest is lost": (
        SHIP,
        arrives("van-1", 5, lost=1),
        arrives("van-2", 4),
        Line(_on_its_way, lambda desk, name: desk.lose_rest(name, "gone")),
    ),
    "cancelled before it leaves": (
        Line(_reserved, lambda desk, name: desk.cancel(name, "the van broke down")),
    ),
    "more than the warehouse has": (),
}
"""By the demo's title: what is said, and when."""
SILENCE = "nobody says that it left"
PAIRED = {"two arrivals, the rest is lost", "cancelled before it leaves"}


class Transfers(Family):
    """A transfer, from asking for it to the last unit that came or is lost."""

    workflows = (TRANSFER,)
    others = ()

    def prepare(self, world: ProofWorld) -> None:
        stock({MUG: 10})
        # A cost that no unit's share of is whole: what rounding leaves has to end up somewhere.
        inventory().receive("warehouse", WAREHOUSE, [ReceiptLine(sku=MUG, quantity=36, cost=36 * 480 + 1)])

    def scenarios(self) -> Iterator[Scenario]:
        for demo in stock_transfer.SCENARIOS:
            yield self._scenario(demo.title, _asked_for(demo.quantity), demo.expected, SCRIPTS[demo.title])
        expected = "CANCELLED it did not leave in time"
        yield self._scenario(SILENCE, _asked_for(stock_transfer.QUANTITY), expected, ())

    def _scenario(self, title: str, story: Story, expected: str, moves: Sequence[Line]) -> Scenario:
        return Scenario(
            self,
            TRANSFER,
            title,
            story,
            expected,
            title in PAIRED,
            lambda business_id: Script(business_id, moves, _found, desk),
        )

    def rival(self, world: ProofWorld, business_id: str) -> None:
        """A sale at either end changes the levels between two requests."""
        for location in (WAREHOUSE, LOCATION):
            order_id = f"{business_id}-{location}"
            lines = [{"sku": MUG, "quantity": 1}]
            world.ask("ReserveStock", order_id=order_id, location=location, lines=lines)
            world.ask("ReleaseStock", order_id=order_id)

    def outcome(self, ended: Ended) -> str:
        transfer = _found(ended.business_id)
        return stock_transfer.ending(transfer) if transfer else "NONE"

    def wrong(self, ended: Ended) -> Iterator[str]:
        status = self.outcome(ended).replace(",", "").split(" ")[0]
        for arn in ended.arns:
            if (status, ended.status(arn)) not in ENDINGS:
                yield f"{TRANSFER} {ended.status(arn)}, and the transfer is {status}"
        for name, level in ended.shop.levels.items():
            if level.get("on_order", 0) or level["reserved"]:
                yield f"{name}: {level}, of a transfer that is {status}"


def inventory() -> InventoryStore:
    return InventoryStore(client("dynamodb"), "InventoryTable")


def _found(transfer_id: str) -> Transfer | None:
    with suppress(UnknownTransfer):
        return TransferOperations(client("dynamodb"), None, "InventoryTable").get(transfer_id)
    return None


def desk(bench: Bench) -> TransferOperations:
    return TransferOperations(client("dynamodb"), Callbacks(bench), "InventoryTable")


def _asked_for(quantity: int) -> Story:
    def story(bench: Bench, plan: CasePlan, business_id: str) -> list[str]:
        bench.plan = plan
        # The harness names an execution by its order_id.
        return [bench.start({**stock_transfer.request(quantity), "order_id": business_id}, TRANSFER)]

    return story
