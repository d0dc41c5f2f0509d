"""Stock transfers: the scenarios of their demo, with whoever says at either end what left and what came."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine, Transfer
from inventory.transfers.store import TransfersStore
from pydantic import AwareDatetime, TypeAdapter
from tillflow.aws import client
from tillflow.errors import DomainError, UnknownTransfer

from tests.proof.families.family import Ended, Family, Scenario, Story
from tests.proof.plan import CasePlan
from tests.proof.world import ProofWorld
from tests.sagas.desk import Callbacks
from tests.sagas.harness import Bench, stock
from till.demo import stock_transfer
from till.demo.stock_transfer import WAREHOUSE
from till.shop import LOCATION, MUG
from till.transfers import TransferDesk

TRANSFER = "StockTransfer"
NOON = TypeAdapter(AwareDatetime).validate_python("2026-11-23T12:00:00Z")

# What a transfer may be once nothing runs for it; NONE: its opening was refused.
ENDINGS = {("CLOSED", "SUCCEEDED"), ("CANCELLED", "FAILED"), ("NONE", "FAILED"), ("NONE", "NOT STARTED")}


@dataclass(frozen=True)
class Move:
    """What somebody says once a transfer is so."""

    when: Callable[[Transfer], bool]
    do: Callable[[TransferDesk, str], Any]


@dataclass
class Script:
    """Plays its moves one after another. One that a crash interrupted is made again, as a person would."""

    business_id: str
    moves: Sequence[Move]
    found: list[str] = field(default_factory=list)
    needed: bool = False
    _made: int = 0
    _making: bool = False

    def act(self, bench: Bench, plan: CasePlan, arns: list[str]) -> bool:
        if self._made == len(self.moves):
            return False
        move = self.moves[self._made]
        with suppress(UnknownTransfer):
            if self._making or move.when(transfers().get(self.business_id)):
                self._making = True
                with suppress(DomainError):  # whoever said it is told why not
                    move.do(desk(bench), self.business_id)
                self._making = False
                self._made += 1
                return True
        return False


def _reserved(transfer: Transfer) -> bool:
    return transfer.waiting_for == "shipment"


def _on_its_way(transfer: Transfer) -> bool:
    return transfer.status == "IN_TRANSIT"


def arrives(arrival_id: str, quantity: int, lost: int = 0) -> Move:
    lines = (ArrivedLine(sku=MUG, quantity=quantity, lost=lost),)
    arrival = Arrival(arrival_id=arrival_id, arrived_at=NOON, lines=lines)
    return Move(_on_its_way, lambda desk, name: desk.receive(name, arrival))


SHIP = Move(_reserved, lambda desk, name: desk.ship(name))
SCRIPTS: dict[str, tuple[Move, ...]] = {
    "shipped and received": (SHIP, arrives("van-1", 12)),
    "two arrivals, the rest is lost": (
        SHIP,
        arrives("van-1", 5, lost=1),
        arrives("van-2", 4),
        Move(_on_its_way, lambda desk, name: desk.lose_rest(name, "gone")),
    ),
    "cancelled before it leaves": (
        Move(_reserved, lambda desk, name: desk.cancel(name, "the van broke down")),
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
        yield self._scenario(SILENCE, _asked_for(stock_transfer.WANTED), expected, ())

    def _scenario(self, title: str, story: Story, expected: str, moves: Sequence[Move]) -> Scenario:
        return Scenario(
            self,
            TRANSFER,
            title,
            story,
            expected,
            title in PAIRED,
            lambda business_id: Script(business_id, moves),
        )

    def rival(self, world: ProofWorld, business_id: str) -> None:
        """A sale at either end changes the levels between two requests."""
        for location in (WAREHOUSE, LOCATION):
            order_id = f"{business_id}-{location}"
            lines = [{"sku": MUG, "quantity": 1}]
            world.ask("ReserveStock", order_id=order_id, location=location, lines=lines)
            world.ask("ReleaseStock", order_id=order_id)

    def outcome(self, ended: Ended) -> str:
        with suppress(UnknownTransfer):
            return stock_transfer.ending(transfers().get(ended.business_id))
        return "NONE"

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


def transfers() -> TransfersStore:
    return TransfersStore(client("dynamodb"), "InventoryTable")


def desk(bench: Bench) -> TransferDesk:
    return TransferDesk(transfers(), Callbacks(bench))


def _asked_for(quantity: int) -> Story:
    def story(bench: Bench, plan: CasePlan, business_id: str) -> list[str]:
        bench.plan = plan
        # The harness names an execution by its order_id.
        return [bench.start({**stock_transfer.request(quantity), "order_id": business_id}, TRANSFER)]

    return story
