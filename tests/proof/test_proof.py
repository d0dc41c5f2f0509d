"""A cut of the proof that fits a test run, and that the proof can tell right from wrong.

`make prove` runs all of it.
"""

from collections.abc import Iterator
from random import Random

import pytest

from tests.proof.exhaust import Exhaust, Work, replay
from tests.proof.families import SCENARIOS
from tests.proof.mutants import Mutant, judge
from tests.proof.plan import faults_of, faults_within, read, written
from tests.proof.prover import prover
from tests.sagas.faults import FOREVER, Fault

PIECES = 60


@pytest.fixture(scope="module")
def exhaust() -> Iterator[Exhaust]:
    with prover() as built:
        exhaust = Exhaust(built)
        yield exhaust
        exhaust.close()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_its_demo_says(exhaust: Exhaust, name: str) -> None:
    assert exhaust.do(Work(name)).violations == {}


@pytest.mark.parametrize("seed", range(2))
def test_a_share_of_the_faults_leaves_every_invariant(exhaust: Exhaust, seed: int) -> None:
    name = Random(seed).choice([name for name, scenario in SCENARIOS.items() if scenario.paired])
    faults = [*exhaust.singles(name), *exhaust.within(name)]
    for fault in Random(seed).sample(faults, PIECES):
        assert exhaust.do(Work(name, written((fault,)))).violations == {}


@pytest.mark.parametrize("name", ["OrderCheckout/paid by card", "OrderCancel/cancelled after payment"])
def test_a_kill_at_every_commit_loses_nothing(exhaust: Exhaust, name: str) -> None:
    points = list(exhaust.crashes.points(SCENARIOS[name]))
    assert len(points) > 20
    for crash in points:
        assert exhaust.do(Work(name, crash=str(crash))).violations == {}


def test_two_faults_are_two_faults(exhaust: Exhaust) -> None:
    first = Fault("PostJournal", "fail_before", workflow="OrderCheckout")
    tally = exhaust.do(Work("OrderCheckout/paid by card", written((first,)), pairs=True))
    assert tally.violations == {}
    assert tally.counts["OrderCheckout", "fail_before + another"] > 20


def test_faults_are_written_as_they_are_read() -> None:
    faults = [*faults_of("OrderCheckout.PriceOrder", first=1), *faults_within("OrderCancel.RestockGoods", 2)]
    assert read(written(tuple(faults))) == tuple(faults)
    assert {fault.times for fault in faults} == {1, FOREVER}


@pytest.mark.parametrize(
    "mutant",
    [
        Mutant("left out", "OrderCheckout.ReleaseStock"),
        Mutant("left without its Catch", "OrderCancel.CreditInvoice"),
        Mutant("condition dropped", "InventoryTable Update LEVEL [available >= :quantity]"),
        Mutant("marker not written", "InventoryTable Put STEP#commit [attribute_not_exists(pk)]"),
    ],
    ids=str,
)
def test_the_proof_goes_red_for_a_broken_product(mutant: Mutant) -> None:
    names = ["OrderCheckout/card declined", "OrderCheckout/out of stock on one of several lines"]
    telling = ["OrderCheckout.CommitStock:deliver_twice", "OrderCancel.CreditInvoice:fail_before"]
    cases = [Work(name) for name in names]
    cases += [Work("OrderCheckout/paid by card", telling[0])]
    cases += [Work("OrderCancel/cancelled after payment", telling[1])]
    assert judge(mutant, cases).killer.startswith(replay("")[:25])
