"""A sample of the proof that fits a test run, and tests that the proof detects changes of the product.

`make prove` runs the whole proof.
"""

from collections.abc import Iterator
from random import Random

import pytest

from verification.harness.faults import FOREVER, Fault
from verification.proof.coverage import tasks
from verification.proof.enumeration import CaseEnumeration, Tally, WorkItem
from verification.proof.families import FAMILIES, SCENARIOS
from verification.proof.mutants import store_tests
from verification.proof.mutants.judgement import judge
from verification.proof.mutants.model import Mutant
from verification.proof.prover import prover
from verification.proof.schedule import format_faults, parse_faults, request_faults, task_faults

WORKFLOWS = sorted(tasks())
FAULTS, KILLS = 16, 6
# A fault that opens a case, and a fault that prevents opening it.
UNOPENED_CASES = {
    "OrderCheckout/paid by card": "OrderCheckout.CommitStock:time_out_before:*,"
    "OrderCheckout.OpenForwardCase:fail_before:*",
    "PurchaseOrder/cancelled between deliveries": "PurchaseOrder.ReverseEntries:time_out_before:*,"
    "PurchaseOrder.OpenCompensationCase:fail_before:*",
    "StockTransfer/two arrivals, the rest is lost": "StockTransfer.ShipTransfer:time_out_before:*,"
    "StockTransfer.ParkShipment:fail_before:*",
}
# Failures of the tasks that the paired scenarios do not reach, some only after another failure; `;` separates runs.
OTHER_FAILURES = {
    "OrderCancel": {
        "OrderCancel/cancel of an unknown order": "OrderCancel.FindCheckout:fail_before",
        "OrderCancel/a return comes first": "OrderCancel.ReadOrder:fail_before",
    },
    "OrderCheckout": {
        "OrderCheckout/paid by a known customer": "OrderCheckout.CheckCustomer:fail_before",
        "OrderCheckout/paid by card": "OrderCheckout.CapturePayment:time_out_after:*,"
        "OrderCheckout.ResolveCapture:fail_before",
        "OrderCheckout/the cardholder confirms at the bank": "OrderCheckout.AskCardholder:fail_before",
    },
    "OrderReturn": {
        "OrderReturn/refunded as store credit": "OrderReturn.CheckCustomer:fail_before",
        "OrderReturn/one unit, refunded to the card": "OrderReturn.RefundPayment:time_out_after:*,"
        "OrderReturn.ResolveRefund:fail_before",
        "OrderReturn/a unit without a receipt": "OrderReturn.ValueReturn:fail_before;"
        "OrderReturn.CheckRestock:fail_before",
        "OrderExchange/a cheaper article, the rest refunded": "OrderReturn.ConfirmClaim:fail_before",
    },
    "OrderExchange": {
        "OrderExchange/the card for the rest is declined": "OrderExchange.ReleaseReturn:fail_before",
        "OrderExchange/a cheaper article, the rest refunded": "OrderExchange.SellGoods:time_out_after:*,"
        "OrderExchange.FindSale:fail_before",
        "OrderExchange/a dearer article, the rest paid by card": "OrderExchange.ReturnUnits:fail_after:*,"
        "OrderExchange.FindReturn:fail_before",
    },
    "OrderShipment": {
        "OrderShipment/refunded by hand": "OrderShipment.SettleByHand:fail_before",
    },
    "PurchaseOrder": {
        "PurchaseOrder/a silent supplier": "PurchaseOrder.GiveUpSupplier:fail_before",
        "PurchaseOrder/returned below cost": "PurchaseOrder.PostReturn:fail_before",
    },
    "StockReorder": {
        "StockReorder/above the limit": "StockReorder/EachOrder.AskManager:throttle:*,"
        "StockReorder/EachOrder.WithdrawApproval:fail_before",
        "StockReorder/above the limit, decided by the owner": "StockReorder/EachOrder.AskOwner:fail_before",
    },
}

# A mutant, and the case that kills it.
NEW = "[attribute_not_exists(pk)]"
KILLED = {
    Mutant("left out", "OrderCheckout.ReleaseStock"): WorkItem("OrderCheckout/card declined"),
    Mutant("left out", "OrderCheckout.SettleStock"): WorkItem(
        "OrderCheckout/paid by card", "OrderCheckout.CommitStock:time_out_before:*", decision="done"
    ),
    Mutant("left out", "OrderReturn.ReleaseReturn"): WorkItem(
        "OrderReturn/a card that can no longer be refunded"
    ),
    Mutant("marker not written", f"InventoryTable Put STEP#return {NEW}"): WorkItem(
        "OrderReturn/one unit, refunded to the card", "OrderReturn.RestockGoods:deliver_twice"
    ),
    Mutant(
        "condition dropped",
        "OrdersTable Update ORDER "
        "[#status = :paid AND attribute_not_exists(cancel_execution) AND attribute_not_exists(#returns)]",
    ): WorkItem("OrderReturn/one unit, refunded to the card", "OrderReturn.ClaimReturn:concurrent_process#2"),
    Mutant("left without its Catch", "OrderCancel.CreditInvoice"): WorkItem(
        "OrderCancel/cancelled after payment", "OrderCancel.CreditInvoice:fail_before"
    ),
    Mutant("its event id not repeatable", "OrderCheckout.AnnounceOrder"): WorkItem(
        "OrderCheckout/paid by card", "OrderCheckout.AnnounceOrder:time_out_after"
    ),
    Mutant(
        "condition dropped",
        "InventoryTable Update LEVEL "
        "[available >= :quantity AND stock_value <= :most_value"
        " AND (attribute_not_exists(currency) OR currency = :currency)]",
    ): WorkItem("OrderCheckout/out of stock on one of several lines"),
    Mutant("marker not written", f"InventoryTable Put STEP#reserve {NEW}"): WorkItem(
        "OrderCheckout/paid by card", "OrderCheckout.CommitStock:deliver_twice"
    ),
    # The effect is the same; only the second response differs.
    Mutant("marker not written", f"InventoryTable Put STEP#cancelled {NEW}"): WorkItem(
        "PurchaseOrder/cancelled between deliveries", "PurchaseOrder.LowerOnOrder:deliver_twice"
    ),
    Mutant("condition dropped", "PurchasingTable Put PURCHASE [version = :version]"): WorkItem(
        "PurchaseOrder/received in two parts, billed, matched, paid",
        "PurchaseOrder.MatchInvoice:concurrent_delivery#2",
    ),
    Mutant("condition dropped", f"BillingTable Update COUNTER {NEW}"): WorkItem(
        "OrderCancel/cancelled after payment", "OrderCancel.CreditInvoice:concurrent_process#3"
    ),
    Mutant("condition dropped", f"InventoryTable Put STEP#reserve {NEW}"): WorkItem(
        "OrderCheckout/paid by card",
        "OrderCheckout.ReserveStock:time_out_then_effect:*,OrderCheckout.ReleaseStock:late#3",
    ),
    Mutant("condition dropped", f"LedgerTable Put ENTRY {NEW}"): WorkItem(
        "PurchaseOrder/cancelled between deliveries",
        "PurchaseOrder.PostReceipt:time_out_then_effect:*",
        decision="give_up",
    ),
}


@pytest.fixture(scope="module")
def enumeration() -> Iterator[CaseEnumeration]:
    with prover() as built:
        enumeration = CaseEnumeration(built)
        yield enumeration
        enumeration.close()


def test_every_workflow_is_in_a_family() -> None:
    """docs/proof.md describes how to add a workflow."""
    assert sorted({name for family in FAMILIES for name in family.workflows}) == WORKFLOWS
    assert {scenario.workflow for scenario in SCENARIOS.values() if scenario.paired} == set(WORKFLOWS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_without_faults_has_the_expected_outcome(enumeration: CaseEnumeration, name: str) -> None:
    assert enumeration.run(WorkItem(name)).violations == {}


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_failure_of_every_task_leaves_no_violation(enumeration: CaseEnumeration, workflow: str) -> None:
    """The failures of the tasks of the paired scenarios reach every task of the workflow.

    The case of a failure is retried, or done by hand.
    """
    tally = Tally()
    for name, scenario in SCENARIOS.items():
        if scenario.workflow == workflow and scenario.paired:
            for fault in enumeration.singles(name):
                if fault.kind == "fail_before":
                    tally.merge(enumeration.run(WorkItem(name, format_faults((fault,)))))
                    tally.merge(enumeration.run(WorkItem(name, format_faults((fault,)), decision="done")))
    for name, runs in OTHER_FAILURES.get(workflow, {}).items():
        for faults in runs.split(";"):
            tally.merge(enumeration.run(WorkItem(name, faults)))
    assert tally.violations == {}
    assert tasks()[workflow] - tally.reached == set()


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_sample_of_faults_and_kills_leaves_no_violation(enumeration: CaseEnumeration, workflow: str) -> None:
    random = Random(workflow)
    name = random.choice([name for name, one in SCENARIOS.items() if one.workflow == workflow and one.paired])
    faults = [*enumeration.singles(name), *enumeration.request_faults(name)]
    for fault in random.sample(faults, FAULTS):
        assert enumeration.run(WorkItem(name, format_faults((fault,)))).violations == {}
    for crash in random.sample(list(enumeration.crashes.points(SCENARIOS[name])), KILLS):
        assert enumeration.run(WorkItem(name, crash=str(crash))).violations == {}


@pytest.mark.long
@pytest.mark.parametrize("name", ["OrderCheckout/paid by card", "OrderCancel/cancelled after payment"])
def test_kill_at_every_commit_leaves_no_violation(enumeration: CaseEnumeration, name: str) -> None:
    points = list(enumeration.crashes.points(SCENARIOS[name]))
    assert len(points) > 20
    for crash in points:
        assert enumeration.run(WorkItem(name, crash=str(crash))).violations == {}


@pytest.mark.parametrize(("name", "faults"), UNOPENED_CASES.items())
def test_execution_that_cannot_open_its_case_fails_with_the_alarmed_error(
    enumeration: CaseEnumeration, name: str, faults: str
) -> None:
    tally = enumeration.run(WorkItem(name, faults, permanent=True))
    assert tally.violations == {}
    assert parse_faults(faults)[-1].state in {place.rpartition(".")[2] for place in tally.reached}


@pytest.mark.long
def test_case_task_without_its_catch_is_killed_when_the_case_cannot_be_opened() -> None:
    (name, faults), *_ = UNOPENED_CASES.items()
    mutant = Mutant("left without its Catch", format_faults(parse_faults(faults)[-1:]).partition(":")[0])
    assert "no case could be opened" in judge(mutant, [WorkItem(name, faults, permanent=True)]).violation


@pytest.mark.long
def test_pairs_combine_a_fault_with_every_other_task(enumeration: CaseEnumeration) -> None:
    first = Fault("PostJournal", "fail_before", workflow="OrderCheckout")
    tally = enumeration.run(WorkItem("OrderCheckout/paid by card", format_faults((first,)), pairs=True))
    assert tally.violations == {}
    assert tally.counts["OrderCheckout", "fail_before + another"] > 20


def test_formatted_faults_parse_to_the_same_faults() -> None:
    faults = [
        *task_faults("OrderCheckout.PriceOrder", first=1),
        *request_faults("OrderCancel.RestockGoods", 2),
    ]
    assert parse_faults(format_faults(tuple(faults))) == tuple(faults)
    assert {fault.times for fault in faults} == {1, FOREVER}


@pytest.mark.long
@pytest.mark.parametrize(("mutant", "work"), KILLED.items(), ids=map(str, KILLED))
def test_case_kills_its_mutant(enumeration: CaseEnumeration, mutant: Mutant, work: WorkItem) -> None:
    assert enumeration.run(work).violations == {}
    assert judge(mutant, [work]).killer == work.replay


def test_store_test_kills_a_mutant_that_no_workflow_reaches() -> None:
    tests = "tests/cases/test_cases_store.py"
    resolved = Mutant("condition dropped", "CasesTable Update CASE [#status = :open AND task_token = :token]")
    assert store_tests.killer(resolved, tests).startswith(f"{tests}::")
    assert store_tests.killer(Mutant("condition dropped", "LedgerTable Put ENTRY []"), tests) == ""
