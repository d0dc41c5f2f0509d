"""A cut of the proof that fits a test run, and that the proof can tell right from wrong.

`make prove` runs all of it.
"""

from collections.abc import Iterator
from random import Random

import pytest

from verification.harness.faults import FOREVER, Fault
from verification.proof import broken_stores
from verification.proof.coverage import tasks
from verification.proof.exhaust import Exhaust, Tally, Work
from verification.proof.families import FAMILIES, SCENARIOS
from verification.proof.mutants import Mutant, judge
from verification.proof.plan import faults_of, faults_within, read, written
from verification.proof.prover import prover

WORKFLOWS = sorted(tasks())
PIECES, KILLS = 16, 6
# What parks a run, and its case that can never be opened.
UNHEARD = {
    "OrderCheckout/paid by card": "OrderCheckout.CommitStock:time_out_before:*,"
    "OrderCheckout.OpenForwardCase:fail_before:*",
    "PurchaseOrder/cancelled between deliveries": "PurchaseOrder.ReverseEntries:time_out_before:*,"
    "PurchaseOrder.ParkCompensation:fail_before:*",
    "StockTransfer/two arrivals, the rest is lost": "StockTransfer.ShipTransfer:time_out_before:*,"
    "StockTransfer.ParkShipment:fail_before:*",
}
# Tasks that only a second failure leads to.
ROUNDABOUT = {
    "OrderCheckout": {
        "OrderCheckout/paid by card": "OrderCheckout.CapturePayment:time_out_after:*,"
        "OrderCheckout.ResolveCapture:fail_before"
    },
    "PurchaseOrder": {"PurchaseOrder/a silent supplier": "PurchaseOrder.GiveUpSupplier:fail_before"},
    "StockReorder": {
        "StockReorder/above the limit": "StockReorder.AskManager:throttle:*,"
        "StockReorder.WithdrawApproval:fail_before"
    },
}

# What is broken, and the case that shows it.
NEW = "[attribute_not_exists(pk)]"
RED = {
    Mutant("left out", "OrderCheckout.ReleaseStock"): Work("OrderCheckout/card declined"),
    Mutant("left without its Catch", "OrderCancel.CreditInvoice"): Work(
        "OrderCancel/cancelled after payment", "OrderCancel.CreditInvoice:fail_before"
    ),
    Mutant("condition dropped", "InventoryTable Update LEVEL [available >= :quantity]"): Work(
        "OrderCheckout/out of stock on one of several lines"
    ),
    Mutant("marker not written", f"InventoryTable Put STEP#commit {NEW}"): Work(
        "OrderCheckout/paid by card", "OrderCheckout.CommitStock:deliver_twice"
    ),
    # The effect is the same: only the second answer tells.
    Mutant("marker not written", f"InventoryTable Put STEP#cancelled {NEW}"): Work(
        "PurchaseOrder/cancelled between deliveries", "PurchaseOrder.LowerOnOrder:deliver_twice"
    ),
    # The supplier that sends its invoice again is refused.
    Mutant("marker not written", f"PurchasingTable Put STEP#invoice {NEW}"): Work(
        "PurchaseOrder/received in two parts, billed, matched, paid"
    ),
    Mutant("condition dropped", f"BillingTable Update COUNTER {NEW}"): Work(
        "OrderCancel/cancelled after payment", "OrderCancel.CreditInvoice:rival#3"
    ),
    Mutant("condition dropped", f"InventoryTable ConditionCheck CLOSED {NEW}"): Work(
        "OrderCheckout/paid by card",
        "OrderCheckout.ReserveStock:time_out_then_effect:*,OrderCheckout.ReleaseStock:late#3",
    ),
    Mutant("marker not written", "LedgerTable Put CLOSED []"): Work(
        "PurchaseOrder/cancelled between deliveries",
        "PurchaseOrder.PostReceipt:time_out_then_effect:*",
        given_up=True,
    ),
}


@pytest.fixture(scope="module")
def exhaust() -> Iterator[Exhaust]:
    with prover() as built:
        exhaust = Exhaust(built)
        yield exhaust
        exhaust.close()


def test_every_workflow_is_in_a_family() -> None:
    """A definition in statemachines/ is proven by being there, or this fails: docs/proof.md says how to add one."""
    assert sorted(name for family in FAMILIES for name in family.workflows) == WORKFLOWS
    assert {scenario.workflow for scenario in SCENARIOS.values() if scenario.paired} == set(WORKFLOWS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_its_demo_says(exhaust: Exhaust, name: str) -> None:
    assert exhaust.do(Work(name)).violations == {}


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_task_is_reached_and_fails(exhaust: Exhaust, workflow: str) -> None:
    """Each task of the paired scenarios has a failure of its own, and these lead through all there are."""
    tally = Tally()
    for name, scenario in SCENARIOS.items():
        if scenario.workflow == workflow and scenario.paired:
            for fault in exhaust.singles(name):
                if fault.kind == "fail_before":
                    tally.merge(exhaust.do(Work(name, written((fault,)))))
    for name, faults in ROUNDABOUT.get(workflow, {}).items():
        tally.merge(exhaust.do(Work(name, faults)))
    assert tally.violations == {}
    assert tasks()[workflow] - tally.reached == set()


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_share_of_the_faults_leaves_every_invariant(exhaust: Exhaust, workflow: str) -> None:
    dice = Random(workflow)
    name = dice.choice([name for name, one in SCENARIOS.items() if one.workflow == workflow and one.paired])
    faults = [*exhaust.singles(name), *exhaust.within(name)]
    for fault in dice.sample(faults, PIECES):
        assert exhaust.do(Work(name, written((fault,)))).violations == {}
    for crash in dice.sample(list(exhaust.crashes.points(SCENARIOS[name])), KILLS):
        assert exhaust.do(Work(name, crash=str(crash))).violations == {}


@pytest.mark.parametrize("name", ["OrderCheckout/paid by card", "OrderCancel/cancelled after payment"])
def test_a_kill_at_every_commit_loses_nothing(exhaust: Exhaust, name: str) -> None:
    points = list(exhaust.crashes.points(SCENARIOS[name]))
    assert len(points) > 20
    for crash in points:
        assert exhaust.do(Work(name, crash=str(crash))).violations == {}


@pytest.mark.parametrize(("name", "faults"), UNHEARD.items())
def test_a_run_that_can_tell_nobody_fails_by_the_alarmed_name(
    exhaust: Exhaust, name: str, faults: str
) -> None:
    tally = exhaust.do(Work(name, faults, lasting=True))
    assert tally.violations == {}
    assert read(faults)[-1].state in {place.rpartition(".")[2] for place in tally.reached}


def test_a_case_without_its_catch_is_noticed_when_it_can_never_be_opened() -> None:
    (name, faults), *_ = UNHEARD.items()
    mutant = Mutant("left without its Catch", written(read(faults)[-1:]).partition(":")[0])
    assert "no case could be opened" in judge(mutant, [Work(name, faults, lasting=True)]).violation


def test_two_faults_are_two_faults(exhaust: Exhaust) -> None:
    first = Fault("PostJournal", "fail_before", workflow="OrderCheckout")
    tally = exhaust.do(Work("OrderCheckout/paid by card", written((first,)), pairs=True))
    assert tally.violations == {}
    assert tally.counts["OrderCheckout", "fail_before + another"] > 20


def test_faults_are_written_as_they_are_read() -> None:
    faults = [*faults_of("OrderCheckout.PriceOrder", first=1), *faults_within("OrderCancel.RestockGoods", 2)]
    assert read(written(tuple(faults))) == tuple(faults)
    assert {fault.times for fault in faults} == {1, FOREVER}


@pytest.mark.parametrize(("mutant", "work"), RED.items(), ids=map(str, RED))
def test_the_proof_goes_red_for_a_broken_product(exhaust: Exhaust, mutant: Mutant, work: Work) -> None:
    assert exhaust.do(work).violations == {}
    assert judge(mutant, [work]).killer == work.replay


def test_what_no_workflow_comes_to_a_test_of_the_store_does() -> None:
    tests = "tests/cases/test_cases_store.py"
    resolved = Mutant("condition dropped", "CasesTable Update CASE [#status = :open AND task_token = :token]")
    assert broken_stores.killer(resolved, tests).startswith(f"{tests}::")
    assert broken_stores.killer(Mutant("condition dropped", "LedgerTable Put ENTRY []"), tests) == ""
