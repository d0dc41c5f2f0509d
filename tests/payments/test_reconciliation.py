"""Reconciliations of a day: each difference once, whatever changes while the books are read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from payments.models import Tender
from payments.provider import ChargeRecord, ProviderBooks, ProviderDown
from payments.providers import OutsideBooks
from payments.reconciliation import rules as reconciliation_rules
from payments.reconciliation.models import ClosedRun, ComparedPage, ComparePage, OpenReconciliation
from payments.reconciliation.operations import ReconciliationOperations
from payments.reconciliation.service import Comparison, Reconciliations
from payments.reconciliation.store import ReconciliationStore
from payments.refunds.models import RefundPayment
from payments.rules import CAPTURED, CAPTURING, VOIDED, VOIDING
from payments.sandbox_books import SandboxBooks
from payments.stripe_adapter.access import Access
from payments.stripe_adapter.books import StripeBooks
from payments.stripe_adapter.secret import SecretCache
from tillflow.errors import IdempotencyConflict, InvalidRequest, ProviderUnavailable
from tillflow.store import marshal

from tests.support.payments_fixture import SANDBOX_TABLE, PaymentsFixture, card
from tests.support.tables import create_table
from verification.harness.fake_stripe import FakeStripe, StripeSecret

NEXT_DAY = timedelta(days=1, hours=3)


class Interposed:
    """Books of a provider; `before` is called once, before the charge is read again."""

    def __init__(self, books: ProviderBooks) -> None:
        self.books = books
        self.before: list[Callable[[], object]] = []
        self.is_down = False

    def list_charges(self, *arguments: Any) -> Any:
        if self.is_down:
            raise ProviderDown("rate limit")
        return self.books.list_charges(*arguments)

    def list_refunded(self, *arguments: Any) -> Any:
        return self.books.list_refunded(*arguments)

    def find_charge(self, reference: str) -> ChargeRecord | None:
        while self.before:
            self.before.pop()()
        return self.books.find_charge(reference)

    def failed_refunds(self, reference: str) -> list[str]:
        return self.books.failed_refunds(reference)


class Night:
    """The reconciliation of the day on which a fixture's orders were sold. running: orders whose execution runs."""

    def __init__(self, payments: PaymentsFixture) -> None:
        self.payments = payments
        account = payments.account
        stripe = (
            StripeBooks(Access(SecretCache(StripeSecret(), "stripe"), account.transport()))
            if account
            else None
        )
        self.books = Interposed(stripe or SandboxBooks(payments.client, SANDBOX_TABLE))
        self.running: set[str] = set()
        self.store = ReconciliationStore(payments.client, payments.table)
        self.day = datetime.now(UTC).date()
        self.late = NEXT_DAY
        # The fixture calls its provider of cards "sandbox", whichever it is.
        books = OutsideBooks("card=sandbox", {"sandbox": lambda: self.books})
        self.runs = Reconciliations(self.store, books.names)
        self.service = Comparison(self.store, books, self._is_running)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.late

    def run(self, run_id: str = "run-1") -> tuple[ClosedRun, list[str]]:
        """Run all pages; return the counts and the ids of the cases."""
        opened = self.runs.open(OpenReconciliation(run_id=run_id, day=self.day))
        cursor, page, cases = opened["cursor"], 1, []
        while cursor:
            request = ComparePage.model_validate({"run_id": run_id, "page": page, "cursor": cursor})
            compared = self.service.compare(request)
            assert self.service.compare(request) == compared, "a second delivery returns the first response"
            cases += [one["case_id"] for one in compared["differences"]]
            cursor, page = compared["cursor"], page + 1
        return self.runs.close(run_id), cases

    def _is_running(self, order_id: str) -> bool:
        return order_id in self.running


@pytest.fixture(params=["sandbox", "stripe"])
def night(request: pytest.FixtureRequest, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Night:
    table = create_table(dynamodb, "PaymentsTable")
    create_table(dynamodb, "SandboxProviderTable", SANDBOX_TABLE)
    night = Night(PaymentsFixture(dynamodb, table, FakeStripe() if request.param == "stripe" else None))
    monkeypatch.setattr("payments.reconciliation.service.utc_now", night.now)
    return night


def sold(night: Night, order_id: str = "ord-1", captured: bool = True) -> Tender:
    night.payments.authorise(card(), order_id=order_id)
    if captured:
        night.payments.service.capture(order_id)
    return night.payments.store.tender(order_id, 1)


def overwrite(night: Night, order_id: str = "ord-1", **fields: Any) -> None:
    """Change the row of a tender, as a lost write would leave it."""
    names = ", ".join(f"#{name} = :{name}" for name in fields)
    night.payments.client.update_item(
        TableName=night.payments.table,
        Key=marshal({"pk": f"ORDER#{order_id}", "sk": "TENDER#1"}),
        UpdateExpression=f"SET {names}",
        ExpressionAttributeNames={f"#{name}": name for name in fields},
        ExpressionAttributeValues=marshal({f":{name}": value for name, value in fields.items()}),
    )


def refund(night: Night, amount: int = 300, return_id: str = "ret-1") -> None:
    request = {"return_id": return_id, "order_id": "ord-1", "currency": "EUR", "amount": amount}
    night.payments.refunds().refund(RefundPayment.model_validate({**request, "refund": "original"}))


def test_books_that_agree_have_no_difference(night: Night) -> None:
    sold(night)
    refund(night)
    sold(night, "ord-2")
    night.payments.service.reverse("ord-2")
    sold(night, "ord-3", captured=False)
    night.payments.service.reverse("ord-3")
    counts, cases = night.run()
    assert cases == []
    # Three charges, two refunds, two captured tenders, two refunded ones.
    assert counts == {
        "run_id": "run-1",
        "day": night.day.isoformat(),
        "compared": 9,
        "unsettled": 0,
        "foreign": 0,
        "differences": 0,
    }


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"state": "capture_refused", "captured": 0}, "CaptureNotBooked"),
        ({"captured": 800}, "AmountsDiffer"),
        ({"refunded": 100}, "RefundMissing"),
    ],
)
def test_lost_write_is_a_difference_with_one_case(night: Night, fields: dict[str, Any], kind: str) -> None:
    sold(night)
    overwrite(night, **fields)
    counts, cases = night.run()
    assert set(cases) == {f"ord-1#reconcile#1#{kind}"}
    assert counts["differences"] == 1
    assert night.run("run-2")[1] == cases, "the case of a difference has the same id in every run"


def test_capture_that_the_provider_lacks_is_a_difference(night: Night) -> None:
    sold(night, captured=False)
    night.payments.service.reverse("ord-1")
    overwrite(night, state="captured", captured=900)
    assert set(night.run()[1]) == {"ord-1#reconcile#1#CaptureMissing"}


def test_capture_of_an_unknown_charge_is_a_difference(night: Night) -> None:
    sold(night)
    overwrite(night, authorisation="pi_none")
    charge, tender = sorted(set(night.run()[1]), reverse=True)
    assert charge.startswith("ord-1#reconcile#1#CaptureNotBooked#")
    assert tender == "ord-1#reconcile#1#CaptureMissing"


def test_charge_without_a_tender_is_a_difference(night: Night) -> None:
    sold(night)
    night.payments.client.delete_item(
        TableName=night.payments.table, Key=marshal({"pk": "ORDER#ord-1", "sk": "TENDER#1"})
    )
    (case,) = set(night.run()[1])
    assert case.startswith("ord-1#reconcile#1#CaptureNotBooked#")


def test_refund_made_at_the_provider_is_a_difference(night: Night) -> None:
    tender = sold(night)
    night.payments.card.refund("by hand", tender.authorisation, 100, "EUR")
    assert set(night.run()[1]) == {"ord-1#reconcile#1#RefundNotBooked"}


def test_authorisation_that_nothing_will_capture_is_a_difference(night: Night) -> None:
    sold(night, captured=False)
    assert set(night.run()[1]) == {"ord-1#reconcile#1#AuthorisationOpen"}


def test_charge_of_an_order_in_progress_is_compared_by_the_next_run(night: Night) -> None:
    sold(night, captured=False)
    night.running = {"ord-1"}
    counts, cases = night.run()
    assert (counts["unsettled"], cases) == (1, [])
    # The next days have neither the charge nor the tender in their lists.
    night.day, night.late = night.day + timedelta(days=1), NEXT_DAY + timedelta(days=1)
    assert night.run("run-2")[0]["unsettled"] == 1
    night.running = set()
    assert night.run("run-3")[1] == ["ord-1#reconcile#1#AuthorisationOpen"]
    assert night.run("run-4")[0]["compared"] == 0, "what is settled is not carried on"


def test_capture_during_the_reconciliation_is_no_difference(night: Night) -> None:
    """The list has the charge as held; the order is captured and ends before it is read again."""
    sold(night, captured=False)
    night.books.before.append(lambda: night.payments.service.capture("ord-1"))
    counts, cases = night.run()
    assert (counts["unsettled"], cases) == (1, [])
    assert night.run("run-2")[1] == []


@pytest.mark.parametrize("before", ["first", "last"])
def test_capture_between_its_intent_and_its_record_is_unsettled(night: Night, before: str) -> None:
    """The provider has captured, and our row has the intent alone: its execution runs, or its tender moves on."""
    tender = night.payments.store.begin_capture(sold(night, captured=False))
    night.payments.card.capture("ord-1#capture#1", tender.authorisation, 900, "EUR")
    if before == "first":
        night.running = {"ord-1"}
    else:
        night.books.before.append(lambda: night.payments.store.record(tender, CAPTURED, captured=900))
    assert tender.state == CAPTURING
    counts, cases = night.run()
    assert (counts["unsettled"], cases) == (1, [])


def test_capture_whose_execution_has_died_is_a_difference(night: Night) -> None:
    tender = night.payments.store.begin_capture(sold(night, captured=False))
    night.payments.card.capture("ord-1#capture#1", tender.authorisation, 900, "EUR")
    assert set(night.run()[1]) == {"ord-1#reconcile#1#CaptureNotBooked"}


def test_void_whose_execution_has_died_is_settled_by_the_books(night: Night) -> None:
    tender = night.payments.store.record(sold(night, captured=False), VOIDING)
    night.payments.card.void("ord-1#void#1", tender.authorisation)
    assert night.run()[1] == []
    night.payments.store.record(tender, VOIDED)
    assert night.run("run-2")[1] == []


def test_refund_of_an_older_sale_is_compared_on_its_own_day(night: Night) -> None:
    """Neither the charge nor the tender is of the day, but the refund is."""
    tender = sold(night)
    refund(night)
    shift(night, tender, days=-5)
    night.payments.card.refund("by hand", tender.authorisation, 100, "EUR")
    assert set(night.run()[1]) == {"ord-1#reconcile#1#RefundNotBooked"}


def test_refund_that_is_only_in_our_books_is_compared_on_its_own_day(night: Night) -> None:
    tender = sold(night)
    shift(night, tender, days=-5)
    refund(night)
    forget_refunds(night)
    assert set(night.run()[1]) == {"ord-1#reconcile#1#RefundMissing"}


def shift(night: Night, tender: Tender, days: int) -> None:
    """Let the charge and the tender be of an earlier day."""
    moment = datetime.now(UTC) + timedelta(days=days)
    overwrite(night, opened_at=moment.isoformat())
    if night.payments.account:
        night.payments.account.intents[tender.authorisation]["created"] = int(moment.timestamp())
        return
    night.payments.client.update_item(
        TableName=SANDBOX_TABLE,
        Key=marshal({"pk": f"AUTHORISATION#{tender.authorisation}", "sk": "AUTHORISATION"}),
        UpdateExpression="SET #at = :at",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues=marshal({":at": moment.isoformat()}),
    )


def forget_refunds(night: Night) -> None:
    """Let the provider have no refund."""
    if night.payments.account:
        night.payments.account.refunds.clear()
        return
    for row in night.payments.rows(SANDBOX_TABLE):
        place = marshal({"pk": row["pk"], "sk": row["sk"]})
        if row["pk"] == "EFFECT#ret-1#return#1":
            night.payments.client.delete_item(TableName=SANDBOX_TABLE, Key=place)
        elif row["sk"] == "AUTHORISATION":
            night.payments.client.put_item(TableName=SANDBOX_TABLE, Item=marshal({**row, "refunded": 0}))


def test_more_charges_than_a_page_are_all_compared(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.reconciliation.service.PAGE_SIZE", 2)
    for number in range(5):
        sold(night, f"ord-{number}")
    overwrite(night, "ord-4", captured=1)
    counts, cases = night.run()
    assert counts["compared"] == 10
    assert set(cases) == {"ord-4#reconcile#1#AmountsDiffer"}


def compared_in_steps(night: Night, stage: str) -> list[ComparedPage]:
    """Return the responses of the steps that compare one list."""
    night.runs.open(OpenReconciliation(run_id="run-1", day=night.day))
    cursor, steps = {"stage": stage, "provider": "sandbox", "after": ""}, []
    while cursor["stage"] == stage:
        request = {"run_id": "run-1", "page": len(steps) + 1, "cursor": cursor}
        steps.append(night.service.compare(ComparePage.model_validate(request)))
        cursor = steps[-1]["cursor"] or {"stage": ""}
    return steps


def test_step_compares_several_pages_of_a_list(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is 11 events of the workflow's history, which has 25,000."""
    monkeypatch.setattr("payments.reconciliation.service.PAGE_SIZE", 2)
    for number in range(7):
        sold(night, f"ord-{number}")
    assert len(compared_in_steps(night, "tenders")) == 1
    assert night.runs.close("run-1")["compared"] == 7


def test_step_ends_after_so_many_pages_or_a_page_of_differences(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.reconciliation.service.PAGE_SIZE", 1)
    monkeypatch.setattr("payments.reconciliation.service.PARTS", 2)
    for number in range(5):
        sold(night, f"ord-{number}")
    overwrite(night, "ord-0", captured=1)
    steps = compared_in_steps(night, "tenders")
    assert len(steps) == 4
    assert [len(step["differences"]) for step in steps].count(1) == 1
    assert night.runs.close("run-1")["compared"] == 5


def test_step_that_fails_keeps_the_pages_before(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.reconciliation.service.PAGE_SIZE", 1)
    for number in range(4):
        sold(night, f"ord-{number}")
    find, asked = night.books.find_charge, []

    def fail_the_third(reference: str) -> ChargeRecord | None:
        asked.append(reference)
        if len(asked) == 3:
            raise ProviderDown("500")
        return find(reference)

    monkeypatch.setattr(night.books, "find_charge", fail_the_third, raising=False)
    with pytest.raises(ProviderUnavailable):
        compared_in_steps(night, "tenders")
    assert len(compared_in_steps(night, "tenders")) == 1
    assert len(asked) == 5, "two before the failure, which is the third, and the two that were left"
    assert night.runs.close("run-1")["compared"] == 4


def test_provider_that_is_down_is_an_error_that_is_retried(night: Night) -> None:
    night.books.is_down = True
    with pytest.raises(ProviderUnavailable, match="the list charges of sandbox"):
        night.run()


def test_page_with_another_position_is_a_conflict(night: Night) -> None:
    night.runs.open(OpenReconciliation(run_id="run-1", day=night.day))
    pages = [
        ComparePage.model_validate(
            {"run_id": "run-1", "page": 1, "cursor": {"stage": stage, "provider": "sandbox", "after": ""}}
        )
        for stage in ("unsettled", "charges")
    ]
    first: ComparedPage = night.service.compare(pages[0])
    assert night.service.compare(pages[0]) == first
    with pytest.raises(IdempotencyConflict):
        night.service.compare(pages[1])


def test_run_of_another_day_under_the_same_id_is_a_conflict(night: Night) -> None:
    night.run()
    night.runs.open(OpenReconciliation(run_id="run-1", day=night.day))
    with pytest.raises(IdempotencyConflict):
        night.runs.open(OpenReconciliation(run_id="run-1", day=night.day - timedelta(days=1)))


def test_closed_run_keeps_its_counts(night: Night) -> None:
    sold(night)
    counts, _ = night.run()
    sold(night, "ord-2")
    assert night.runs.close("run-1") == counts
    assert night.store.report("run-1").model_dump(include=set(counts)) == counts


def test_day_that_is_not_over_is_refused(night: Night) -> None:
    night.late = timedelta()
    with pytest.raises(InvalidRequest, match="day"):
        night.run()


def test_runs_are_listed_newest_first_with_their_differences(night: Night) -> None:
    sold(night)
    overwrite(night, captured=1)
    night.run()
    night.runs.open(OpenReconciliation(run_id="run-2", day=night.day))
    operations = ReconciliationOperations(night.payments.client, None, night.payments.table, "")
    assert [(one.run_id, one.status) for one in operations.list_runs().rows] == [
        ("run-2", "RUNNING"),
        ("run-1", "COMPLETE"),
    ]
    (difference,) = operations.report("run-1").cases
    assert (difference.order_id, difference.kind) == ("ord-1", "AmountsDiffer")


def test_start_names_the_execution_after_the_day(night: Night) -> None:
    started: list[dict[str, Any]] = []
    states = SimpleNamespace(
        start_execution=lambda **request: started.append(request) or {"executionArn": "arn"}
    )
    operations = ReconciliationOperations(
        night.payments.client, states, night.payments.table, "machine", night.now
    )
    day = reconciliation_rules.newest_settled(night.now()).isoformat()
    operations.start(day)
    operations.start(day, "again")
    assert [request["name"] for request in started] == [day, "again"]
    with pytest.raises(InvalidRequest):
        operations.start("2090-01-01")
