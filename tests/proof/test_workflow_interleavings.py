"""Requests of people and other systems, interleaved by a seed with the workflow that they are about."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import pytest
from cases.operations import CaseOperations
from inventory.corrections import Corrections
from inventory.models import Count
from stepfunctions_local.errors import StateError
from tillflow.aws import client
from tillflow.errors import DomainError

from audit import check
from tests.support.shared_engine import SharedEngine
from tests.support.turns import Turns
from till.demo import stock_transfer
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG, WAREHOUSE
from verification.harness.engine_callbacks import EngineCallbacks, purchase_operations
from verification.harness.fixture import WorkflowFixture
from verification.harness.services import LocalServices
from verification.proof.families import Family
from verification.proof.families.family import FinalState, open_cases
from verification.proof.families.purchases import (
    ORDERED,
    PART,
    PRICES,
    PROMPT,
    PURCHASE,
    SILENT,
    Purchases,
    PurchaseStep,
    acknowledged,
    billed,
    cancelled,
    closed_short,
    delivered,
    post_correction,
    refused,
    request,
)
from verification.proof.families.scripted import Step
from verification.proof.families.transfers import (
    SHIP,
    TRANSFER,
    Transfers,
    TransferStep,
    arrives,
)
from verification.proof.families.transfers import operations as transfer_operations
from verification.proof.prover import Prover, prover

SEEDS = 12
A_DAY, DAYS = 86_400, 10


@dataclass(frozen=True)
class Callers:
    """What calls the operations on one document. states: the client of Step Functions that these use."""

    fixture: WorkflowFixture
    services: LocalServices
    states: Any
    business_id: str


Act = Callable[[Callers], object]


@dataclass(frozen=True)
class Race:
    """An execution, the acts before the interleaved ones, and those that lead it to its end."""

    family: Family
    workflow: str
    request: Callable[[str], dict[str, Any]]
    before: tuple[Act, ...]
    interleaved: tuple[Act, ...]
    afterwards: tuple[Act, ...]


def purchasing(step: PurchaseStep) -> Act:
    return lambda callers: step.do(purchase_operations(callers.fixture, callers.states), callers.business_id)


def transferring(step: TransferStep) -> Act:
    return lambda callers: step.do(transfer_operations(callers.fixture, callers.states), callers.business_id)


def decided(step: str, decision: str) -> Act:
    """Decide the case of a step."""

    def act(callers: Callers) -> object:
        cases = CaseOperations(client("dynamodb"), callers.states, "CasesTable")
        return cases.resolve(f"{callers.business_id}#purchase#{step}", decision, "by the test", decision)

    return act


def reserved(location: str) -> Act:
    """Reserve two mugs and release them, or find too few."""

    def act(callers: Callers) -> object:
        order = {"order_id": f"{callers.business_id}-{location}"}
        lines = [{"line_no": 1, "sku": MUG, "quantity": 2}]
        with suppress(StateError):  # StoreContention or InsufficientStock
            callers.services.call_task("ReserveStock", **order, location=location, lines=lines)
        return callers.services.call_task("ReleaseStock", **order)

    return act


def counted(location: str, units: int) -> Act:
    """Count mugs, and post the difference as the ledger does when it consumes the event."""

    def act(callers: Callers) -> object:
        count = {"count_id": f"{callers.business_id}-count", "location": location, "sku": MUG}
        counts = Corrections(client("dynamodb"), "InventoryTable")
        return post_correction(
            counts.count(
                Count.model_validate({**count, "currency": CURRENCY, "counted": units, "confirmed": True})
            )
        )

    return act


SHIPPED = transferring(SHIP)
TRANSFER_CANCELLED = transferring(
    TransferStep(bool, lambda transfers, name: transfers.cancel(name, "no van"))
)
REST_LOST = transferring(TransferStep(bool, lambda transfers, name: transfers.lose_rest(name, "gone")))
RECEIVED = (delivered(8, ORDERED), delivered(9, PART))
BILLED = [
    billed(PRICES, units) for units in (ORDERED, PART, {ESPRESSO: 10, MUG: 12}, {ESPRESSO: 10}, {MUG: 12})
]
PURCHASE_ENDED = (acknowledged(), *RECEIVED, closed_short(), *BILLED)
DEARER = billed(PRICES | {MUG: 520})


def purchase(
    suppliers: tuple[str, ...], before: tuple[PurchaseStep, ...], *interleaved: PurchaseStep | Act
) -> Race:
    return Race(
        Purchases(),
        PURCHASE,
        lambda name: {**request(name, suppliers, PRICES), "approved_total": None},
        tuple(map(purchasing, before)),
        tuple(purchasing(one) if isinstance(one, Step) else one for one in interleaved),
        tuple(map(purchasing, PURCHASE_ENDED)),
    )


def transfer(before: tuple[Act, ...], *interleaved: Act) -> Race:
    return Race(
        Transfers(), TRANSFER, lambda _: stock_transfer.request(12), before, interleaved, (SHIPPED, REST_LOST)
    )


RACES = {
    "purchase: an acknowledgement, a cancel and a delivery": purchase(
        (PROMPT,), (), acknowledged(), cancelled(), delivered(1, ORDERED)
    ),
    "purchase: a refusal, an acknowledgement by the next supplier, and a cancel": purchase(
        (SILENT, PROMPT), (), refused(), acknowledged(), cancelled()
    ),
    "purchase: two deliveries, one of them sent twice, and a cancel": purchase(
        (PROMPT,),
        (acknowledged(),),
        delivered(1, {ESPRESSO: 10}),
        delivered(1, {ESPRESSO: 10}),
        delivered(2, {MUG: 12}),
        cancelled(),
    ),
    "purchase: the last delivery, the invoice and a cancel": purchase(
        (PROMPT,),
        (acknowledged(), delivered(1, {ESPRESSO: 10, MUG: 12})),
        delivered(2, {ESPRESSO: 14}),
        billed(PRICES),
        cancelled(),
    ),
    "purchase: a delivery, the end of deliveries, and the invoice": purchase(
        (PROMPT,),
        (acknowledged(), delivered(1, {ESPRESSO: 10})),
        delivered(2, {MUG: 12}),
        closed_short(),
        billed(PRICES, {ESPRESSO: 10, MUG: 12}),
    ),
    "purchase: two invoices, a cancel and the payment": purchase(
        (PROMPT,),
        (acknowledged(), delivered(1, ORDERED)),
        billed(PRICES),
        billed(PRICES | {MUG: 479}),
        cancelled(),
    ),
    "purchase: two decisions about an invoice, and the corrected one": purchase(
        (PROMPT,),
        (acknowledged(), delivered(1, ORDERED), DEARER),
        decided("MatchInvoice", "done"),
        decided("MatchInvoice", "done"),
        billed(PRICES),
    ),
    "purchase: two decisions about an invoice, and a cancel": purchase(
        (PROMPT,),
        (acknowledged(), delivered(1, ORDERED), DEARER),
        decided("MatchInvoice", "give_up"),
        decided("MatchInvoice", "done"),
        cancelled(),
    ),
    "transfer: a shipment, and a cancel that is sent twice": transfer(
        (), SHIPPED, TRANSFER_CANCELLED, TRANSFER_CANCELLED
    ),
    "transfer: a shipment, a cancel, orders at both places and a count": transfer(
        (), SHIPPED, TRANSFER_CANCELLED, reserved(WAREHOUSE), reserved(LOCATION), counted(WAREHOUSE, 36)
    ),
    "transfer: arrivals, one sent twice, orders, and the loss of the rest": transfer(
        (SHIPPED,),
        transferring(arrives("van-1", 5)),
        transferring(arrives("van-1", 5)),
        transferring(arrives("van-2", 7)),
        REST_LOST,
        reserved(LOCATION),
    ),
}


@pytest.fixture(scope="module")
def proof() -> Iterator[Prover]:
    with prover() as built:
        yield built


@pytest.mark.parametrize("name", RACES)
def test_interleaved_requests_leave_no_violation(proof: Prover, name: str) -> None:
    race = RACES[name]
    for seed in range(SEEDS):
        business_id = proof.reset(race.family)
        fixture = WorkflowFixture(proof.template, race.workflow, proof.services)
        try:
            run_race(proof, fixture, race, business_id, seed)
        finally:
            fixture.close()


def run_race(proof: Prover, fixture: WorkflowFixture, race: Race, business_id: str, seed: int) -> None:
    arn = fixture.start({**race.request(business_id), "order_id": business_id}, race.workflow)
    alone = Callers(fixture, proof.services, EngineCallbacks(fixture), business_id)
    fixture.run_until_settled(arn)
    for act in race.before:
        act(alone)
        fixture.run_until_settled(arn)
    turns = Turns(Random(seed))
    engine = SharedEngine(fixture, turns)
    shared = Callers(fixture, proof.services, engine, business_id)
    proof.tables.before.append(turns.before)
    try:
        outcomes = engine.run([arn], *(partial(act, shared) for act in race.interleaved))
    finally:
        proof.tables.before.remove(turns.before)
    failures = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert failures == [], seed
    check_shop(proof, fixture, race, arn, seed)
    for act in race.afterwards:
        with suppress(DomainError):  # what an ended document does not accept
            act(alone)
        fixture.run_until_settled(arn)
    for _ in range(DAYS):
        fixture.engine.pass_time(A_DAY)
    run = check_shop(proof, fixture, race, arn, seed)
    assert run != "RUNNING", seed


def check_shop(proof: Prover, fixture: WorkflowFixture, race: Race, arn: str, seed: int) -> str:
    """Check that all invariants hold and that no case is open; return the status of the execution."""
    run = fixture.run_until_settled(arn)
    running = frozenset({run.business_id} if run.status == "RUNNING" else ())
    shop = race.family.with_external_state(proof.tables.snapshot(running))
    assert check(shop) == [], seed
    assert open_cases(shop) == [], seed
    if run.status != "RUNNING":
        assert list(race.family.check_end(FinalState(run.business_id, fixture, [arn], shop, []))) == [], seed
    return run.status
