"""Cases opened, opened again, decided and decided again."""

import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cases.errors import CaseAlreadyResolved, CaseReopened, InvalidDecision, UnknownCase
from cases.measures import measure_decision
from cases.models import MAX_MESSAGE, CaseStatus, Failure, Opening
from cases.store import CasesStore
from tillflow.errors import InvalidRequest
from tillflow.parsing import parse

from tests.support.interposed import Interposed

CASE = "ord-1#compensation"


@pytest.fixture
def client(dynamodb: Any) -> Interposed:
    return Interposed(dynamodb)


@pytest.fixture
def store(client: Interposed, table: str) -> CasesStore:
    return CasesStore(client, table)


def opening(token: str = "t-1", case_id: str = CASE, **more: Any) -> Opening:
    return Opening(
        case_id=case_id,
        business_id="ord-1",
        workflow="order_checkout",
        side="compensation",
        step="ReversePayment",
        error="ReversalRefused",
        cause="void_refused",
        execution="arn:1",
        task_token=token,
        **more,
    )


def listed(store: CasesStore, status: CaseStatus = "OPEN") -> list[str]:
    return [case.case_id for case in store.list_cases(status, 10, "").rows]


def test_an_opened_case_is_listed_and_shown(store: CasesStore) -> None:
    assert store.open(opening())
    assert store.open(opening(case_id="ord-2#CommitStock", steps=("CommitStock", "IssueInvoice")))
    case = store.get(CASE)
    assert (case.status, case.steps, case.opened) == ("OPEN", ("ReversePayment",), 1)
    assert (case.error, case.cause, case.execution) == ("ReversalRefused", "void_refused", "arn:1")
    assert listed(store) == [CASE, "ord-2#CommitStock"]
    assert store.get("ord-2#CommitStock").steps == ("CommitStock", "IssueInvoice")
    with pytest.raises(UnknownCase):
        store.get("none")


def test_a_second_delivery_of_an_opening_is_the_same_opening(store: CasesStore) -> None:
    assert store.open(opening())
    first = store.get(CASE)
    assert not store.open(opening())
    assert store.get(CASE) == first


def test_opening_again_replaces_the_token_and_counts(store: CasesStore) -> None:
    store.open(opening("t-1"))
    store.resolve(CASE, "retry", "")
    assert listed(store) == []
    assert store.open(opening("t-2"))
    case = store.get(CASE)
    assert (case.status, case.opened) == ("OPEN", 2)
    assert case.first_opened_at <= case.opened_at
    assert (case.decision, case.resolved_at) == (None, None)
    assert store.resolve(CASE, "retry", "") == "t-2"


def test_a_late_second_delivery_does_not_open_a_decided_case(store: CasesStore) -> None:
    store.open(opening())
    store.resolve(CASE, "done", "by hand")
    store.open(opening())
    assert store.get(CASE).status == "RESOLVED"


def test_resolving_marks_the_case_and_returns_the_token(store: CasesStore) -> None:
    store.open(opening())
    assert store.resolve(CASE, "give_up", "written off") == "t-1"
    case = store.get(CASE)
    assert (case.status, case.decision, case.note) == ("RESOLVED", "give_up", "written off")
    assert listed(store) == []
    assert listed(store, "RESOLVED") == [CASE]
    assert store.resolve(CASE, "give_up", "written off") == "t-1", (
        "the first try may not have reached the workflow"
    )
    with pytest.raises(CaseAlreadyResolved, match="was resolved as give_up"):
        store.resolve(CASE, "retry", "")


def test_unresolvable_cases_are_refused(store: CasesStore) -> None:
    with pytest.raises(UnknownCase):
        store.resolve(CASE, "retry", "")
    store.open(opening())
    with pytest.raises(InvalidDecision, match="note"):
        store.resolve(CASE, "done", "")
    assert store.get(CASE).status == "OPEN"


def test_a_case_opened_again_while_it_is_resolved_is_not_resolved_with_the_old_token(
    store: CasesStore, client: Interposed
) -> None:
    store.open(opening("t-1"))
    client.before("update_item", lambda: store.open(opening("t-2")))
    with pytest.raises(CaseReopened):
        store.resolve(CASE, "retry", "")
    assert store.get(CASE).status == "OPEN"
    assert store.resolve(CASE, "retry", "") == "t-2"


def test_the_sample_event_is_stored_and_raises_the_alarms_metric(
    store: CasesStore, table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = json.loads((Path(__file__).parents[2] / "events" / "open_case.json").read_text())
    monkeypatch.setenv("TABLE_NAME", table)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tillflow")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "cases")
    handlers = importlib.import_module("cases.handlers")
    monkeypatch.setattr(handlers, "store", store)
    context = SimpleNamespace(aws_request_id="r", function_name="OpenCase")
    assert handlers.open_case(event, context) == {"case_id": event["case_id"], "status": "OPEN"}
    assert store.resolve(event["case_id"], "retry", "") == event["task_token"]
    metric, by_step = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert by_step["CasesOpenedByStep"] == [1.0]
    assert (by_step["workflow"], by_step["step"]) == (event["workflow"], event["step"])
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Tillflow", [["service"]])
    assert directive["Metrics"] == [{"Name": "CasesOpened", "Unit": "Count"}]
    assert (metric["service"], metric["CasesOpened"]) == ("cases", [1.0])
    with pytest.raises(InvalidRequest, match="task_token is missing"):
        handlers.open_case({name: value for name, value in event.items() if name != "task_token"}, context)


def test_age_of_a_decided_case_is_measured_by_its_workflow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tillflow")
    opened_at = datetime.now(UTC) - timedelta(hours=2)
    measure_decision("OrderCheckout", opened_at.isoformat())
    metric = json.loads(capsys.readouterr().out)
    assert metric["workflow"] == "OrderCheckout"
    assert metric["CaseAge"][0] == pytest.approx(7200, abs=5)


def test_late_opening_does_not_reopen_a_decided_case(store: CasesStore) -> None:
    first, second = (opening(f"t-{n}", asked=f"2026-11-23T10:00:00.000Z#000{n}") for n in (0, 1))
    assert store.open(second)
    store.resolve(CASE, "retry", "")
    assert not store.open(first)
    assert store.get(CASE).status == "RESOLVED"


def test_every_failed_step_of_a_case_is_kept(store: CasesStore) -> None:
    failures = (Failure(step="ReverseEntries", error="A", cause="a"), Failure(step="ReturnGoods", error="B"))
    store.open(opening(failures=failures))
    assert store.get(CASE).failures == failures


def test_a_resolution_records_the_person_and_refuses_another_note(store: CasesStore) -> None:
    store.open(opening())
    store.resolve(CASE, "done", "voided by hand", "ada")
    assert (store.get(CASE).resolved_by, store.get(CASE).note) == ("ada", "voided by hand")
    assert store.resolve(CASE, "done", "voided by hand", "grace") == "t-1"
    assert store.get(CASE).resolved_by == "ada"
    with pytest.raises(CaseAlreadyResolved, match=r"resolved as done \(voided by hand\)"):
        store.resolve(CASE, "done", "it was nothing", "grace")


def test_a_long_cause_is_shortened_and_does_not_prevent_the_case(store: CasesStore) -> None:
    long = parse(Opening, opening().model_dump() | {"cause": "x" * 1_000_000})
    assert store.open(long)
    assert len(store.get(CASE).cause) == MAX_MESSAGE
