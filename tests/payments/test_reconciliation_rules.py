"""What the books of a provider and ours agree in, and the cases of what they do not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from payments.models import Tender
from payments.provider import ChargeRecord
from payments.reconciliation import rules
from payments.reconciliation.models import BookedTender, CursorDocument, Subject
from tillflow.errors import InvalidRequest

NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
CHARGE = ChargeRecord("pi_1", "ord-1#authorise#1", "EUR", 900, 900, 0, is_held=False)
HELD = replace(CHARGE, captured=0, is_held=True)
TENDER = Tender("ord-1", 1, "card", 900, "EUR", "captured", "stripe", authorisation="pi_1", captured=900)
SUBJECT = Subject("stripe", "pi_1", "ord-1", 1)


def booked(changed_at: str = "2026-11-23T10:00:00Z", **changed: Any) -> BookedTender:
    return BookedTender(replace(TENDER, **changed), changed_at)


def verdict(charge: ChargeRecord | None, tender: BookedTender | None, is_running: bool = False) -> str:
    return rules.compare(SUBJECT, charge, tender, is_running, NOW)


@pytest.mark.parametrize(
    ("charge", "tender", "expected"),
    [
        (CHARGE, booked(), "agreed"),
        (replace(CHARGE, refunded=300), booked(refunded=300), "agreed"),
        (replace(HELD, is_held=False), booked(state="voided", captured=0), "agreed"),
        (None, booked(state="declined", captured=0), "agreed"),
        (None, None, "agreed"),
        (CHARGE, booked(state="capture_refused", captured=0), "CaptureNotBooked"),
        (CHARGE, None, "CaptureNotBooked"),
        (CHARGE, booked(authorisation="pi_other"), "CaptureNotBooked"),
        (CHARGE, booked(state="authorising", authorisation="", captured=0), "CaptureNotBooked"),
        (replace(CHARGE, refunded=900), None, "agreed"),
        (None, booked(), "CaptureMissing"),
        (HELD, booked(), "CaptureMissing"),
        (replace(CHARGE, captured=800), booked(), "AmountsDiffer"),
        (replace(CHARGE, currency="USD"), booked(), "AmountsDiffer"),
        (replace(CHARGE, refunded=300), booked(), "RefundNotBooked"),
        (CHARGE, booked(refunded=1), "RefundMissing"),
        (HELD, booked(state="voided", captured=0), "AuthorisationOpen"),
        (HELD, booked(state="authorised", captured=0), "AuthorisationOpen"),
        (HELD, None, "AuthorisationOpen"),
    ],
)
def test_books_are_compared(charge: ChargeRecord | None, tender: BookedTender | None, expected: str) -> None:
    assert verdict(charge, tender) == expected


@pytest.mark.parametrize("state", ["authorising", "authorised", "capturing", "voiding", "refunding"])
def test_charge_whose_order_is_in_progress_is_unsettled(state: str) -> None:
    for charge in (None, HELD, CHARGE):
        assert verdict(charge, booked(state=state, captured=0), is_running=True) == "unsettled"
    assert verdict(HELD, booked(state=state, captured=0)) == "AuthorisationOpen"


def test_running_execution_hides_no_difference_of_a_settled_tender() -> None:
    assert verdict(None, booked(), is_running=True) == "CaptureMissing"


@pytest.mark.parametrize(("days", "expected"), [(1, "unsettled"), (32, "RefundNotBooked")])
def test_refund_of_a_return_in_progress_is_unsettled_for_a_month(days: int, expected: str) -> None:
    changed_at = (NOW - timedelta(days=days)).isoformat()
    assert verdict(replace(CHARGE, refunded=300), booked(changed_at, pending=300)) == expected


def test_pending_refund_hides_no_difference_of_the_capture() -> None:
    assert verdict(None, booked("2026-11-23T23:00:00Z", pending=300)) == "CaptureMissing"


@pytest.mark.parametrize("key", ["", "web-shop-7", "ord-1#capture#1", "ord-1#authorise#0", "a b#authorise#1"])
def test_charge_without_a_key_of_this_system_is_foreign(key: str) -> None:
    charge = replace(CHARGE, key=key)
    subject = rules.subject_of("stripe", charge)
    assert rules.compare(subject, charge, None, False, NOW) == "foreign"


def test_difference_has_one_case_by_an_id_that_names_it() -> None:
    first, again = (rules.case_of("AmountsDiffer", SUBJECT, CHARGE, booked(captured=1), ()) for _ in range(2))
    assert first == again
    assert (first["case_id"], first["business_id"]) == ("ord-1#reconcile#1#AmountsDiffer", "ord-1")
    assert "captured 9.00 EUR" in first["cause"] and "captured 0.01 EUR" in first["cause"]


def test_two_unknown_charges_of_a_tender_have_two_cases() -> None:
    charges = (CHARGE, replace(CHARGE, reference="pi_2"))
    other = booked(authorisation="pi_3")
    ids = {rules.case_of("CaptureNotBooked", SUBJECT, one, other, ())["case_id"] for one in charges}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("key", "case_id"),
    [
        ("ret-1#return#1", "ret-1#return_refund_failed#1"),
        ("ord-1#refund#1", "ord-1#refund_failed#1"),
        ("by hand", "ord-1#reconcile#1#RefundMissing"),
    ],
)
def test_refund_that_failed_has_the_case_of_its_webhook(key: str, case_id: str) -> None:
    case = rules.case_of("RefundMissing", SUBJECT, CHARGE, booked(refunded=300), [key])
    assert (case["case_id"], case["business_id"]) == (case_id, case_id.partition("#")[0])


def test_day_is_compared_an_hour_after_its_end() -> None:
    day = date(2026, 11, 23)
    rules.check_settled(day, datetime(2026, 11, 24, 1, tzinfo=UTC))
    with pytest.raises(InvalidRequest, match="day is '2026-11-23'; expected a day up to 2026-11-22"):
        rules.check_settled(day, datetime(2026, 11, 24, 0, 59, tzinfo=UTC))
    assert rules.newest_settled(datetime(2026, 11, 24, 1, tzinfo=UTC)) == day
    assert rules.newest_settled(datetime(2026, 11, 24, 0, 59, tzinfo=UTC)) == date(2026, 11, 22)


def test_every_list_of_every_provider_is_read_once() -> None:
    providers = ("sandbox", "stripe")
    cursor = rules.first_cursor(providers)
    lists = []
    while cursor:
        lists.append((cursor["stage"], cursor["provider"]))
        cursor = rules.next_cursor(cursor, None, providers)
    assert len(set(lists)) == len(lists) == 10
    within: CursorDocument = {"stage": "charges", "provider": "stripe", "after": ""}
    assert rules.next_cursor(within, "pi_9", providers) == {**within, "after": "pi_9"}
    assert rules.first_cursor(()) is None
